#include "batching/model_queue.h"

#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "batching/cost_model.h"

namespace slipway::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

struct CountingJob : Job {
  std::function<void()> body;
  std::atomic<int>* runs;
  std::atomic<int>* drops;
  CountingJob(std::function<void()> b, std::atomic<int>* r, std::atomic<int>* d)
      : body(std::move(b)), runs(r), drops(d) {}
  RunOutcome Run() override {
    const TimePoint start = std::chrono::steady_clock::now();
    if (body) body();
    ++*runs;
    return {.ok = true, .took = std::chrono::steady_clock::now() - start};
  }
  void Drop(const Status&) override { ++*drops; }
  bool CanJoin(const Job& other) const override {
    return static_cast<const CountingJob&>(other).kind == kind;
  }
  RunOutcome RunWith(std::span<const std::unique_ptr<Job>> others) override {
    const RunOutcome outcome = Run();
    *runs += static_cast<int>(others.size());
    if (batches != nullptr) batches->push_back(static_cast<int>(others.size()) + 1);
    return outcome;
  }
  int kind = 0;
  std::vector<int>* batches = nullptr;
};

struct QueueFixture : ::testing::Test {
  SteadyClock clock;
  std::atomic<int> runs{0}, drops{0};
  std::unique_ptr<Job> MakeJob(std::function<void()> body = {}) {
    return std::make_unique<CountingJob>(std::move(body), &runs, &drops);
  }
};

TEST_F(QueueFixture, NeverRunsMoreThanItsInstancesAtOnce) {
  std::atomic<int> now{0}, most{0};
  WorkerPool pool(4);
  {
    auto queue = std::make_shared<ModelQueue>(
        ModelQueueOptions{.instances = 2, .admission = {.max_queue = 1000}}, pool, clock);
    std::vector<std::jthread> senders;
    for (int t = 0; t < 4; ++t)
      senders.emplace_back([&] {
        for (int i = 0; i < 100; ++i) {
          auto body = [&] {
            const int running = ++now;
            for (int seen = most; running > seen && !most.compare_exchange_weak(seen, running);) {
            }
            --now;
          };
          const auto placement = queue->Admit({.size = {.row_bytes = 8}});
          ASSERT_TRUE(placement.ok());
          if (*placement == Placement::kInline) {
            body();
            ++runs;
            queue->FinishInline({.row_bytes = 8},
                                {true, milliseconds(i % 2)});  // sometimes too slow to run inline
          } else {
            auto job = MakeJob(body);
            ASSERT_TRUE(queue->Enqueue(job).ok());
          }
        }
      });
  }
  pool.Stop();
  EXPECT_EQ(runs, 400);
  EXPECT_LE(most, 2);
}

TEST_F(QueueFixture, RefusesWhenFullAndLeavesTheJobToTheCaller) {
  WorkerPool pool(1);
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.instances = 1, .admission = {.max_queue = 1}}, pool, clock);
  std::latch started(1), go(1);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  auto waits = MakeJob(), refused = MakeJob();
  ASSERT_TRUE(queue->Enqueue(waits).ok());
  const Status full = queue->Enqueue(refused);
  EXPECT_EQ(ReasonOf(full), Reason::kQueueFull);
  EXPECT_NE(refused, nullptr);
  go.count_down();
  pool.Stop();
  EXPECT_EQ(runs, 2);
}

TEST_F(QueueFixture, DropsWhatNobodyWaitsForBeforeComputingIt) {
  FakeClock fake;
  WorkerPool pool(1);
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake);
  std::latch started(1), go(1);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  auto gone = MakeJob(), late = MakeJob(), good = MakeJob();
  gone->cancelled = std::make_shared<std::atomic<bool>>(true);
  late->deadline = fake.Now() + milliseconds(5);
  ASSERT_TRUE(queue->Enqueue(gone).ok() && queue->Enqueue(late).ok() && queue->Enqueue(good).ok());
  fake.Advance(milliseconds(6));
  go.count_down();
  pool.Stop();
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(drops, 2);
}

TEST_F(QueueFixture, WhatComesAfterThePoolHasEndedIsDropped) {
  WorkerPool pool(1);
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, clock);
  pool.Stop();
  auto first = MakeJob(), second = MakeJob();
  ASSERT_TRUE(queue->Enqueue(first).ok() && queue->Enqueue(second).ok());
  EXPECT_EQ(drops, 2);
  EXPECT_EQ(runs, 0);
  EXPECT_EQ(queue->waiting(), 0u);
  EXPECT_EQ(queue->running(), 0);
}

