// Requests whose deadline passes while all workers are busy.

#include <gtest/gtest.h>

#include <latch>
#include <map>

#include "batching/model_queue.h"

namespace slipway::batching {
namespace {

using std::chrono::milliseconds;

/// Blocks its thread where it is told to.
struct BlockingJob : Job {
  BlockingJob(std::latch* b, std::function<void(const Status&)> d)
      : blocked(b), on_drop(std::move(d)) {}
  RunOutcome Run() override {
    if (blocked != nullptr) blocked->wait();
    return {.ok = true};
  }
  bool CanJoin(const Job&) const override { return false; }
  RunOutcome RunWith(std::span<const std::unique_ptr<Job>>) override { return {}; }
  void Drop(const Status& why) override { on_drop(why); }

  std::latch* const blocked;
  const std::function<void(const Status&)> on_drop;
};

class ExpiryTest : public ::testing::Test {
 protected:
  ~ExpiryTest() override {
    go_.count_down();
    pool_.Stop();
  }
  std::shared_ptr<ModelQueue> QueueWithLevels(size_t levels) {
    return std::make_shared<ModelQueue>(
        ModelQueueOptions{.levels = std::vector<LevelOptions>(levels)}, pool_, clock_);
  }
  /// Its only worker is busy until the test ends.
  void Block(ModelQueue& queue) {
    std::unique_ptr<Job> job = std::make_unique<BlockingJob>(&go_, [](const Status&) {});
    ASSERT_TRUE(queue.Enqueue(job).ok());
    while (queue.waiting() > 0) std::this_thread::yield();
  }
  /// A request that is dropped at `dropped_[name]`.
  void Add(ModelQueue& queue, int name, std::optional<Duration> time, uint32_t priority = 0) {
    std::unique_ptr<Job> job =
        std::make_unique<BlockingJob>(nullptr, [this, name](const Status& why) {
          EXPECT_EQ(ReasonOf(why), Reason::kDeadlineExceeded);
          const MutexLock lock(mutex_);
          dropped_[name] = clock_.Now();
        });
    if (time) job->deadline = begin_ + *time;
    job->priority = priority;
    ASSERT_TRUE(queue.Enqueue(job).ok());
  }
  /// When it was dropped, after the beginning; zero when it is not, in a minute.
  Duration Dropped(int name) {
    for (; clock_.Now() < begin_ + std::chrono::minutes(1); std::this_thread::yield()) {
      const MutexLock lock(mutex_);
      if (const auto found = dropped_.find(name); found != dropped_.end())
        return found->second - begin_;
    }
    return {};
  }

  SteadyClock clock_;
  const TimePoint begin_ = clock_.Now();
  Mutex mutex_;
  std::map<int, TimePoint> dropped_ ABSL_GUARDED_BY(mutex_);
  std::latch go_{1};
  WorkerPool pool_{1};
};

TEST_F(ExpiryTest, WhoseTimeIsUpIsToldSoWhileAllAreBusy) {
  const auto queue = QueueWithLevels(2);
  Block(*queue);
  Add(*queue, 1, milliseconds(60), /*priority=*/1);
  Add(*queue, 2, std::nullopt, /*priority=*/1);
  Add(*queue, 3, milliseconds(20), /*priority=*/2);
  Add(*queue, 4, std::chrono::hours(1), /*priority=*/2);
  EXPECT_GE(Dropped(3), milliseconds(20));
  EXPECT_GE(Dropped(1), milliseconds(60));
  EXPECT_EQ(queue->waiting(), 2u);
}

TEST_F(ExpiryTest, ManyAreToldBehindManyOthers) {
  const auto queue = QueueWithLevels(1);
  Block(*queue);
  for (int i = 0; i < 400; ++i) Add(*queue, i, std::nullopt);
  for (int i = 400; i < 900; ++i) Add(*queue, i, milliseconds(30));
  for (int i = 400; i < 900; ++i) EXPECT_GE(Dropped(i), milliseconds(30));
  EXPECT_EQ(queue->waiting(), 400u);
}

}  // namespace
}  // namespace slipway::batching
