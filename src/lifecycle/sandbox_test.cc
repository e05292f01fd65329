#include "lifecycle/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <functional>
#include <locale>
#include <thread>

namespace slipway::lifecycle {
namespace {

// No memory limit: what a sanitizer maps is beyond any.
constexpr SandboxLimits kLimits{.memory_bytes = ~size_t{0}};

/// Runs `body` in a child and returns how that ended: its code, or minus the signal.
int InChild(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    try {
      _exit(body());
    } catch (...) {
      _exit(99);
    }
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int Sealed(const std::function<int()>& body) {
  return InChild([&] {
    if (!EnterSandbox(kLimits).ok()) return 97;
    if (!SealSandbox().ok()) return 98;
    return body();
  });
}

TEST(SandboxTest, LetsThreadsAndMemoryWork) {
  EXPECT_EQ(
      Sealed([] {
        int sum = 0;
        std::thread([&] { sum = static_cast<int>(std::string(1 << 20, 'x').size() >> 20); }).join();
        return sum;
      }),
      1);
}

TEST(SandboxTest, KeepsTheLocaleThatStringOperatorsAskFor) {
  EXPECT_EQ(Sealed([] {
              const std::locale locale("C.UTF-8");
              return std::use_facet<std::ctype<wchar_t>>(locale).toupper(L'ä') == L'Ä' ? 0 : 1;
            }),
            0);
}

TEST(SandboxTest, OpensNothingOnceSealed) {
  EXPECT_EQ(Sealed([] { return open("/dev/null", O_RDONLY) < 0 && errno == EPERM ? 0 : 1; }), 0);
}

TEST(SandboxTest, OpensForReadingOnlyBeforeThat) {
  EXPECT_EQ(InChild([] {
              if (!EnterSandbox(kLimits).ok()) return 97;
              if (open("/dev/null", O_RDONLY) < 0) return 1;
              return open("/dev/null", O_WRONLY) < 0 && creat("/dev/null", 0600) < 0 ? 0 : 2;
            }),
            0);
}

TEST(SandboxTest, DiesOfASocketOrANewProgram) {
  EXPECT_EQ(Sealed([] { return socket(AF_INET, SOCK_STREAM, 0) < 0 ? 0 : 1; }), -SIGSYS);
  EXPECT_EQ(Sealed([] { return execl("/bin/true", "true", nullptr); }), -SIGSYS);
}

TEST(SandboxTest, StartsNoProcess) {
  EXPECT_EQ(Sealed([] {
              const pid_t pid = fork();
              if (pid == 0) _exit(0);
              return pid < 0 ? 0 : 1;
            }),
            0);
}

TEST(SandboxTest, CannotReachItsParent) {
  EXPECT_EQ(Sealed([] {
              const rlimit none{0, 0};
              if (tgkill(getppid(), getppid(), 0) == 0) return 1;
              if (prlimit(getppid(), RLIMIT_NOFILE, nullptr, nullptr) == 0) return 2;
              return prlimit(getppid(), RLIMIT_CORE, &none, nullptr) == 0 ? 3 : 0;
            }),
            0);
}

TEST(SandboxTest, ItsTimeOnTheProcessorIsLimited) {
  const int how = InChild([] {
    SandboxLimits limits = kLimits;
    limits.cpu_time = std::chrono::seconds(1);
    if (!EnterSandbox(limits).ok()) return 97;
    if (!SealSandbox().ok()) return 98;
    while (std::clock() < 3 * CLOCKS_PER_SEC) continue;
    return 0;
  });
  EXPECT_TRUE(how == -SIGKILL || how == -SIGXCPU) << how;
}

TEST(SandboxTest, AbortIsStillSeenAsOne) {
  EXPECT_EQ(Sealed([]() -> int { abort(); }), -SIGABRT);
}

}  // namespace
}  // namespace slipway::lifecycle
