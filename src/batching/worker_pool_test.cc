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
  std::function<void()> run, on_time = [] {};
  void RunOne() override { run(); }
  void OnTime() override { on_time(); }
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

TEST(WorkerPoolTest, ALaterMomentHoldsUpNothingWhileAllAreBusy) {
  WorkerPool pool(1, milliseconds(1));
  const auto busy = std::make_shared<Source>(), later = std::make_shared<Source>();
  const auto sooner = std::make_shared<Source>(), other = std::make_shared<Source>();
  std::latch begun(1), go(1), told(1), done(1);
  std::atomic<bool> is_later{false};
  busy->run = [&] { begun.count_down(), go.wait(); };
  later->on_time = [&] { is_later = true; };
  sooner->on_time = [&] { told.count_down(); };
  other->run = [&] { done.count_down(); };
  pool.Announce(busy);
  begun.wait();
  EXPECT_TRUE(pool.CallAt(std::chrono::steady_clock::now() + std::chrono::seconds(30), later));
  std::this_thread::sleep_for(milliseconds(20));  // who keeps the time has gone to sleep
  EXPECT_TRUE(pool.CallAt(std::chrono::steady_clock::now() + milliseconds(1), sooner));
  told.wait();
  std::this_thread::sleep_for(milliseconds(20));
  pool.Announce(other);
  done.wait();
  EXPECT_FALSE(is_later);
  go.count_down();
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
