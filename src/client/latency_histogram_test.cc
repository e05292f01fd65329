#include "client/latency_histogram.h"

#include <random>

namespace slipway::client {
namespace {

TEST(LatencyHistogramTest, QuantilesLieWithinOnePercentAboveTheTrueOnes) {
  LatencyHistogram histogram;
  std::mt19937_64 random(7);
  std::lognormal_distribution<double> spread(13, 2);
  std::vector<int64_t> all;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(static_cast<int64_t>(spread(random)));
    histogram.Record(Duration(all.back()));
  }
  std::sort(all.begin(), all.end());
  for (const double q : {0.0, 0.001, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(q * 20'000))) - 1;
    const auto truth = static_cast<double>(all[rank]);
    const auto told = static_cast<double>(histogram.Quantile(q).count());
    EXPECT_GE(told, truth) << q;
    EXPECT_LE(told, truth * 1.008 + 1) << q;
  }
  EXPECT_EQ(histogram.min().count(), all.front());
  EXPECT_EQ(histogram.max().count(), all.back());
}

TEST(LatencyHistogramTest, QuantilesAreTheLeastValueThatTheShareDoesNotExceed) {
  const struct {
    std::vector<int64_t> recorded;
    double q;
    int64_t expected;
  } kTable[] = {
      {{7}, 0, 7},
      {{7}, 1, 7},
      {{1, 2}, 0.5, 1},
      {{1, 2}, 0.51, 2},
      {{1, 2, 3, 4}, 0.25, 1},
      {{4, 3, 2, 1}, 0.75, 3},
      {{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 0.9, 90},
      {{10, 20, 30, 40, 50, 60, 70, 80, 90, 100}, 0.99, 100},
      {std::vector<int64_t>(999, 5), 0.999, 5},
      {{100, 100, 100, 100}, 0.5, 100},
  };
  for (const auto& row : kTable) {
    LatencyHistogram histogram;
    for (const int64_t ns : row.recorded) histogram.Record(Duration(ns));
    EXPECT_EQ(histogram.Quantile(row.q).count(), row.expected) << row.q;
  }
}

// 99 requests of 1 ms and one that was stalled for 300 ms.
TEST(LatencyHistogramTest, OneInAHundredShowsAboveTheNinetyNinthPercentile) {
  LatencyHistogram histogram;
  for (int i = 0; i < 99; ++i) histogram.Record(std::chrono::milliseconds(1));
  histogram.Record(std::chrono::milliseconds(300));
  EXPECT_LT(histogram.Quantile(0.99), std::chrono::microseconds(1'010));
  EXPECT_EQ(histogram.Quantile(0.999), std::chrono::milliseconds(300));
}

TEST(LatencyHistogramTest, BucketsHoldAllThatWasRecorded) {
  LatencyHistogram histogram;
  for (const int64_t ns : {3, 3, 255, 256, 257, 1'000}) histogram.Record(Duration(ns));
  using Bucket = LatencyHistogram::Bucket;
  EXPECT_EQ(histogram.Buckets(),
            (std::vector<Bucket>{
                {Duration(3), 2}, {Duration(255), 1}, {Duration(257), 2}, {Duration(1'003), 1}}));
}

TEST(LatencyHistogramTest, TakesTheExtremes) {
  LatencyHistogram histogram;
  EXPECT_EQ(histogram.Quantile(0.5), Duration(0));
  for (const int64_t ns :
       {int64_t{-5}, int64_t{0}, int64_t{1}, int64_t{255}, int64_t{256}, INT64_MAX / 8})
    histogram.Record(Duration(ns));
  EXPECT_EQ(histogram.count(), 6u);
  EXPECT_EQ(histogram.min(), Duration(0));
  EXPECT_EQ(histogram.Quantile(0.5), Duration(1));
  EXPECT_LE(histogram.Quantile(1.0), histogram.max());
}

TEST(LatencyHistogramTest, MergesAsIfRecordedInOne) {
  LatencyHistogram a, b, both;
  for (int i = 1; i < 1'000; ++i) {
    (i % 2 == 0 ? a : b).Record(Duration(i * 1'000));
    both.Record(Duration(i * 1'000));
  }
  a.Merge(b);
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(a.Quantile(q), both.Quantile(q));
  EXPECT_EQ(a.mean(), both.mean());
}

}  // namespace
}  // namespace slipway::client
