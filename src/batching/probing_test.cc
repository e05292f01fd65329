// How much of the traffic runs in sizes that are tried.

#include <gtest/gtest.h>

#include <latch>

#include "batching/model_queue.h"

namespace slipway::batching {
namespace {

using std::chrono::microseconds;

constexpr int kRequests = 20'000;

/// Its runs take what a curve says, whose knee is 4 or, where company saves nothing, 1.
struct CurveJob : Job {
  CurveJob(int k, std::vector<int>* b) : knee(k), batches(b) {}
  static RunOutcome Took(int rows, int knee) {
    return {.ok = true, .took = microseconds(10) * rows / std::min(rows, knee)};
  }
  RunOutcome Run() override { return RunWith({}); }
  bool CanJoin(const Job&) const override { return true; }
  RunOutcome RunWith(std::span<const std::unique_ptr<Job>> others) override {
    const auto rows = static_cast<int>(others.size()) + 1;
    if (blocked != nullptr) blocked->wait();
    if (batches != nullptr) batches->push_back(rows);
    return Took(rows, knee);
  }
  void Drop(const Status&) override { ADD_FAILURE() << "dropped"; }

  const int knee;
  std::vector<int>* const batches;
  std::latch* blocked = nullptr;
};

class ProbingTest : public ::testing::TestWithParam<int> {
 protected:
  ProbingTest() {
    for (int rows = 1; rows <= GetParam(); rows *= 2)
      cost_->Observe({rows, 0}, CurveJob::Took(rows, GetParam()).took);
  }
  void CheckShare(const std::vector<int>& runs) {
    int rows = 0, tried = 0;
    for (const int run : runs) {
      rows += run;
      if (run > GetParam()) tried += run;
    }
    EXPECT_GE(rows, kRequests);
    EXPECT_GT(tried, 0);
    EXPECT_LE(100 * tried, rows);
  }

  const std::shared_ptr<CostModel> cost_ = std::make_shared<CostModel>();
  SteadyClock clock_;
  WorkerPool pool_{1};
  const std::shared_ptr<ModelQueue> queue_ = std::make_shared<ModelQueue>(
      ModelQueueOptions{.admission = {.max_queue = kRequests}, .batch = {.max_rows = 64}}, pool_,
      clock_, cost_);
};

TEST_P(ProbingTest, TriesOtherSizesWithAHundredthOfAFullQueueAtMost) {
  std::vector<int> runs;
  std::latch go(1);
  auto first = std::make_unique<CurveJob>(GetParam(), nullptr);
  first->blocked = &go;
  std::unique_ptr<Job> job = std::move(first);
  ASSERT_TRUE(queue_->Enqueue(job).ok());
  while (queue_->waiting() > 0) std::this_thread::yield();
  for (int i = 0; i < kRequests; ++i) {
    job = std::make_unique<CurveJob>(GetParam(), &runs);
    ASSERT_TRUE(queue_->Enqueue(job).ok());
  }
  go.count_down();
  pool_.Stop();
  CheckShare(runs);
}

TEST_P(ProbingTest, AndOfThoseThatOneTurnOfALoopFindsAtMost) {
  std::vector<int> runs;
  for (int i = 0; i < kRequests; ++i) runs.push_back(static_cast<int>(queue_->InlineTarget(0)));
  CheckShare(runs);
}

INSTANTIATE_TEST_SUITE_P(Knees, ProbingTest, ::testing::Values(1, 4));

}  // namespace
}  // namespace slipway::batching
