#include "transport/http/poller.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <chrono>
#include <ctime>
#include <functional>
#include <string>
#include <thread>

namespace slipway::http {
namespace {

/// Both ends of a stream socket.
struct Pair {
  Pair() {
    int ends[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
    near = Descriptor(ends[0]);
    far = Descriptor(ends[1]);
  }
  void Say(std::string_view text) const {
    EXPECT_EQ(::send(far.get(), text.data(), text.size(), 0), static_cast<ssize_t>(text.size()));
  }
  Descriptor near, far;
};

struct Recorder final : Poller::Watcher {
  void OnReady(Readiness ready) override {
    calls.push_back(ready);
    if (on_ready) on_ready(ready);
  }
  int Readable() const {
    int count = 0;
    for (const Readiness& ready : calls) count += ready.readable;
    return count;
  }
  std::vector<Readiness> calls;
  std::function<void(Readiness)> on_ready;
};

class PollerTest : public testing::Test {
 protected:
  PollerTest() { EXPECT_TRUE(poller_.Open().ok()); }

  /// Runs until `turns` turns were made, never waiting for anything.
  void Turns(int turns) {
    int made = 0;
    Poller& poller = poller_;
    poller.Run([] {},
               [&](TimePoint) {
                 if (++made >= turns) poller.Stop();
                 return Poller::Pause();
               });
  }

  Poller poller_;
  Pair pair_;
  Recorder recorder_;
};

TEST_F(PollerTest, SaysAChangeOnce) {
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  pair_.Say("x");
  Turns(5);
  ASSERT_EQ(recorder_.calls.size(), 1u);
  EXPECT_TRUE(recorder_.calls[0].readable);
  EXPECT_FALSE(recorder_.calls[0].writable);
  EXPECT_FALSE(recorder_.calls[0].hung_up);
}

TEST_F(PollerTest, SaysWritableToWhoAsked) {
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  poller_.Post([&] { poller_.WatchWritable(pair_.near.get(), recorder_); });
  Turns(3);
  ASSERT_EQ(recorder_.calls.size(), 1u);
  EXPECT_TRUE(recorder_.calls[0].writable);
  EXPECT_FALSE(recorder_.calls[0].readable);
}

TEST_F(PollerTest, SaysThatThePeerShutItsSide) {
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  ::shutdown(pair_.far.get(), SHUT_WR);
  Turns(2);
  ASSERT_EQ(recorder_.calls.size(), 1u);
  EXPECT_TRUE(recorder_.calls[0].hung_up);
  EXPECT_TRUE(recorder_.calls[0].readable);
  EXPECT_FALSE(recorder_.calls[0].broken);
}

TEST_F(PollerTest, SaysThatThePeerHasGone) {
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  pair_.far.Close();
  Turns(2);
  ASSERT_EQ(recorder_.calls.size(), 1u);
  EXPECT_TRUE(recorder_.calls[0].hung_up);
  EXPECT_TRUE(recorder_.calls[0].broken);
}

TEST_F(PollerTest, CallsAgainOnceATurnAfterTheOthers) {
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  recorder_.on_ready = [&](Readiness) {
    poller_.CallAgain(recorder_);
    poller_.CallAgain(recorder_);
  };
  pair_.Say("x");
  Turns(4);
  // In the first turn as ready and again, then once in each of the three others.
  EXPECT_EQ(recorder_.Readable(), 5);
}

TEST_F(PollerTest, AForgottenWatcherIsNotCalledInTheSameTurn) {
  Pair other;
  Recorder second;
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  ASSERT_TRUE(poller_.Watch(other.near.get(), second));
  const auto forget_both = [&](Readiness) {
    poller_.CallAgain(second);
    poller_.CallAgain(recorder_);
    poller_.Forget(pair_.near.get(), recorder_);
    poller_.Forget(other.near.get(), second);
  };
  recorder_.on_ready = second.on_ready = forget_both;
  pair_.Say("x");
  other.Say("x");
  Turns(3);
  EXPECT_EQ(recorder_.calls.size() + second.calls.size(), 1u);
}

TEST_F(PollerTest, ThoseWhoAskAreCalledTogetherAfterTheOthers) {
  Pair other;
  Recorder second;
  std::string order;
  recorder_.on_ready = [&](Readiness ready) {
    order += ready.readable ? 'a' : 'A';
    if (ready.readable) poller_.CallTogether(recorder_);
  };
  second.on_ready = [&](Readiness ready) {
    order += ready.readable ? 'b' : 'B';
    if (ready.readable) poller_.CallTogether(second);
  };
  ASSERT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
  ASSERT_TRUE(poller_.Watch(other.near.get(), second));
  pair_.Say("x");
  other.Say("x");
  Turns(2);
  EXPECT_EQ(order, "abAB");
}

TEST_F(PollerTest, WhoForgetsAnotherWhileCalledTogetherIsTheLast) {
  Pair other;
  Recorder second;
  recorder_.on_ready = [&](Readiness ready) {
    if (ready.writable) poller_.Forget(other.near.get(), second);
  };
  ASSERT_TRUE(poller_.Watch(other.near.get(), second));
  poller_.Post([&] {
    poller_.CallTogether(recorder_);
    poller_.CallTogether(second);
  });
  Turns(3);
  EXPECT_EQ(recorder_.calls.size(), 1u);
  EXPECT_TRUE(second.calls.empty());
}

TEST_F(PollerTest, RunsWhatOtherThreadsPost) {
  constexpr int kThreads = 4, kTasks = 1000;
  int ran = 0;  // by the loop's thread only
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < kTasks; ++i)
        poller_.Post([&] {
          if (++ran == kThreads * kTasks) poller_.Stop();
        });
    });
  poller_.Run([] {}, [](TimePoint) { return Poller::Pause{.longest = std::chrono::seconds(30)}; });
  EXPECT_EQ(ran, kThreads * kTasks);
}

