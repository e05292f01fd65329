#include "batching/admission.h"

#include <gtest/gtest.h>

#include "batching/wait_model.h"

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

TEST(AdmissionTest, OfStepsTakesTheSum) {
  const AdmissionView step{.slow = milliseconds(10), .wait = milliseconds(8)};  // and 1 to spare
  const AdmissionView guess{.slow = milliseconds(1000), .guessed = true};
  const auto admits = [](milliseconds time, const std::vector<AdmissionView>& steps) {
    return AdmitSteps(kNow, kNow + time, steps).ok();
  };
  EXPECT_TRUE(admits(milliseconds(38), {step, step}));
  EXPECT_FALSE(admits(milliseconds(37), {step, step}));
  EXPECT_TRUE(admits(milliseconds(38), {step, guess, step}));
  EXPECT_TRUE(admits(milliseconds(0), {guess}));
  EXPECT_TRUE(admits(milliseconds(0), {}));
  EXPECT_EQ(ReasonOf(AdmitSteps(kNow, kNow, std::vector{step})), Reason::kOverloaded);
}

TEST(WaitModelTest, LearnsWhatNineteenOfTwentyWaitsStayBelow) {
  WaitModel wait;
  EXPECT_EQ(wait.Predict(milliseconds(10)), milliseconds(10));
  for (int i = 0; i < 2000; ++i) wait.Observe(milliseconds(1), milliseconds(i % 10 == 0 ? 5 : 2));
  const Duration predicted = wait.Predict(milliseconds(10));
  EXPECT_GE(predicted, milliseconds(45));
  EXPECT_LE(predicted, milliseconds(60));
  for (int i = 0; i < 2000; ++i) wait.Observe(milliseconds(2), milliseconds(1));
  EXPECT_LE(wait.Predict(milliseconds(10)), milliseconds(6));
  EXPECT_EQ(wait.Predict(Duration(0)), Duration(0));
}

}  // namespace
}  // namespace slipway::batching
