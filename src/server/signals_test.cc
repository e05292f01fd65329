#include "server/signals.h"

#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace slipway::server {
namespace {

/// Two seconds pass between any two looks.
class LeapingClock final : public Clock {
 public:
  TimePoint Now() const override {
    clock_.Advance(std::chrono::seconds(2));
    return clock_.Now();
  }

 private:
  mutable FakeClock clock_;
};

TEST(SignalsDeathTest, ASecondStopExitsAndTheCodeSaysWhetherItCutTheDrain) {
  const auto stop = [](bool is_drained) {
    Signals signals;
    const std::atomic<bool> drained{is_drained}, ended{false};
    raise(SIGHUP);
    raise(SIGTERM);
    ExitAtSecondStop(signals, LeapingClock(), drained, ended);
    std::_Exit(2);
  };
  EXPECT_EXIT(stop(false), ::testing::ExitedWithCode(1), "cut the drain");
  EXPECT_EXIT(stop(true), ::testing::ExitedWithCode(0), "^$");
}

TEST(SignalsDeathTest, TheSameRequestTwiceCutsNothing) {
  const auto stop_twice_at_once = [] {
    Signals signals;
    const std::atomic<bool> drained{false};
    std::atomic<bool> ended{false};
    const FakeClock clock;
    kill(getpid(), SIGTERM);  // to the process: another thread takes it
    {
      const std::jthread impatience([&] { ExitAtSecondStop(signals, clock, drained, ended); });
      sigset_t pending;
      do {
        sigpending(&pending);
      } while (sigismember(&pending, SIGTERM));
      ended = true;
      signals.Wake();
    }
    std::_Exit(3);
  };
  EXPECT_EXIT(stop_twice_at_once(), ::testing::ExitedWithCode(3), "^$");
}

TEST(SignalsDeathTest, NothingIsCutOnceAllHasEnded) {
  const auto end = [] {
    Signals signals;
    std::atomic<bool> drained{true}, ended{false};
    {
      const std::jthread impatience(
          [&] { ExitAtSecondStop(signals, LeapingClock(), drained, ended); });
      ended = true;
      signals.Wake();
    }
    std::_Exit(3);
  };
  EXPECT_EXIT(end(), ::testing::ExitedWithCode(3), "^$");
}

TEST(SignalsDeathTest, AFileThatMayNotGrowIsAnErrorAndNotTheEnd) {
  const auto write_past_the_limit = [] {
    Signals signals;
    const rlimit limit{.rlim_cur = 1, .rlim_max = 1};
    setrlimit(RLIMIT_FSIZE, &limit);
    std::FILE* file = std::tmpfile();
    std::_Exit(pwrite(fileno(file), "ab", 1, 1) < 0 && errno == EFBIG ? 0 : 1);
  };
  EXPECT_EXIT(write_past_the_limit(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace slipway::server
