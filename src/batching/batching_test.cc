#include <latch>
#include <thread>

#include "batching/admission.h"
#include "batching/cost_model.h"
#include "batching/model_queue.h"

namespace slipway::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint kNow{milliseconds(1000)};

TEST(AdmissionTest, DecidesByTheTable) {
  struct Row {
    std::string situation;
    AdmissionView view;
    std::string want;
  };
  const AdmissionOptions options{.inline_limit = microseconds(100), .max_queue = 4};
  const AdmissionView idle{.now = kNow, .predicted = microseconds(20), .slow = microseconds(20)};
  auto with = [&](auto change) {
    AdmissionView view = idle;
    change(view);
    return view;
  };
  const std::vector<Row> table = {
      {"short and idle", idle, "inline"},
      {"long", with([](auto& v) { v.predicted = milliseconds(3); }), "queue"},
      {"short, but every instance runs", with([](auto& v) { v.running = 1; }), "queue"},
      {"short, while others wait for the pool", with([](auto& v) { v.waiting = 1; }), "inline"},
      {"two instances, one free", with([](auto& v) { v.instances = 2, v.running = 1; }), "inline"},
      {"queue full", with([](auto& v) { v.running = 1, v.waiting = 4; }), "queue_full"},
      {"deadline passed", with([](auto& v) { v.deadline = kNow; }), "deadline_exceeded"},
      {"deadline met", with([](auto& v) { v.deadline = kNow + microseconds(20); }), "inline"},
      {"cannot finish in time", with([](auto& v) { v.deadline = kNow + microseconds(19); }),
       "overloaded"},
      {"is only guessed not to finish in time", with([](auto& v) {
         v.guessed = true, v.predicted = v.slow = milliseconds(3),
         v.deadline = kNow + milliseconds(1);
       }),
       "queue"},
      {"cannot finish behind others", with([](auto& v) {
         v.waiting = 3, v.wait = microseconds(56), v.running = 1;
         v.deadline = kNow + microseconds(82);
       }),
       "overloaded"},
      {"behind others, with an eighth of the wait to spare", with([](auto& v) {
         v.waiting = 3, v.wait = microseconds(56), v.running = 1;
         v.deadline = kNow + microseconds(83);
       }),
       "queue"},
      {"one run in twenty would be late",
       with([](auto& v) { v.slow = microseconds(30), v.deadline = kNow + microseconds(25); }),
       "overloaded"},
      {"would wait for too long",
       with([](auto& v) { v.running = 1, v.waiting = 1, v.wait = std::chrono::seconds(31); }),
       "overloaded"},
  };
  for (const Row& row : table) {
    const auto got = Admit(row.view, options);
    const std::string name = !got.ok() ? std::string(InfoOf(ReasonOf(got.status())).label)
                             : *got == Placement::kInline ? "inline"
                                                          : "queue";
    EXPECT_EQ(name, row.want) << row.situation;
  }
}

struct CountingJob : Job {
  std::function<void()> body;
  std::atomic<int>* runs;
  std::atomic<int>* drops;
  CountingJob(std::function<void()> b, std::atomic<int>* r, std::atomic<int>* d)
      : body(std::move(b)), runs(r), drops(d) {}
  bool Run() override {
    if (body) body();
    ++*runs;
    return true;
  }
  void Drop(const Status&) override { ++*drops; }
  bool CanJoin(const Job& other) const override {
    return static_cast<const CountingJob&>(other).kind == kind;
  }
  bool RunWith(std::span<const std::unique_ptr<Job>> others) override {
    Run();
    *runs += static_cast<int>(others.size());
    if (batches != nullptr) batches->push_back(static_cast<int>(others.size()) + 1);
    return true;
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
          const auto placement = queue->Admit({.row_bytes = 8}, std::nullopt);
          ASSERT_TRUE(placement.ok());
          if (*placement == Placement::kInline) {
            body();
            ++runs;
            queue->FinishInline({.row_bytes = 8}, milliseconds(i % 2),
                                true);  // sometimes too slow to run inline
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

TEST_F(QueueFixture, AnOutlierDoesNotShutTheDoor) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  for (int i = 0; i < 10; ++i) cost->Observe({}, milliseconds(1));
  cost->Observe({}, std::chrono::seconds(1));
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake, cost);
  EXPECT_TRUE(queue->Admit({}, fake.Now() + milliseconds(100)).ok());
}

TEST_F(QueueFixture, WhatLooksTooSlowIsTriedNowAndThen) {
  FakeClock fake;
  WorkerPool pool(1);
  const auto cost = std::make_shared<CostModel>();
  cost->Observe({}, std::chrono::seconds(1));
  auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, fake, cost);
  int admitted = 0;
  for (int i = 0; i < 64; ++i)
    admitted += queue->Admit({}, fake.Now() + milliseconds(100)).ok() ? 1 : 0;
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

// ---- fair shares

struct Source : WorkSource {
  std::function<void()> run;
  void RunOne() override { run(); }
  void OnTime() override {}
  void Abandon() override {}
};

TEST(WorkerPoolTest, ShortRunsAreNotHeldUpByLongOnes) {
  WorkerPool pool(1);
  const auto slow = std::make_shared<Source>(), quick = std::make_shared<Source>();
  std::latch begun(1), go(1);
  std::vector<char> order;
  const auto blocker = std::make_shared<Source>();
  blocker->run = [&] { begun.count_down(), go.wait(); };
  slow->run = [&] {
    order.push_back('s');
    std::this_thread::sleep_for(milliseconds(20));
  };
  quick->run = [&] { order.push_back('q'); };
  pool.Announce(blocker);
  begun.wait();
  for (int i = 0; i < 3; ++i) pool.Announce(slow);
  for (int i = 0; i < 5; ++i) pool.Announce(quick);
  go.count_down();
  pool.Stop();
  EXPECT_EQ(std::string(order.begin(), order.end()), "sqqqqqss");
}

struct ThrowingJob : Job {
  bool Run() override { throw std::runtime_error("no"); }
  bool CanJoin(const Job&) const override { return false; }
  bool RunWith(std::span<const std::unique_ptr<Job>>) override { return true; }
  void Drop(const Status&) override {}
};

TEST(ModelQueueTest, WhatMayNotRunHereIsQueuedAndTakesNoSlot) {
  SteadyClock clock;
  WorkerPool pool(1);
  const auto queue = std::make_shared<ModelQueue>(ModelQueueOptions{}, pool, clock);
  const auto placement = queue->Admit({.row_bytes = 8}, std::nullopt, /*may_run=*/false);
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
