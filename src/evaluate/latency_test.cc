#include "evaluate/latency.h"

namespace slipway::evaluate {
namespace {

using ::testing::AllOf;
using ::testing::DoubleEq;
using ::testing::Each;
using ::testing::SizeIs;

/// A call that takes as long as a test says.
Call Taking(FakeClock& clock, std::function<int64_t()> microseconds, std::string* order,
            char name) {
  return [&clock, microseconds, order, name] {
    clock.Advance(std::chrono::microseconds(microseconds()));
    if (order != nullptr) *order += name;
    return OkStatus();
  };
}

TEST(LatencyTest, ModelsTakeTurnsAndEverySecondTimeInReverse) {
  FakeClock clock;
  std::string order;
  const Call calls[] = {Taking(
                            clock, [] { return 100; }, &order, 'a'),
                        Taking(clock, [] { return 300; }, &order, 'b')};
  const auto rounds = MeasureLatency(calls, clock, {.rounds = 4, .calls = 1});
  ASSERT_TRUE(rounds.ok()) << rounds.status();
  EXPECT_EQ(order,
            "ab"
            "ab"
            "ba"
            "ab"
            "ba");
  EXPECT_THAT((*rounds)[0].p50_ms, Each(DoubleEq(0.1)));
  EXPECT_THAT((*rounds)[1].p99_ms, Each(DoubleEq(0.3)));
}

TEST(LatencyTest, PercentilesAreThoseOfARound) {
  FakeClock clock;
  int count = 0;
  // Every hundredth call takes ten times as long.
  const Call calls[] = {
      Taking(clock, [&count] { return ++count % 100 == 0 ? 1'000 : 100; }, nullptr, 'a')};
  const auto rounds = MeasureLatency(calls, clock, {.rounds = 6, .calls = 200});
  EXPECT_THAT((*rounds)[0].p50_ms, Each(DoubleEq(0.1)));
  EXPECT_GT((*rounds)[0].p99_ms.front(), 0.1);
}

TEST(LatencyTest, TimeThatIsUsedUpEndsTheRoundsButNotBeforeAFew) {
  FakeClock clock;
  const Call calls[] = {Taking(clock, [] { return 1'000'000; }, nullptr, 'a')};
  const auto rounds =
      MeasureLatency(calls, clock, {.rounds = 15, .calls = 1, .budget = std::chrono::seconds(3)});
  EXPECT_THAT((*rounds)[0].p50_ms, SizeIs(LatencyOptions::kMinRounds));
}

TEST(LatencyTest, ARoundHasAsManyCallsAsTheFirstNeededForItsTime) {
  FakeClock clock;
  int calls = 0;
  const Call call = [&] {
    // The first call takes long, as where memory is touched for the first time.
    clock.Advance(std::chrono::microseconds(++calls == 1 ? 400 : 100));
    return OkStatus();
  };
  const auto rounds = MeasureLatency(
      {&call, 1}, clock, {.rounds = 6, .calls = 1, .round = std::chrono::microseconds(1'000)});
  ASSERT_TRUE(rounds.ok()) << rounds.status();
  EXPECT_EQ(calls, 7 * 7);
  EXPECT_THAT(rounds->front().p50_ms, AllOf(SizeIs(6), Each(DoubleEq(0.1))));
}

TEST(LatencyTest, AnErrorOfACallEndsTheMeasurement) {
  FakeClock clock;
  const Call calls[] = {[] { return Error(Reason::kIo, "gone"); }};
  EXPECT_EQ(MessageOf(MeasureLatency(calls, clock, {}).status()), "gone");
}

}  // namespace
}  // namespace slipway::evaluate
