#include "lifecycle/sandbox.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <initializer_list>
#include <memory>

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
constexpr std::initializer_list<int> kDeadly = {
    SCMP_SYS(execve),  SCMP_SYS(execveat), SCMP_SYS(socket),           SCMP_SYS(connect),
    SCMP_SYS(bind),    SCMP_SYS(listen),   SCMP_SYS(ptrace),           SCMP_SYS(process_vm_readv),
    SCMP_SYS(mount),   SCMP_SYS(unshare),  SCMP_SYS(process_vm_writev), SCMP_SYS(bpf),
    SCMP_SYS(setns),   SCMP_SYS(kexec_load)};

// What running a loaded model takes.
constexpr std::initializer_list<int> kHarmless = {
    SCMP_SYS(read),          SCMP_SYS(write),         SCMP_SYS(pread64),       SCMP_SYS(lseek),
    SCMP_SYS(readv),         SCMP_SYS(writev),        SCMP_SYS(close),         SCMP_SYS(fstat),
    SCMP_SYS(mmap),          SCMP_SYS(munmap),        SCMP_SYS(mremap),        SCMP_SYS(mprotect),
    SCMP_SYS(madvise),       SCMP_SYS(brk),           SCMP_SYS(futex),         SCMP_SYS(clone),
    SCMP_SYS(clone3),        SCMP_SYS(set_robust_list), SCMP_SYS(rseq),        SCMP_SYS(exit),
    SCMP_SYS(exit_group),    SCMP_SYS(sched_yield),   SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),   SCMP_SYS(gettimeofday),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(sigaltstack),
    SCMP_SYS(tgkill),        SCMP_SYS(getrandom),     SCMP_SYS(getcpu),        SCMP_SYS(sysinfo),
    SCMP_SYS(sched_getaffinity), SCMP_SYS(sched_setaffinity), SCMP_SYS(restart_syscall),
    SCMP_SYS(getrusage),     SCMP_SYS(uname),         SCMP_SYS(prctl),         SCMP_SYS(membarrier),
    SCMP_SYS(arch_prctl),    SCMP_SYS(set_tid_address), SCMP_SYS(prlimit64)};

Status Load(const Filter& filter) {
  if (const int error = seccomp_load(filter.get()); error != 0)
    return Failed("system-call filter", -error);
  return OkStatus();
}

}  // namespace

Status EnterSandbox(const SandboxLimits& limits) {
  if (close_range(3, ~0u, 0) != 0) return Failed("close_range", errno);
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return Failed("parent death signal", errno);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return Failed("no new privileges", errno);
  RETURN_IF_ERROR(Limit(RLIMIT_CORE, 0, "core limit"));
  RETURN_IF_ERROR(Limit(RLIMIT_AS, limits.memory_bytes, "memory limit"));
  RETURN_IF_ERROR(Limit(RLIMIT_CPU, limits.cpu_time.count(), "CPU limit"));
  setpriority(PRIO_PROCESS, 0, 19);

  const Filter filter(seccomp_init(SCMP_ACT_ALLOW));
  if (!filter) return Failed("system-call filter", ENOMEM);
  for (const int call : kDeadly)
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0); error != 0)
      return Failed("system-call filter", -error);
  for (const int call : {SCMP_SYS(openat), SCMP_SYS(open)}) {
    const unsigned flags = call == SCMP_SYS(open) ? 1 : 2;
    const scmp_arg_cmp writing = {flags, SCMP_CMP_MASKED_EQ, O_CREAT, O_CREAT};
    const scmp_arg_cmp write_only = {flags, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_WRONLY};
    const scmp_arg_cmp read_write = {flags, SCMP_CMP_MASKED_EQ, O_ACCMODE, O_RDWR};
    for (const scmp_arg_cmp& rule : {writing, write_only, read_write})
      if (const int error = seccomp_rule_add_array(filter.get(), SCMP_ACT_ERRNO(EPERM), call, 1, &rule);
          error != 0)
        return Failed("system-call filter", -error);
  }
  return Load(filter);
}

Status SealSandbox() {
  const Filter filter(seccomp_init(SCMP_ACT_ERRNO(EPERM)));
  if (!filter) return Failed("system-call filter", ENOMEM);
  for (const int call : kHarmless)
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0); error != 0)
      return Failed("system-call filter", -error);
  for (const int call : kDeadly)
    if (const int error = seccomp_rule_add(filter.get(), SCMP_ACT_KILL_PROCESS, call, 0); error != 0)
      return Failed("system-call filter", -error);
  return Load(filter);
}

}  // namespace slipway::lifecycle
