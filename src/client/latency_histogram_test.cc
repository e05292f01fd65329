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
