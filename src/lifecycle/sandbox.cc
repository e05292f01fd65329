#include "lifecycle/sandbox.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <initializer_list>
#include <locale>
#include <memory>
#include <stdexcept>

namespace slipway::lifecycle {
namespace {

struct FilterDeleter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FilterDeleter>;

Status Failed(std::string_view what, int error) {
  return Error(Reason::kInternal, "sandbox: {}: {}", what, std::strerror(error));
}

Status Limit(int resource, rlim_t value, std::string_view what) {
  const rlimit limit{value, value};
  if (setrlimit(resource, &limit) != 0) return Failed(what, errno);
  return OkStatus();
}

// Reaching one of these is no accident: the child dies on the spot.
constexpr std::initializer_list<int> kDeadly = {SCMP_SYS(execve),
                                                SCMP_SYS(execveat),
                                                SCMP_SYS(socket),
                                                SCMP_SYS(connect),
                                                SCMP_SYS(bind),
                                                SCMP_SYS(listen),
                                                SCMP_SYS(ptrace),
                                                SCMP_SYS(process_vm_readv),
                                                SCMP_SYS(mount),
                                                SCMP_SYS(unshare),
                                                SCMP_SYS(process_vm_writev),
                                                SCMP_SYS(bpf),
                                                SCMP_SYS(setns),
                                                SCMP_SYS(kexec_load)};

// What running a loaded model takes.
constexpr std::initializer_list<int> kHarmless = {
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(fstat),
    SCMP_SYS(mmap),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(mprotect),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(getrandom),
    SCMP_SYS(getcpu),
    SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_setaffinity),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),
    SCMP_SYS(uname),
    SCMP_SYS(membarrier),
    SCMP_SYS(arch_prctl),
    SCMP_SYS(set_tid_address),
#if defined(__SANITIZE_ADDRESS__)
    // how UBSan finds out what can be read
    SCMP_SYS(pipe2),
#endif
};

Status AddRule(const Filter& filter, uint32_t action, int call,
               std::initializer_list<scmp_arg_cmp> when = {}) {
  const int error = seccomp_rule_add_array(filter.get(), action, call,
                                           static_cast<unsigned>(when.size()), when.begin());
  return error == 0 ? OkStatus() : Failed("system-call filter", -error);
}

/// What is harmless for some arguments only: threads but no processes, signals and limits of this
/// process but not of the server, the own thread's name.
Status AddNarrowRules(const Filter& filter) {
  // clone3 has its flags in memory, out of the filter's sight; glibc then takes clone.
  RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3)));
  RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone),
                          {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD}}));
  RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill),
                          {{0, SCMP_CMP_EQ, static_cast<scmp_datum_t>(getpid()), 0}}));
  RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), {{0, SCMP_CMP_EQ, 0, 0}}));
  return AddRule(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), {{0, SCMP_CMP_EQ, PR_SET_NAME, 0}});
}

/// For every thread that there is.
Status Load(const Filter& filter) {
  if (const int error = seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_TSYNC, 1); error != 0)
    return Failed("system-call filter", -error);
  if (const int error = seccomp_load(filter.get()); error != 0)
    return Failed("system-call filter", -error);
  return OkStatus();
}

/// StringNormalizer makes a locale when its model is loaded. glibc reads one from files once and
/// keeps it while somebody holds it.
void KeepLocale() {
  try {
    static const std::locale kept("C.UTF-8");
  } catch (const std::runtime_error&) {  // such a model is refused then, and says why
  }
}

}  // namespace

Status EnterSandbox(const SandboxLimits& limits) {
  if (close_range(3, ~0u, 0) != 0) return Failed("close_range", errno);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Failed("parent death signal", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no new privileges", errno);
  RETURN_IF_ERROR(Limit(RLIMIT_CORE, 0, "core limit"));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // shadow memory is terabytes
  RETURN_IF_ERROR(Limit(RLIMIT_AS, limits.memory_bytes, "memory limit"));
#endif
  RETURN_IF_ERROR(Limit(RLIMIT_CPU, limits.cpu_time.count(), "CPU limit"));
  setpriority(PRIO_PROCESS, 0, 19);

  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return Failed("system-call filter", ENOMEM);
  for (const int call : kDeadly) RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_KILL_PROCESS, call));
  for (const int call : {SCMP_SYS(openat), SCMP_SYS(open)}) {
    const unsigned flags = call == SCMP_SYS(open) ? 1 : 2;
    const scmp_arg_cmp writing = {flags, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT};
    const scmp_arg_cmp write_only = {flags, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY};
    const scmp_arg_cmp read_write = {flags, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR};
    for (const scmp_arg_cmp& rule : {writing, write_only, read_write})
      RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ERRNO(EPERM), call, {rule}));
  }
  // With these the two above could be gone round.
  for (const int call : {SCMP_SYS(creat), SCMP_SYS(io_uring_setup), SCMP_SYS(truncate)})
    RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ERRNO(EPERM), call));
  return Load(filter);
}

Status SealSandbox() {
  KeepLocale();
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return Failed("system-call filter", ENOMEM);
  for (const int call : kHarmless) RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_ALLOW, call));
  RETURN_IF_ERROR(AddNarrowRules(filter));
  for (const int call : kDeadly) RETURN_IF_ERROR(AddRule(filter, SCMP_ACT_KILL_PROCESS, call));
  return Load(filter);
}

}  // namespace slipway::lifecycle
