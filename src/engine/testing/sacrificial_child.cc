#include "engine/testing/sacrificial_child.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <new>

#include "base/check.h"

namespace slipway::testing {
namespace {

using Progress = std::atomic<size_t>;  // calls finished; shared with the child
static_assert(Progress::is_always_lock_free, "shared between processes");

constexpr useconds_t kPollUs = 500;

[[noreturn]] void Work(size_t begin, size_t count, Progress& progress,
                       const std::function<void(size_t)>& work) {
#ifndef __SANITIZE_ADDRESS__
  const rlimit memory{size_t{8} << 30, size_t{8} << 30};
  setrlimit(RLIMIT_AS, &memory);
#endif
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  if (const int null = open("/dev/null", O_WRONLY); null >= 0) dup2(null, STDERR_FILENO);
  for (size_t i = begin; i < count; ++i) {
    work(i);
    progress.store(i + 1);
  }
  _exit(0);
}

// True when the child ended by itself; false when it had to be ended.
bool Await(pid_t child, std::chrono::milliseconds limit, const Progress& progress, bool& clean) {
  auto last_change = std::chrono::steady_clock::now();
  for (size_t seen = progress;;) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) == child) {
      clean = WIFEXITED(status) && WEXITSTATUS(status) == 0;
      return true;
    }
    const auto now = std::chrono::steady_clock::now();
    if (const size_t done = progress; done != seen) {
      seen = done;
      last_change = now;
    } else if (now - last_change > limit) {
      kill(child, SIGKILL);
      waitpid(child, &status, 0);
      return false;
    }
    usleep(kPollUs);
  }
}

}  // namespace

ChildReport ForEachInChild(size_t count, std::chrono::milliseconds limit,
                           const std::function<void(size_t)>& work) {
  void* const shared =
      mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  SLIPWAY_CHECK(shared != MAP_FAILED, "a page can be mapped");
  auto& progress = *new (shared) Progress(0);
  ChildReport report;
  while (progress < count) {
    const pid_t child = fork();
    SLIPWAY_CHECK(child >= 0, "a process can be forked");
    if (child == 0) Work(progress, count, progress, work);
    bool clean = false;
    const bool ended = Await(child, limit, progress, clean);
    if (ended && clean) break;
    (ended ? report.died : report.overran).push_back(progress);
    progress.store(progress + 1);
  }
  munmap(shared, sizeof(Progress));
  return report;
}

}  // namespace slipway::testing
