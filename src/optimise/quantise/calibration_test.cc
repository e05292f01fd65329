#include "optimise/quantise/calibration.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slipway::optimise {
namespace {

using Histogram = std::vector<uint64_t>;

TEST(CalibrationTest, PercentileCutsTheOutermostOnBothSides) {
  // 100 values in each of 10 bins over [-2, 8], and one far out at each end.
  Histogram histogram(10, 100);
  histogram.front() = histogram.back() = 1;
  const Range range = PercentileRange(histogram, {-2, 8}, 99);
  EXPECT_FLOAT_EQ(range.low, -1);
  EXPECT_FLOAT_EQ(range.high, 7);
}

TEST(CalibrationTest, PercentileKeepsZeroInside) {
  Histogram histogram(10, 0);
  histogram[9] = 1000;  // all values lie in [9, 10]
  const Range range = PercentileRange(histogram, {0, 10}, 99);
  EXPECT_FLOAT_EQ(range.low, 0);
  EXPECT_FLOAT_EQ(range.high, 10);
}

TEST(CalibrationTest, EntropyKeepsAllOfAnEvenDistribution) {
  EXPECT_EQ(EntropyThreshold(Histogram(kBins, 50), 128), kBins);
}

TEST(CalibrationTest, EntropyCutsAFewValuesFarOut) {
  // A bell of 100,000 values in the first eighth of the bins, and three in the last one.
  Histogram histogram(kBins, 0);
  for (size_t i = 0; i < kBins / 8; ++i)
    histogram[i] =
        static_cast<uint64_t>(1 + 1000 * std::exp(-static_cast<double>(i * i) / (2.0 * 64 * 64)));
  histogram.back() = 3;
  const size_t threshold = EntropyThreshold(histogram, 128);
  EXPECT_LT(threshold, kBins / 4);
  EXPECT_GT(threshold, size_t{128});
}

}  // namespace
}  // namespace slipway::optimise
