#include "train/algebra/functions.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace slipway::train {
namespace {

TEST(ExponentialsTest, AreWithinTwoUnitsInTheLastPlace) {
  std::vector<float> values;
  for (float x = -86.9f; x < 87.9f; x += 0.0137f) values.push_back(x);
  std::vector<float> powers = values;
  Exponentials(powers.data(), powers.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const double expected = std::exp(static_cast<double>(values[i]));
    ASSERT_NEAR(powers[i], expected, 2.4e-7 * expected) << values[i];
  }
}

TEST(ExponentialsTest, OfZeroIsOneAndOfVerySmallIsZero) {
  float values[] = {0, -100, -INFINITY};
  Exponentials(values, 3);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 0);
  EXPECT_EQ(values[2], 0);
}

TEST(FunctionsTest, LogisticsAndTangentsAreCloseEverywhere) {
  for (float x = -100; x < 100; x += 0.037f) {
    float logistic = x, tangent = x;
    Logistics(&logistic, 1);
    HyperbolicTangents(&tangent, 1);
    ASSERT_NEAR(logistic, 1 / (1 + std::exp(-static_cast<double>(x))), 3e-7) << x;
    ASSERT_NEAR(tangent, std::tanh(static_cast<double>(x)), 6e-7) << x;
  }
}

}  // namespace
}  // namespace slipway::train
