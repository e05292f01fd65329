#include "engine/onnxruntime/watchdog.h"

#include <atomic>
#include <latch>

namespace slipway::onnxruntime {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(WatchdogTest, ExpiresInTheOrderOfTheDeadlines) {
  Watchdog watchdog;
  std::vector<int> order;
  std::latch done(2);
  const TimePoint now = SteadyClock().Now();
  const Watchdog::Watch never(watchdog, now + hours(1), [&] { order.push_back(3); });
  const Watchdog::Watch second(watchdog, now + milliseconds(4), [&] { order.push_back(2), done.count_down(); });
  const Watchdog::Watch first(watchdog, now + milliseconds(2), [&] { order.push_back(1), done.count_down(); });
  done.wait();
  EXPECT_THAT(order, ::testing::ElementsAre(1, 2));
}

TEST(WatchdogTest, WhatEndedInTimeIsLeftAlone) {
  Watchdog watchdog;
  std::atomic<int> expired = 0;
  for (int i = 0; i < 10'000; ++i)
    const Watchdog::Watch watch(watchdog, SteadyClock().Now() + hours(1), [&] { ++expired; });
  EXPECT_EQ(expired, 0);
}

// The race between an end in time and the deadline: whichever wins, nothing is called afterwards.
TEST(WatchdogTest, NothingIsCalledOnceAWatchIsGone) {
  Watchdog watchdog;
  for (int i = 0; i < 2'000; ++i) {
    auto alive = std::make_unique<std::atomic<bool>>(true);
    {
      const Watchdog::Watch watch(watchdog, SteadyClock().Now() + std::chrono::microseconds(i % 50),
                                  [&] { EXPECT_TRUE(*alive); });
    }
    *alive = false;
  }
}

}  // namespace
}  // namespace slipway::onnxruntime
