// What runs cost, and what follows from it: tables on recorded curves.

#include "batching/cost_model.h"

#include <gtest/gtest.h>

#include "batching/batch_policy.h"

namespace slipway::batching {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr TimePoint kNow{milliseconds(1000)};

TEST(CostModelTest, ScalesFromTheNearestSizeSeen) {
  CostModel cost;
  EXPECT_EQ(cost.Predict({1, 64}), Duration(0));
  cost.Observe({1, 64}, microseconds(10));
  EXPECT_EQ(cost.Predict({1, 64}), microseconds(10));
  EXPECT_EQ(cost.Predict({1, 256}), microseconds(40));
  EXPECT_EQ(cost.Predict({4, 64}), microseconds(40));
  EXPECT_EQ(cost.Predict({1, 8}), microseconds(10));
  EXPECT_EQ(cost.Predict({1, size_t{1} << 38}), std::chrono::minutes(1));
  EXPECT_FALSE(cost.Knows({1, 64}));
  for (int i = 0; i < 100; ++i) cost.Observe({1, 64}, microseconds(2));
  EXPECT_TRUE(cost.Knows({1, 64}));
  EXPECT_FALSE(cost.Knows({1, 256}));
  EXPECT_FALSE(cost.Knows({4, 64}));
  EXPECT_NEAR(cost.Predict({1, 64}).count(), 2000, 10);
}

TEST(CostModelTest, FewerRowsThanWereSeenCostNoMore) {
  CostModel cost;
  cost.Observe({8, 64}, microseconds(80));
  EXPECT_EQ(cost.Predict({1, 64}), microseconds(80));
  EXPECT_EQ(cost.Predict({8, 64}), microseconds(80));
}

TEST(CostModelTest, OneRunInTwentyIsSlow) {
  CostModel cost;
  for (int i = 0; i < 4000; ++i) cost.Observe({1, 64}, microseconds(i % 10 == 0 ? 30 : 10));
  EXPECT_NEAR(cost.Predict({1, 64}).count(), 12'000, 2'000);
  EXPECT_GT(cost.PredictSlow({1, 64}), microseconds(25));
  for (int i = 0; i < 4000; ++i) cost.Observe({1, 64}, microseconds(10));
  EXPECT_LT(cost.PredictSlow({1, 64}), microseconds(12));
}

TEST(CostModelTest, WhatHasBecomeSlowIsKnownAtOnce) {
  CostModel cost;
  cost.Observe({1, 64}, microseconds(10));
  cost.Observe({1, 64}, milliseconds(10));
  EXPECT_GT(cost.Predict({1, 64}), milliseconds(1));
}

TEST(CostModelTest, ARunThatWasPreemptedDoesNotChangeTheBestNumber) {
  CostModel cost;
  cost.Observe({1, 64}, microseconds(10));
  cost.Observe({4, 64}, microseconds(20));
  EXPECT_EQ(cost.Knee(64), 4);
  cost.Observe({4, 64}, milliseconds(10));
  EXPECT_EQ(cost.Knee(64), 4);
}

/// Microseconds of runs of 1, 2, 4 … rows.
using Curve = std::vector<double>;

CostModel& Fill(CostModel& cost, const Curve& curve) {
  for (size_t i = 0; i < curve.size(); ++i)
    cost.Observe({int64_t{1} << i, 64}, Duration(static_cast<int64_t>(curve[i] * 1000)));
  return cost;
}

// Recorded on two cores of an EPYC 9005, ONNX Runtime 1.30.
const Curve kDigits = {12.8, 21.3, 37.6, 68.0, 131, 259};        // a small convolutional network
const Curve kPerceptron = {2.05, 2.2, 2.4, 2.7, 3.4, 4.9, 7.6};  // 32-64-64-1
const Curve kMobileNet = {3560, 7190, 15'100, 33'000};           // gets worse
const Curve kTrees = {23.8, 33, 52, 92, 165, 310, 600};          // 500 of depth 6

TEST(BatchPolicyTest, TheBestNumberFollowsTheCurve) {
  struct Line {
    std::string model;
    const Curve& curve;
    int64_t max_rows;
    int64_t want;
  };
  for (const Line& line : {Line{"digits", kDigits, 64, 16},
                           {"perceptron", kPerceptron, 64, 64},
                           {"perceptron, at most 16 rows", kPerceptron, 16, 16},
                           {"perceptron, not joined", kPerceptron, 1, 1},
                           {"MobileNetV2", kMobileNet, 64, 1},
                           {"trees", kTrees, 64, 32},
                           {"not measured", {}, 64, 1}}) {
    CostModel cost;
    EXPECT_EQ(TargetRows({.max_rows = line.max_rows}, Fill(cost, line.curve), 64), line.want)
        << line.model;
  }
  CostModel digits, mobile_net;
  EXPECT_EQ(TargetRows({.max_rows = 64}, Fill(digits, kDigits), 64, /*probe=*/true), 32);
  EXPECT_EQ(TargetRows({.max_rows = 64}, Fill(mobile_net, kMobileNet), 64, /*probe=*/true), 2);
}

TEST(BatchPolicyTest, DecidesByTheTable) {
  struct Line {
    std::string situation;
    BatchOptions options;
    BatchView view;
    int64_t rows;
    Duration wait = {};  // from now, when rows is 0
  };
  const auto waiting = [](int64_t rows, std::optional<Duration> deadline = std::nullopt,
                          Duration age = {}) {
    BatchView view{.now = kNow, .oldest = kNow - age, .size = {rows, 64}};
    if (deadline) view.deadline = kNow + *deadline;
    return view;
  };
  const BatchOptions measured{.max_rows = 64};
  const BatchOptions delayed{.max_rows = 64, .preferred = {4, 8}, .max_delay = milliseconds(5)};
  const std::vector<Line> table = {
      {"a free worker starts one at once", measured, waiting(1), 1},
      {"and what has gathered", measured, waiting(5), 5},
      {"but not more than is best", measured, waiting(40), 16},
      {"four are in time, eight are not", measured, waiting(8, microseconds(50)), 4},
      {"nothing is in time: the first is tried", measured, waiting(8, microseconds(5)), 1},
      {"a delay waits", delayed, waiting(3), 0, milliseconds(5)},
      {"no longer than from the first one's coming", delayed, waiting(3, {}, milliseconds(2)), 0,
       milliseconds(3)},
      {"a preferred size starts", delayed, waiting(4), 4},
      {"between two sizes the delay goes on", delayed, waiting(5), 0, milliseconds(5)},
      {"its end takes the smaller size", delayed, waiting(5, {}, milliseconds(5)), 4},
      {"or what is there", delayed, waiting(3, {}, milliseconds(5)), 3},
      {"the largest size starts", delayed, waiting(20), 8},
      {"the latest safe start ends a delay", delayed, waiting(1, milliseconds(1)), 0,
       milliseconds(1) - Duration(12'800 + 125'000)},
      {"a request that may not be as old as the delay starts before", delayed,
       [&] {
         BatchView view = waiting(3);
         view.max_age = milliseconds(4);
         return view;
       }(),
       0, microseconds(3500)},
      {"and may be now", delayed, waiting(1, microseconds(12)), 1},
  };
  CostModel cost;
  Fill(cost, kDigits);
  for (const Line& line : table) {
    const auto got = Decide(line.view, TargetRows(line.options, cost, 64), line.options, cost);
    EXPECT_EQ(got.rows, line.rows) << line.situation;
    if (line.rows == 0) {
      EXPECT_NEAR((got.until - kNow).count(), line.wait.count(), 10) << line.situation;
    }
  }
}

}  // namespace
}  // namespace slipway::batching
