#include <gtest/gtest.h>

#include <cmath>

#include "train/algebra/testing/small_samples.h"
#include "train/kinds.h"

namespace slipway::train {
namespace {

using testing::Classes;
using testing::Values;

std::string FitError(const std::map<std::string, std::string>& given, const Samples& samples) {
  Team team(1);
  const auto parameters = kNeighbors.Read(given);
  if (!parameters.ok()) return std::string(MessageOf(parameters.status()));
  const auto fitted = kNeighbors.fit(samples, *parameters, {.team = &team});
  return fitted.ok() ? "" : std::string(MessageOf(fitted.status()));
}

TEST(NeighborsKindTest, RefusesWhatItCannotKeep) {
  Samples samples = Values({{1}, {2}, {3}}, {1, 2, 3});
  EXPECT_EQ(FitError({{"k", "3"}}, samples), "");
  EXPECT_EQ(FitError({{"k", "4"}}, samples), "parameter k: expected at most 3 rows, got 4");
  samples.values[1] = NAN;
  EXPECT_EQ(FitError({{"k", "1"}}, samples),
            "feature \"x0\", row 2: expected a finite number, got nan");
  samples.weights = {1, 1, 1};
  EXPECT_EQ(FitError({{"k", "1"}}, samples),
            "weights: nearest neighbours count alike; expected none");
}

TEST(NeighborsKindTest, RefusesMoreNumbersThanAModelShouldHold) {
  Samples samples{.rows = size_t{1} << 20};
  for (int f = 0; f < 33; ++f) samples.features.push_back({.name = "x"});
  EXPECT_EQ(FitError({}, samples),
            "neighbors keeps all rows in the model: expected at most 33554432 numbers, got 1048576 "
            "rows of 33 features");
}

}  // namespace
}  // namespace slipway::train
