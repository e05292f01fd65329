#include "server/signals.h"

#include <signal.h>

#include <cstdlib>
#include <thread>

namespace slipway::server {
namespace {

TEST(SignalsDeathTest, ASecondStopExitsAndTheCodeSaysWhetherItCutTheDrain) {
  const auto stop = [](bool is_drained) {
    Signals signals;
    const std::atomic<bool> drained{is_drained}, ended{false};
    raise(SIGHUP);
    raise(SIGTERM);
    ExitAtSecondStop(signals, drained, ended);
    std::_Exit(2);
  };
  EXPECT_EXIT(stop(false), ::testing::ExitedWithCode(1), "cut the drain");
  EXPECT_EXIT(stop(true), ::testing::ExitedWithCode(0), "^$");
}

TEST(SignalsDeathTest, NothingIsCutOnceAllHasEnded) {
  const auto end = [] {
    Signals signals;
    std::atomic<bool> drained{true}, ended{false};
    {
      const std::jthread impatience([&] { ExitAtSecondStop(signals, drained, ended); });
      ended = true;
      signals.Wake();
    }
    std::_Exit(3);
  };
  EXPECT_EXIT(end(), ::testing::ExitedWithCode(3), "^$");
}

}  // namespace
}  // namespace slipway::server
