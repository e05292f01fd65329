#include "train/linear/losses.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace slipway::train {
namespace {

TEST(LossesTest, LogisticLossAndItsDerivativeAreThoseOfTheFormulas) {
  const std::vector<double> s = {0, 1, -1, 30, -30, 800, -800, 1e-9, 3.25};
  const std::vector<double> y = {0, 1, 1, 0, 1, 1, 1, 0, 1};
  const std::vector<double> w = {1, 2, 0, 1, 3, 1, 1, 1, 0.5};
  for (const double* weights : {static_cast<const double*>(nullptr), w.data()}) {
    std::vector<double> scores = s;
    const double loss = LogisticResiduals(scores.data(), y.data(), weights, s.size());
    double expected = 0;
    for (size_t i = 0; i < s.size(); ++i) {
      const double weight = weights ? weights[i] : 1;
      expected +=
          weight * (std::max(s[i], 0.0) + std::log1p(std::exp(-std::fabs(s[i]))) - y[i] * s[i]);
      EXPECT_NEAR(scores[i], weight * (1 / (1 + std::exp(-s[i])) - y[i]), 1e-15) << s[i];
    }
    EXPECT_NEAR(loss, expected, 1e-12);
  }
}

TEST(LossesTest, SoftmaxOfTwoScoresIsTheSigmoidOfTheirDifference) {
  constexpr size_t kRows = 7, kStride = 8;
  std::vector<double> scores(2 * kStride, 0), one(kRows);
  const std::vector<int32_t> places = {0, 1, 1, 0, 1, 0, 0};
  const std::vector<double> y(places.begin(), places.end());
  for (size_t row = 0; row < kRows; ++row) {
    scores[row] = static_cast<double>(row) - 3;
    scores[kStride + row] = 900.0 * static_cast<double>(row % 3) - 2;
    one[row] = scores[kStride + row] - scores[row];
  }
  const double two = SoftmaxResiduals(scores.data(), kStride, 2, places.data(), nullptr, kRows);
  EXPECT_NEAR(two, LogisticResiduals(one.data(), y.data(), nullptr, kRows), 1e-11);
  for (size_t row = 0; row < kRows; ++row) {
    EXPECT_NEAR(scores[kStride + row], one[row], 1e-15);
    EXPECT_NEAR(scores[row], -one[row], 1e-15);
  }
}

}  // namespace
}  // namespace slipway::train
