#include "lifecycle/thread_choice.h"

#include <algorithm>
#include <map>
#include <thread>

namespace slipway::lifecycle {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(ChooseThreadsTest, TakesTheMostThatAreUsed) {
  struct Row {
    const char* what;
    int alone_ms;
    std::vector<ThreadTiming> timings;
    int threads;
  };
  const Row rows[] = {
      {"none were timed", 100, {}, 1},
      {"each does its part", 100, {{2, milliseconds(50)}, {4, milliseconds(25)}}, 4},
      {"two of MobileNetV2's size", 70, {{2, milliseconds(41)}}, 1},
      {"just enough", 95, {{2, milliseconds(50)}}, 2},
      {"just not", 95, {{2, milliseconds(51)}}, 1},
      {"two are used, four are not", 100, {{2, milliseconds(52)}, {4, milliseconds(40)}}, 2},
      {"two were unlucky", 100, {{2, milliseconds(80)}, {4, milliseconds(26)}}, 4},
      {"slower than one", 100, {{2, milliseconds(130)}, {3, milliseconds(200)}}, 1},
      {"no power of two",
       90,
       {{2, milliseconds(46)}, {4, milliseconds(24)}, {6, milliseconds(15)}},
       6},
      {"a clock that stood", 0, {{2, milliseconds(1)}}, 1},
  };
  for (const Row& row : rows)
    EXPECT_EQ(ChooseThreads(milliseconds(row.alone_ms), row.timings), row.threads) << row.what;
}

TEST(InstancesForTest, FillTheProcessorsAndOneMore) {
  EXPECT_EQ(InstancesFor(2, 2), 2);
  EXPECT_EQ(InstancesFor(2, 8), 5);
  EXPECT_EQ(InstancesFor(8, 8), 2);
  EXPECT_EQ(InstancesFor(4, 6), 2);
}

TEST(ProcessorsAreFreeTest, NotForMoreThreadsThanThereAre) {
  EXPECT_FALSE(ProcessorsAreFree(3 * static_cast<int>(std::thread::hardware_concurrency())));
}

/// x -> x, in a time that its number of threads tells, on a clock of its own.
class TimedModel final : public LoadedModel {
 public:
  TimedModel(FakeClock& clock, Duration run, int& live) : clock_(clock), run_(run), live_(live) {
    ++live_;
  }
  ~TimedModel() override { --live_; }

  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>,
             const RunOptions& options, std::vector<Tensor>& results) const override {
    const Duration left = *options.deadline - clock_.Now();
    clock_.Advance(std::min(run_, left));
    if (left < run_) return MakeError(Reason::kDeadlineExceeded, "the run was ended");
    results = {*inputs[0]};
    return OkStatus();
  }

 private:
  FakeClock& clock_;
  const Duration run_;
  int& live_;
  const Signature signature_{{{.name = "x", .dtype = DType::kFp32, .shape = {1}}},
                             {{.name = "y", .dtype = DType::kFp32, .shape = {1}}}};
};

struct MeasureThreadsTest : ::testing::Test {
  FakeClock clock;
  int live = 0, most_live = 0;
  std::vector<int> loaded;         // with how many threads, in order
  int busy_from = 1 << 10;         // threads that do not get a processor each
  std::map<int, Duration> run_of;  // by threads; what is not in it cannot be loaded

  std::optional<Duration> alone_again;  // of one thread, loaded a second time

  std::unique_ptr<LoadedModel> Make(int threads) {
    auto made = std::make_unique<TimedModel>(clock, run_of.at(threads), live);
    most_live = std::max(most_live, live);
    return made;
  }
  std::optional<int> Measure(int processors) {
    const auto load = [&](int threads) -> StatusOr<std::unique_ptr<LoadedModel>> {
      loaded.push_back(threads);
      if (!run_of.contains(threads)) return MakeError(Reason::kBadModel, "too little memory");
      if (threads == 1 && alone_again) run_of[1] = *alone_again;
      return Make(threads);
    };
    const ThreadMeasurement options{.processors = processors,
                                    .are_free = [&](int threads) { return threads < busy_from; }};
    return MeasureThreads(Make(1), load, {}, options, clock);
  }
};

TEST_F(MeasureThreadsTest, TriesMoreUntilTheyAreNotUsed) {
  run_of = {{1, milliseconds(8)}, {2, milliseconds(4)}, {4, milliseconds(3)}, {6, milliseconds(1)}};
  EXPECT_EQ(Measure(6), 2);
  EXPECT_EQ(loaded, std::vector<int>({2, 4, 1}));
}

TEST_F(MeasureThreadsTest, EndsWithTheNumberOfProcessors) {
  run_of = {
      {1, milliseconds(60)}, {2, milliseconds(30)}, {4, milliseconds(15)}, {6, milliseconds(10)}};
  EXPECT_EQ(Measure(6), 6);
  EXPECT_EQ(loaded, std::vector<int>({2, 4, 6, 1}));
  EXPECT_EQ(most_live, 1);
}

TEST_F(MeasureThreadsTest, ASlowFirstLookAtOneThreadDoesNotCount) {
  run_of = {{1, milliseconds(8)}, {2, milliseconds(4)}};
  alone_again = milliseconds(6);
  EXPECT_EQ(Measure(2), 1);
}

TEST_F(MeasureThreadsTest, OneProcessorIsNotMeasured) {
  run_of = {{1, milliseconds(8)}};
  const TimePoint start = clock.Now();
  EXPECT_EQ(Measure(1), 1);
  EXPECT_EQ(clock.Now(), start);
}

TEST_F(MeasureThreadsTest, WhatCannotBeLoadedOrRunWithMoreHasFewer) {
  run_of = {{1, milliseconds(80)}, {2, milliseconds(40)}};
  EXPECT_EQ(Measure(4), 2);
  run_of = {{1, milliseconds(8)}, {2, seconds(20)}};
  EXPECT_EQ(Measure(4), 1);
}

TEST_F(MeasureThreadsTest, SaysNothingWhileOthersUseTheProcessors) {
  run_of = {{1, milliseconds(8)}, {2, milliseconds(8)}};
  busy_from = 2;
  EXPECT_EQ(Measure(2), std::nullopt);
  EXPECT_TRUE(loaded.empty());
}

TEST_F(MeasureThreadsTest, EndsWithinItsTimeHoweverLongARunTakes) {
  const ThreadMeasurement defaults;
  struct Row {
    Duration run;
    Duration at_most;
  };
  for (const Row& row : {Row{milliseconds(3), 3 * defaults.per_count},
                         Row{milliseconds(99), 3 * 2 * defaults.per_count},
                         Row{seconds(4), defaults.limit}, Row{seconds(60), defaults.limit}}) {
    run_of = {{1, row.run}, {2, row.run}, {4, row.run}};
    const TimePoint start = clock.Now();
    EXPECT_EQ(Measure(4), 1) << row.run.count();
    EXPECT_LE(clock.Now() - start, row.at_most) << row.run.count();
  }
}

}  // namespace
}  // namespace slipway::lifecycle
