#include "train/trees/bins.h"

#include <gtest/gtest.h>

#include <limits>

#include "train/trees/testing/samples.h"

namespace slipway::train::trees {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

Samples OneColumn(std::vector<double> values, int32_t categories = 0) {
  Samples samples;
  samples.rows = values.size();
  samples.features = {{.name = "x", .categories = categories}};
  samples.values = std::move(values);
  return samples;
}

std::vector<int> BinsOf(const Samples& samples, const BinningOptions& options = {}) {
  Team team(2);
  const auto learned = LearnBins(samples, options, team);
  const BinnedRows rows(samples, learned, 4, team);
  std::vector<int> bins;
  for (size_t i = 0; i < samples.rows; ++i) bins.push_back(rows.column(0)[i]);
  return bins;
}

TEST(BinsTest, EachOfFewValuesHasABinAndMissingOnesTheirOwn) {
  EXPECT_EQ(BinsOf(OneColumn({3, 1, testing::kMissing, 2, 1})),
            (std::vector<int>{2, 0, kMissingBin, 1, 0}));
}

TEST(BinsTest, NeighbouringDoublesAndInfinitiesAreToldApart) {
  const double above = std::nextafter(1.0, 2.0);
  EXPECT_EQ(BinsOf(OneColumn({above, 1, kInfinity, -kInfinity, 1e308, -1e308})),
            (std::vector<int>{3, 2, 5, 0, 4, 1}));
}

TEST(BinsTest, ManyValuesAreCutIntoBinsOfAboutEqualSize) {
  std::vector<double> values;
  for (int i = 0; i < 1000; ++i) values.push_back((i * 7919) % 1000);
  const std::vector<int> bins = BinsOf(OneColumn(values), {.max_bins = 10});
  for (int bin = 0; bin < 10; ++bin) EXPECT_EQ(std::ranges::count(bins, bin), 100) << bin;
}

TEST(BinsTest, AValueOfMostRowsDoesNotTakeTheBinsOfTheOthers) {
  std::vector<double> values(990, 0.0);
  for (int i = 1; i <= 400; ++i) values.push_back(i);
  const std::vector<int> bins = BinsOf(OneColumn(values), {.max_bins = 10});
  EXPECT_EQ(std::ranges::count(bins, 0), 990);
  EXPECT_GE(std::ranges::max(bins), 2);
}

TEST(BinsTest, AColumnWithoutValuesHasOneBin) {
  EXPECT_EQ(BinsOf(OneColumn({testing::kMissing, testing::kMissing})),
            (std::vector<int>{kMissingBin, kMissingBin}));
}

TEST(BinsTest, RareCategoriesShareTheLastBin) {
  EXPECT_EQ(BinsOf(OneColumn({2, 2, 2, 0, 0, 1, 3, testing::kMissing}, 4), {.max_bins = 3}),
            (std::vector<int>{0, 0, 0, 1, 1, 2, 2, kMissingBin}));
}

TEST(BinsTest, BinsDoNotDependOnTheWidthOfGroups) {
  const Samples samples = testing::Regression(999, 7, [](const auto& x) { return x[0]; });
  Team team(2);
  const auto learned = LearnBins(samples, {.max_bins = 16}, team);
  const BinnedRows narrow(samples, learned, 1, team), wide(samples, learned, 5, team);
  for (size_t feature = 0; feature < 7; ++feature)
    for (size_t row = 0; row < samples.rows; ++row)
      ASSERT_EQ(narrow.column(feature)[row], wide.column(feature)[row]) << feature << ", " << row;
}

}  // namespace
}  // namespace slipway::train::trees
