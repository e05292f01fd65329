#include "batching/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <latch>
#include <string>
#include <thread>
#include <vector>

namespace slipway::batching {
namespace {

using std::chrono::milliseconds;

struct Source : WorkSource {
  std::function<void()> run;
  void RunOne() override { run(); }
  void OnTime() override {}
  void Abandon() override {}
};

TEST(WorkerPoolTest, ShortRunsAreNotHeldUpByLongOnes) {
  WorkerPool pool(1, std::chrono::hours(1));
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

TEST(WorkerPoolTest, OneSourcesRunsThatDoNotEndAreNotEverybodys) {
  WorkerPool pool(2, milliseconds(1));
  const auto stuck = std::make_shared<Source>(), other = std::make_shared<Source>();
  std::latch begun(2), go(1), done(3);
  stuck->run = [&] { begun.count_down(), go.wait(); };
  other->run = [&] { done.count_down(); };
  for (int i = 0; i < 2; ++i) pool.Announce(stuck);
  begun.wait();
  for (int i = 0; i < 3; ++i) pool.Announce(other);
  done.wait();
  go.count_down();
  pool.Stop();
}

TEST(WorkerPoolTest, ASourceWithAThreadIsGivenNoneMore) {
  WorkerPool pool(1, milliseconds(100));  // which the worker needs less of to begin
  const auto source = std::make_shared<Source>();
  std::latch begun(1), go(1);
  std::atomic<int> runs{0};
  source->run = [&] {
    if (++runs == 1) begun.count_down();
    go.wait();
  };
  pool.Announce(source);
  begun.wait();
  for (int i = 0; i < 2; ++i) pool.Announce(source);
  std::this_thread::sleep_for(milliseconds(250));
  EXPECT_EQ(runs, 1);
  go.count_down();
  pool.Stop();
  EXPECT_EQ(runs, 3);
}

}  // namespace
}  // namespace slipway::batching