TEST_F(PollerTest, AWaitEndsWithTheTick) {
  int turns = 0;
  const TimePoint start = std::chrono::steady_clock::now();
  poller_.Run([] {},
              [&](TimePoint) {
                if (++turns == 3) poller_.Stop();
                return Poller::Pause{.longest = std::chrono::milliseconds(5)};
              });
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(10));
}

TEST_F(PollerTest, WhatWasPostedAfterTheEndCanStillRun) {
  Turns(1);
  bool ran = false;
  poller_.Post([&] { ran = true; });
  EXPECT_FALSE(ran);
  poller_.RunPosted();
  EXPECT_TRUE(ran);
}

/// A poller whose waits were short for so long that it asks before it sleeps.
class AskingPollerTest : public PollerTest {
 protected:
  static constexpr int kShortWaits = 100;

  AskingPollerTest() {
    EXPECT_TRUE(poller_.Watch(pair_.near.get(), recorder_));
    recorder_.on_ready = [&](Readiness) {
      char byte;
      EXPECT_EQ(::recv(pair_.near.get(), &byte, 1, 0), 1);
    };
  }

  /// After the short waits, so many more; `prepare` is called before each with its number from 0.
  void RunOn(int waits, const std::function<void(int)>& prepare) {
    int wait = -kShortWaits;
    poller_.Run([] {},
                [&](TimePoint) {
                  if (wait < 0) pair_.Say("x");
                  if (wait == 0) recorder_.calls.clear();
                  if (wait >= waits)
                    poller_.Stop();
                  else if (wait >= 0)
                    prepare(wait);
                  ++wait;
                  return Poller::Pause{.longest = std::chrono::seconds(1)};
                });
  }
};

TEST_F(AskingPollerTest, FindsWhatIsThereAndWhatComesWhileItAsks) {
  std::jthread other;
  RunOn(2, [&](int wait) {
    if (wait == 0) return pair_.Say("x");
    other = std::jthread([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // it sleeps by then
      pair_.Say("x");
    });
  });
  EXPECT_EQ(recorder_.Readable(), 2);
}

TEST_F(AskingPollerTest, SleepsWhenNothingComesAndEndsItsWaitInTime) {
  const auto cpu = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
  };
  Duration cpu_before{};
  TimePoint before;
  RunOn(1, [&](int) {
    cpu_before = cpu();
    before = std::chrono::steady_clock::now();
  });
  EXPECT_GE(std::chrono::steady_clock::now() - before, std::chrono::milliseconds(990));
  EXPECT_LT(cpu() - cpu_before, std::chrono::milliseconds(20));
  EXPECT_TRUE(recorder_.calls.empty());
}

}  // namespace
}  // namespace slipway::http
