#include <cmath>
#include <limits>

#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/distributions.h"
#include "stats/interval.h"
#include "stats/paired_tests.h"
#include "stats/quantile.h"

namespace slipway::stats {
namespace {

using ::testing::DoubleNear;
using ::testing::Each;
using ::testing::ElementsAre;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Expected figures: numpy 2 and scipy 1.17.

TEST(QuantileTest, LiesBetweenValuesAsNumpyHasIt) {
  const double sorted[] = {1, 1, 2.5, 3, 4, 5, 9};
  const std::pair<double, double> table[] = {
      {0, 1}, {.1, 1}, {.5, 3}, {.9, 6.6000000000000014}, {1, 9}};
  for (const auto& [share, expected] : table)
    EXPECT_DOUBLE_EQ(Quantile(sorted, share), expected) << share;
}

TEST(DistributionsTest, AreThoseOfScipy) {
  EXPECT_DOUBLE_EQ(NormalCdf(-1.96), 0.024997895148220435);
  EXPECT_DOUBLE_EQ(NormalCdf(3), 0.9986501019683699);
  EXPECT_NEAR(NormalQuantile(.025), -1.9599639845400545, 1e-14);
  EXPECT_NEAR(NormalQuantile(1e-10), -6.3613409024040557, 1e-13);
  EXPECT_EQ(NormalQuantile(1), std::numeric_limits<double>::infinity());
}

TEST(IntervalTest, BcaIsThatOfScipysFormula) {
  const double resampled[] = {.52, .61, .58, .66, .7,  .63, .59, .75, .48, .64,
                              .62, .57, .68, .71, .55, .6,  .65, .67, .54, .8};
  const double left_out[] = {.60, .62, .61, .66, .59, .615, .63, .64, .605, .55};
  const Interval wide = BcaInterval(.625, resampled, left_out, .95);
  EXPECT_NEAR(wide.low, 0.50364590564254375, 1e-12);
  EXPECT_NEAR(wide.high, 0.78153441598926143, 1e-12);
  const Interval narrow = BcaInterval(.625, resampled, left_out, .8);
  EXPECT_NEAR(narrow.low, 0.54041854018329016, 1e-12);
  EXPECT_NEAR(narrow.high, 0.71974206767091964, 1e-12);
}

TEST(IntervalTest, BcaOfWhatIsNotKnownIsNotKnown) {
  const double half[] = {kNaN, .5}, mostly[] = {.5, .5, .5, kNaN};
  EXPECT_TRUE(std::isnan(BcaInterval(.5, half, {}, .95).low));
  EXPECT_TRUE(std::isnan(BcaInterval(kNaN, mostly, {}, .95).low));
  EXPECT_EQ(BcaInterval(.5, mostly, {}, .95).low, .5);
  EXPECT_TRUE(std::isnan(BcaInterval(.5, {}, {}, .95).low));
}

TEST(IntervalTest, WilsonIsThatOfScipy) {
  const Interval some = WilsonInterval(7, 10, .95), none = WilsonInterval(0, 10, .95);
  EXPECT_NEAR(some.low, 0.39677814746114526, 1e-12);
  EXPECT_NEAR(some.high, 0.89220873259369904, 1e-12);
  EXPECT_EQ(none.low, 0);
  EXPECT_NEAR(none.high, 0.27753279986288926, 1e-12);
  EXPECT_EQ(WilsonInterval(0, 0, .95).high, 1);
}

TEST(IntervalTest, TheMediansIntervalIsOfOrderStatistics) {
  // Chances of at most k of n: 1/64 for 0 of 6, 0.0176 for 3 of 15, 0.0592 for 4.
  const double six[] = {5, 1, 3, 2, 4, 90}, few[] = {1, 9};
  std::vector<double> fifteen;
  for (int i = 15; i > 0; --i) fifteen.push_back(i);
  EXPECT_EQ(MedianWithInterval(six, .95).value, 3.5);
  EXPECT_EQ(MedianWithInterval(six, .95).interval.high, 90);
  EXPECT_EQ(MedianWithInterval(fifteen, .95).interval.low, 4);
  EXPECT_EQ(MedianWithInterval(fifteen, .95).interval.high, 12);
  EXPECT_EQ(MedianWithInterval(few, .95).interval.low, 1);
}

TEST(PairedTestsTest, AreThoseOfScipy) {
  EXPECT_DOUBLE_EQ(McNemarTest(1, 9), 0.021484375);
  EXPECT_DOUBLE_EQ(McNemarTest(5, 5), 1);
  EXPECT_NEAR(McNemarTest(100, 150), 0.0018833009350761602, 1e-12);
  EXPECT_EQ(McNemarTest(0, 0), 1);
  const double first[] = {1.5, 2.25, 3, 4, 5.5, 6, 7, 8.5, 9, 10, 3};
  const double second[] = {1.25, 2.5, 2, 4, 5, 6.5, 5, 8, 7.5, 11, 4};
  EXPECT_NEAR(WilcoxonTest(first, second), 0.41207746485645713, 1e-12);
  EXPECT_EQ(WilcoxonTest(first, first), 1);
}

TEST(PairedTestsTest, ResampledDifferencesOnOneSideAreAsUnlikelyAsResamplesCanTell) {
  const double above[] = {.1, .2, .3, .4}, around[] = {-.1, .2, kNaN, .4, -.3}, none[] = {0, 0};
  EXPECT_DOUBLE_EQ(BootstrapTest(above), .25);
  EXPECT_DOUBLE_EQ(BootstrapTest(around), 1);
  EXPECT_DOUBLE_EQ(BootstrapTest(none), 1);
  EXPECT_DOUBLE_EQ(BootstrapTest({}), 1);
}

/// The mean of values by weights.
WeightedFigure MeanOf(std::vector<double> values) {
  return [values](std::span<const double> weights) {
    double sum = 0, weight = 0;
    for (size_t i = 0; i < values.size(); ++i) {
      sum += weights[i] * values[i];
      weight += weights[i];
    }
    return sum / weight;
  };
}

std::vector<double> NormalRows(size_t rows, uint64_t seed) {
  Random random(seed);
  std::vector<double> values(rows);
  for (double& value : values) value = NormalQuantile(random.Uniform());
  return values;
}

TEST(BootstrapTest, TheIntervalOfAMeanIsAsWideAsTheoryHasIt) {
  const size_t rows = 2'000;
  const WeightedFigure mean[] = {MeanOf(NormalRows(rows, 1))};
  const auto results = Bootstrap(rows, {}, mean, {.resamples = 4'000, .seed = 3});
  const Interval interval = results[0].interval(.95);
  const double expected = 1.96 / std::sqrt(static_cast<double>(rows));
  EXPECT_NEAR(results[0].figure - interval.low, expected, expected / 10);
  EXPECT_NEAR(interval.high - results[0].figure, expected, expected / 10);
}

TEST(BootstrapTest, IntervalsHoldTheTrueMeanAsOftenAsTheySay) {
  int held = 0;
  for (uint64_t trial = 0; trial < 300; ++trial) {
    const WeightedFigure mean[] = {MeanOf(NormalRows(60, 100 + trial))};
    const Interval interval =
        Bootstrap(60, {}, mean, {.resamples = 400, .seed = trial})[0].interval(.9);
    held += interval.low <= 0 && 0 <= interval.high ? 1 : 0;
  }
  EXPECT_NEAR(held, 270, 20);
}

TEST(BootstrapTest, TheSameSeedGivesTheSameWhateverTheTeam) {
  Team team(3);
  const WeightedFigure mean[] = {MeanOf(NormalRows(501, 1))};
  const auto alone = Bootstrap(501, {}, mean, {.resamples = 100, .seed = 5});
  const auto together = Bootstrap(501, {}, mean, {.resamples = 100, .seed = 5, .team = &team});
  EXPECT_EQ(alone[0].resampled, together[0].resampled);
  EXPECT_EQ(alone[0].left_out, together[0].left_out);
  EXPECT_NE(alone[0].resampled,
            Bootstrap(501, {}, mean, {.resamples = 100, .seed = 6})[0].resampled);
}

TEST(BootstrapTest, AsManyRowsAreDrawnAsThereAre) {
  const WeightedFigure sum[] = {[](std::span<const double> weights) {
    double all = 0;
    for (const double weight : weights) all += weight;
    return all;
  }};
  EXPECT_THAT(Bootstrap(101, {}, sum, {.resamples = 20})[0].resampled, Each(101));
  EXPECT_THAT(Bootstrap(2, {}, sum, {.resamples = 0})[0].left_out, ElementsAre(1, 1));
}

TEST(BootstrapTest, RowsOfWeightZeroAreNeverDrawn) {
  const WeightedFigure second[] = {[](std::span<const double> weights) { return weights[1]; }};
  const double weights[] = {1, 0, 1};
  EXPECT_THAT(Bootstrap(3, weights, second, {.resamples = 50})[0].resampled, Each(0));
}

}  // namespace
}  // namespace slipway::stats