TEST_F(QueueFixture, NoneOfManyWhoComeTogetherAfterThePoolHasEndedIsKept) {
  WorkerPool pool(1);
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, clock);
  pool.Stop();
  constexpr int kRounds = 20'000;
  std::atomic<int> met{0}, kept{0};
  const auto meet = [&](int times) {  // spinning, so that both go on at once
    for (++met; met < 2 * times;) std::this_thread::yield();
  };
  const auto enqueue = [&] {
    for (int i = 0; i < kRounds; ++i) {
      auto job = MakeJob();
      EXPECT_TRUE(queue->Enqueue(job).ok());
      meet(2 * i + 1);
      kept += queue->waiting() > 0 ? 1 : 0;
      meet(2 * i + 2);
    }
  };
  std::jthread other(enqueue);
  enqueue();
  other.join();
  EXPECT_EQ(kept, 0);
  EXPECT_EQ(drops, 2 * kRounds);
}

TEST_F(QueueFixture, ARunThatDoesNotComeBackIsKnownUntilItDoes) {
  FakeClock fake;
  WorkerPool pool(1);
  auto queue =
      std::make_shared<ModelQueue>(ModelQueueOptions{.run_limit = milliseconds(100)}, pool, fake);
  std::latch started(1), go(1);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  fake.Advance(milliseconds(1099));
  EXPECT_FALSE(queue->IsStuck());
  fake.Advance(milliseconds(1));
  EXPECT_TRUE(queue->IsStuck());
  go.count_down();
  pool.Stop();
  EXPECT_FALSE(queue->IsStuck());
}

// ---- runs of several

struct BatchFixture : QueueFixture {
  // The pool goes by the machine's clock: what the queue asks it for does not happen.
  BatchFixture() { fake.Advance(std::chrono::hours(1'000'000)); }
  FakeClock fake;
  WorkerPool pool{1};
  std::vector<int> batches;
  std::latch started{1}, go{1};
  std::shared_ptr<CostModel> cost = std::make_shared<CostModel>();

  /// Its only worker is busy until Go.
  std::shared_ptr<ModelQueue> BusyQueue(BatchOptions batch) {
    auto queue = std::make_shared<ModelQueue>(
        ModelQueueOptions{.instances = 1, .batch = std::move(batch)}, pool, fake, cost);
    auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
    blocker->size.row_bytes = 4096;  // what it takes says nothing of the others
    EXPECT_TRUE(queue->Enqueue(blocker).ok());
    started.wait();
    return queue;
  }
  void Add(ModelQueue& queue, int kind = 0, std::optional<TimePoint> deadline = std::nullopt) {
    auto job = std::make_unique<CountingJob>(nullptr, &runs, &drops);
    job->kind = kind;
    job->batches = &batches;
    job->deadline = deadline;
    std::unique_ptr<Job> any = std::move(job);
    EXPECT_TRUE(queue.Enqueue(any).ok());
  }
  void Finish() {
    go.count_down();
    pool.Stop();
  }
};

TEST_F(BatchFixture, WhatGathersWhileTheWorkerIsBusyRunsInTheBestNumber) {
  cost->Observe({1, 0}, microseconds(100));
  cost->Observe({4, 0}, microseconds(120));
  const auto queue = BusyQueue({.max_rows = 64});
  for (int i = 0; i < 9; ++i) Add(*queue);
  EXPECT_EQ(queue->waiting(), 9u);
  Finish();
  EXPECT_EQ(batches, (std::vector<int>{4, 4}));  // and one alone
  EXPECT_EQ(runs, 10);
}

TEST_F(BatchFixture, WhereCompanySavesNothingEachRunsAlone) {
  cost->Observe({1, 0}, microseconds(100));
  cost->Observe({4, 0}, microseconds(400));
  const auto queue = BusyQueue({.max_rows = 64});
  for (int i = 0; i < 9; ++i) Add(*queue);
  Finish();
  EXPECT_TRUE(batches.empty());
  EXPECT_EQ(runs, 10);
}

TEST_F(BatchFixture, DifferentShapesAreNotMixed) {
  const auto queue = BusyQueue({.max_rows = 8, .preferred = {8}});
  for (int i = 0; i < 6; ++i) Add(*queue, i % 2);
  Finish();
  EXPECT_EQ(batches, (std::vector<int>{3, 3}));
}

TEST_F(BatchFixture, ADelayIsWaitedForNoLongerThanAsked) {
  SteadyClock real;
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.batch = {.max_rows = 4, .preferred = {4}, .max_delay = milliseconds(20)}},
      pool, real, cost);
  const TimePoint begin = real.Now();
  Add(*queue), Add(*queue);
  while (runs < 2) std::this_thread::yield();
  EXPECT_GE(real.Now() - begin, milliseconds(20));
  for (int i = 0; i < 4; ++i) Add(*queue);
  pool.Stop();
  EXPECT_EQ(batches, (std::vector<int>{2, 4}));
}

