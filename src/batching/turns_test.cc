// Requests in pieces, each of which waits for its turn.

#include <gtest/gtest.h>

#include <latch>

#include "batching/model_queue.h"

namespace slipway::batching {
namespace {

using std::chrono::milliseconds;

constexpr int64_t kPiece = 2;

struct PieceJob : Job {
  PieceJob(std::string n, int64_t rows, std::vector<std::string>& o)
      : name(std::move(n)), rows_left(rows), order(o) {
    size = {rows, 0};
  }
  RunOutcome Run() override {
    order.push_back(name);
    if (on_run) on_run();
    const int64_t rows = std::min(kPiece, rows_left);
    rows_left -= rows;
    return {.ok = true, .took = milliseconds(rows), .rows = rows, .rows_left = rows_left};
  }
  bool CanJoin(const Job&) const override { return false; }
  RunOutcome RunWith(std::span<const std::unique_ptr<Job>>) override { return {}; }
  void Drop(const Status& why) override {
    order.push_back(name + ": " + std::string(InfoOf(ReasonOf(why)).label));
  }

  const std::string name;
  int64_t rows_left;
  std::vector<std::string>& order;
  std::function<void()> on_run;
};

struct TurnsTest : ::testing::Test {
  FakeClock clock;
  WorkerPool pool{1};
  std::shared_ptr<CostModel> cost = std::make_shared<CostModel>();
  std::shared_ptr<ModelQueue> queue = std::make_shared<ModelQueue>(
      ModelQueueOptions{.batch = {.max_rows = kPiece, .splits = true}}, pool, clock, cost);
  std::latch go{1};
  std::vector<std::string> order;

  /// The only worker is busy until Finish.
  TurnsTest() {
    clock.Advance(std::chrono::hours(1'000'000));  // what the pool is asked for does not happen
    std::latch started(1);
    auto blocker = std::make_unique<PieceJob>("blocker", 1, order);
    blocker->on_run = [&] { started.count_down(), go.wait(); };
    std::unique_ptr<Job> job = std::move(blocker);
    EXPECT_TRUE(queue->Enqueue(job).ok());
    started.wait();
    order.clear();
  }
  ~TurnsTest() override { pool.Stop(); }

  void Add(std::string name, int64_t rows, const std::function<void(PieceJob&)>& change = {}) {
    auto added = std::make_unique<PieceJob>(std::move(name), rows, order);
    if (change) change(*added);
    std::unique_ptr<Job> job = std::move(added);
    ASSERT_TRUE(queue->Enqueue(job).ok());
  }
  void Finish() {
    go.count_down();
    pool.Stop();
  }
  void Learn(RunSize size, Duration took) {
    for (int i = 0; i < 3; ++i) cost->Observe(size, took);
  }
};

using Order = std::vector<std::string>;

TEST_F(TurnsTest, OthersGoBetweenThePieces) {
  Add("large", 3 * kPiece);
  Add("a", 1);
  Add("b", kPiece);
  Finish();
  EXPECT_EQ(order, (Order{"large", "a", "b", "large", "large"}));
}

TEST_F(TurnsTest, OthersHaveAsMuchTimeAsThePieceBeforeThem) {
  Learn({1, 0}, milliseconds(1));
  Add("large", 3 * kPiece);
  for (const auto* name : {"a", "b", "c", "d", "e"}) Add(name, 1);
  Finish();
  EXPECT_EQ(order, (Order{"large", "a", "b", "large", "c", "d", "large", "e"}));
}

TEST_F(TurnsTest, ALargeOneBeginsWhenTheOneBeforeItIsDone) {
  Add("large", 2 * kPiece + 1);
  Add("next", 2 * kPiece);
  Add("a", 1);
  Finish();
  EXPECT_EQ(order, (Order{"large", "a", "large", "large", "next", "next"}));
}

TEST_F(TurnsTest, BehindManyThatMayNotBeginIsTheOneThatMay) {
  for (int i = 0; i < 600; ++i) Add("large", 2 * kPiece);
  Add("a", 1);
  Finish();
  ASSERT_EQ(order.size(), 1201u);
  EXPECT_EQ(order[1], "a");
}

TEST_F(TurnsTest, WhoseClientGoesLosesItsNextTurn) {
  const auto gone = std::make_shared<std::atomic<bool>>(false);
  Add("large", 3 * kPiece, [&](PieceJob& job) {
    job.cancelled = gone;
    job.on_run = [gone] { *gone = true; };
  });
  Add("a", 1);
  Finish();
  EXPECT_EQ(order, (Order{"large", "large: cancelled", "a"}));
}

TEST_F(TurnsTest, WhatIsLeftHasToFitIntoTheDeadline) {
  Learn({kPiece, 0}, milliseconds(20));
  Learn({3 * kPiece, 0}, milliseconds(60));
  for (const int time : {65, 59})
    Add(std::to_string(time), 3 * kPiece, [&](PieceJob& job) {
      job.deadline = clock.Now() + milliseconds(time);
      job.on_run = [this] { clock.Advance(milliseconds(20)); };
    });
  Add("a", 1);
  Finish();
  EXPECT_EQ(order, (Order{"59: overloaded", "65", "a", "65", "65"}));
}

TEST_F(TurnsTest, WhatTheyWaitForIsPredicted) {
  Learn({1, 0}, milliseconds(10));
  Learn({kPiece, 0}, milliseconds(20));
  Learn({3 * kPiece, 0}, milliseconds(60));
  const auto look = [&](int64_t rows) {
    return queue->Look({.size = {rows, 0}, .deadline = clock.Now() + std::chrono::hours(1)});
  };
  for (const auto* name : {"a", "b", "c", "d"}) Add(name, 1);
  EXPECT_EQ(look(1).wait, milliseconds(4 * 10 + 10 / 2));
  EXPECT_EQ(look(3 * kPiece).wait, milliseconds(4 * 10 + 20 / 2));
  EXPECT_EQ(look(3 * kPiece).slow, milliseconds(60 + 2 * 20));
  Add("large", 3 * kPiece);
  EXPECT_EQ(look(1).wait, milliseconds(4 * 10 + 60 + 10 / 2));
  EXPECT_EQ(look(3 * kPiece).wait, milliseconds(4 * 10 + 60 + 20 / 2));
  Add("longer", 100 * kPiece);  // others do not wait for all of it
  EXPECT_EQ(look(1).wait, milliseconds(2 * (4 * 10 + 2 * 20) + 10 / 2));
  EXPECT_EQ(look(3 * kPiece).wait, milliseconds(4 * 10 + 60 + 100 * 20 + 20 / 2));
  Finish();
}

}  // namespace
}  // namespace slipway::batching
