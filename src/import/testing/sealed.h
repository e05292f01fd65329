#pragma once
// Work in a process that the kernel ends at the first system call but those that memory takes.

#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

namespace slipway::importing::testing {

/// Leaves the process what memory takes and exit_group; anything else ends it.
inline void Seal() {
  const scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  for (const int call :
       {SCMP_SYS(brk), SCMP_SYS(mmap), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
        SCMP_SYS(mprotect), SCMP_SYS(futex), SCMP_SYS(exit_group)})
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0) != 0) _exit(1);
  if (seccomp_load(filter) != 0) _exit(1);
}

/// How a child ends that does `work` sealed: 0, unless `work` ends it otherwise.
inline int StatusOfSealed(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    Seal();
    work();
    _exit(0);
  }
  int status = -1;
  waitpid(child, &status, 0);
  return status;
}

/// Skipped under sanitizers, which make system calls of their own.
class SealedTest : public ::testing::Test {
 protected:
  void SetUp() override {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "not under a sanitizer";
#endif
  }
};

}  // namespace slipway::importing::testing