TEST_F(BatchFixture, WhoWaitsForCompanyHoldsUpNoOther) {
  SteadyClock real;
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{
          .batch = {.max_rows = 4, .preferred = {2, 4}, .max_delay = std::chrono::hours(1)}},
      pool, real, cost);
  Add(*queue, /*kind=*/1);
  for (int i = 0; i < 4; ++i) Add(*queue, /*kind=*/2);
  while (runs < 4) std::this_thread::yield();
  EXPECT_EQ(queue->waiting(), 1u);
  pool.Stop();
  EXPECT_EQ(runs, 5);
}

TEST_F(BatchFixture, APreferredSizeIsCountedOfThoseThatCanRunTogether) {
  SteadyClock real;
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{
          .batch = {.max_rows = 8, .preferred = {2, 8}, .max_delay = std::chrono::hours(1)}},
      pool, real, cost);
  const auto add = [&](int kind) {
    Add(*queue, kind);
    while (queue->running() > 0) std::this_thread::yield();  // it has been looked at
  };
  add(1), add(2);
  EXPECT_EQ(runs, 0);
  add(2);
  EXPECT_EQ(runs, 2);
  add(1);
  EXPECT_EQ(runs, 4);
  pool.Stop();
  EXPECT_EQ(batches, (std::vector<int>{2, 2}));
}

TEST_F(BatchFixture, EachPreferredSizeStarts) {
  SteadyClock real;
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{
          .batch = {.max_rows = 4, .preferred = {2, 4}, .max_delay = std::chrono::hours(1)}},
      pool, real, cost);
  Add(*queue), Add(*queue);
  while (runs < 2) std::this_thread::yield();
  pool.Stop();
  EXPECT_EQ(batches, (std::vector<int>{2}));
}

TEST_F(BatchFixture, TheTightestDeadlineIsKeptInASmallerBatch) {
  cost->Observe({1, 0}, milliseconds(10));
  cost->Observe({2, 0}, milliseconds(11));
  cost->Observe({4, 0}, milliseconds(40));
  const auto queue = BusyQueue({.max_rows = 4, .preferred = {4}});
  Add(*queue), Add(*queue), Add(*queue), Add(*queue, 0, fake.Now() + milliseconds(12));
  Finish();
  EXPECT_EQ(batches, (std::vector<int>{2, 2}));
}

TEST_F(BatchFixture, WhatWouldEndTooLateIsNotBegunWhileOthersWait) {
  for (int i = 0; i < 3; ++i) cost->Observe({1, 0}, milliseconds(10));
  const auto queue = BusyQueue({});
  for (int i = 0; i < 3; ++i) Add(*queue, 0, fake.Now() + milliseconds(50));
  Add(*queue);
  fake.Advance(milliseconds(41));
  Finish();
  EXPECT_EQ(drops, 3);
  EXPECT_EQ(runs, 2);
}

TEST_F(BatchFixture, WhoIsAloneIsTriedAsLongAsThereIsTime) {
  for (int i = 0; i < 3; ++i) cost->Observe({1, 0}, milliseconds(10));
  const auto queue = BusyQueue({});
  Add(*queue, 0, fake.Now() + milliseconds(50));
  fake.Advance(milliseconds(41));
  Finish();
  EXPECT_EQ(drops, 0);
  EXPECT_EQ(runs, 2);
}

TEST_F(BatchFixture, WaitsArePredictedByThoseThatWere) {
  for (int i = 0; i < 3; ++i) cost->Observe({1, 0}, milliseconds(1));
  const auto queue = BusyQueue({});
  const auto admits = [&](milliseconds time) {
    return queue->Admit({.deadline = fake.Now() + time}).ok();
  };
  for (int i = 0; i < 500; ++i) Add(*queue);
  EXPECT_FALSE(admits(milliseconds(560)));
  EXPECT_TRUE(admits(milliseconds(570)));
  fake.Advance(milliseconds(2000));  // twice as long as thought, and more
  std::latch again(1), end(1);
  auto blocker = MakeJob([&] { again.count_down(), end.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  for (int i = 0; i < 100; ++i) Add(*queue);
  go.count_down();
  again.wait();
  EXPECT_FALSE(admits(milliseconds(200)));
  EXPECT_TRUE(admits(milliseconds(10'000)));
  end.count_down();
  pool.Stop();
}

TEST_F(QueueFixture, WhoGoesFirstDoesNotWaitForWhoGoesLast) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  for (int i = 0; i < 3; ++i) cost->Observe({}, milliseconds(10));
  const auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.levels = {{}, {}}, .default_level = 1}, pool, fake, cost);
  std::latch started(1), go(1);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  for (int i = 0; i < 10; ++i) {
    auto job = MakeJob();
    ASSERT_TRUE(queue->Enqueue(job).ok());
  }
  const auto soon = fake.Now() + milliseconds(50);
  EXPECT_TRUE(queue->Admit({.deadline = soon, .priority = 1}).ok());
  EXPECT_FALSE(queue->Admit({.deadline = soon, .priority = 2}).ok());
  EXPECT_FALSE(queue->Admit({.deadline = soon}).ok());
  go.count_down();
  pool.Stop();
}

TEST_F(QueueFixture, AnOutlierDoesNotShutTheDoor) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  for (int i = 0; i < 10; ++i) cost->Observe({}, milliseconds(1));
  cost->Observe({}, std::chrono::seconds(1));
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake, cost);
  EXPECT_TRUE(queue->Admit({.deadline = fake.Now() + milliseconds(100)}).ok());
}

TEST_F(QueueFixture, AnUnluckyFirstRunDoesNotShutTheDoor) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  cost->Observe({}, std::chrono::seconds(1));
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake, cost);
  EXPECT_TRUE(queue->Admit({.deadline = fake.Now() + milliseconds(100)}).ok());
}

TEST_F(QueueFixture, WhatLooksTooSlowIsTriedNowAndThen) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  for (int i = 0; i < 3; ++i) cost->Observe({}, std::chrono::seconds(1));
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake, cost);
  int admitted = 0;
  for (int i = 0; i < 64; ++i)
    admitted += queue->Admit({.deadline = fake.Now() + milliseconds(100)}).ok() ? 1 : 0;
  EXPECT_EQ(admitted, 4);
}

TEST_F(BatchFixture, AnEndingPoolWaitsForNobody) {
  SteadyClock real;
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.batch = {.max_rows = 4, .max_delay = std::chrono::hours(1)}}, pool, real,
      cost);
  Add(*queue), Add(*queue);
  pool.Stop();
  EXPECT_EQ(batches, (std::vector<int>{2}));
}

TEST_F(BatchFixture, UrgentRequestsGoFirstAndEachPriorityHasItsLimit) {
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.levels = {{}, {.max_queue = 2}}, .default_level = 1}, pool, fake, cost);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  std::string order;
  const auto add = [&](char name, uint32_t priority) {
    auto job = MakeJob([&order, name] { order += name; });
    job->priority = priority;
    return queue->Enqueue(job);
  };
  EXPECT_TRUE(add('c', 0).ok() && add('a', 1).ok() && add('d', 9).ok() && add('b', 1).ok());
  const Status full = add('e', 2);
  EXPECT_EQ(ReasonOf(full), Reason::kQueueFull);
  EXPECT_EQ(MessageOf(full), "2 requests of priority 2 are waiting, the limit");
  Finish();
  EXPECT_EQ(order, "abcd");
}

TEST_F(BatchFixture, WhoHasWaitedForTooLongIsRefusedOrGoesLast) {
  auto queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.levels = {{.max_age = milliseconds(5)},
                                   {.max_age = milliseconds(5), .is_delayed = true}}},
      pool, fake, cost);
  auto blocker = MakeJob([&] { started.count_down(), go.wait(); });
  ASSERT_TRUE(queue->Enqueue(blocker).ok());
  started.wait();
  std::string order;
  const auto add = [&](char name, uint32_t priority) {
    auto job = MakeJob([&order, name] { order += name; });
    job->priority = priority;
    ASSERT_TRUE(queue->Enqueue(job).ok());
  };
  add('x', 1), add('b', 2);
  fake.Advance(milliseconds(5));
  add('a', 2);
  Finish();
  EXPECT_EQ(order, "ab");
  EXPECT_EQ(drops, 1);
}

struct ThrowingJob : Job {
  RunOutcome Run() override { throw std::runtime_error("no"); }
  bool CanJoin(const Job&) const override { return false; }
  RunOutcome RunWith(std::span<const std::unique_ptr<Job>>) override { return {}; }
  void Drop(const Status&) override {}
};

TEST(ModelQueueTest, WhatMayNotRunHereIsQueuedAndTakesNoSlot) {
  SteadyClock clock;
  WorkerPool pool(1);
  const auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, clock);
  const auto placement = queue->Admit({.size = {.row_bytes = 8}, .may_run = false});
  ASSERT_TRUE(placement.ok());
  EXPECT_EQ(*placement, Placement::kQueue);
  EXPECT_EQ(queue->running(), 0);
}

TEST(ModelQueueTest, ARunThatThrowsGivesItsSlotBack) {
  SteadyClock clock;
  WorkerPool pool(1);
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{.instances = 1}, pool, clock);
  std::unique_ptr<Job> job = std::make_unique<ThrowingJob>();
  ASSERT_TRUE(queue->Enqueue(job).ok());
  pool.Stop();
  EXPECT_EQ(queue->running(), 0);
}

}  // namespace
}  // namespace slipway::batching
