#include "train/linear/products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "train/linear/losses.h"

namespace slipway::train {
namespace {

/// Small whole numbers: sums of their products are exact in any order.
std::vector<double> Wholes(size_t count, size_t seed) {
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<double>((i * 7 + seed * 5) % 23) - 11;
  return values;
}

double Dot(const double* a, const double* b, size_t rows) {
  double sum = 0;
  for (size_t row = 0; row < rows; ++row) sum += a[row] * b[row];
  return sum;
}

TEST(ProductsTest, EveryPairOfColumnsIsMultipliedWhateverTheShape) {
  for (size_t rows : {1, 3, 4, 9, 64})
    for (size_t a_count = 1; a_count <= 9; ++a_count)
      for (size_t b_count = 1; b_count <= 8; ++b_count) {
        const size_t stride = rows + 2;
        const std::vector<double> a = Wholes(a_count * stride, 1), b = Wholes(b_count * stride, 2);
        std::vector<double> out(a_count * b_count, 100);
        AddProducts({a.data(), stride, a_count}, {b.data(), stride, b_count}, rows, out.data());
        for (size_t i = 0; i < a_count; ++i)
          for (size_t j = 0; j < b_count; ++j)
            ASSERT_EQ(out[i * b_count + j], 100 + Dot(&a[i * stride], &b[j * stride], rows))
                << rows << " rows, " << a_count << " by " << b_count;
      }
}

TEST(ProductsTest, GramHasItsDiagonalAndWhatIsAboveIt) {
  for (size_t count = 1; count <= 14; ++count) {
    const size_t rows = 11;
    const std::vector<double> a = Wholes(count * rows, 3);
    std::vector<double> out(count * count, 0);
    AddGram({a.data(), rows, count}, rows, out.data());
    for (size_t i = 0; i < count; ++i)
      for (size_t j = i; j < count; ++j)
        ASSERT_EQ(out[i * count + j], Dot(&a[i * rows], &a[j * rows], rows)) << i << ", " << j;
  }
}

TEST(ProductsTest, ScoresAddUpOverAllColumns) {
  for (size_t count = 1; count <= 9; ++count) {
    const size_t rows = 13;
    const std::vector<double> x = Wholes(count * rows, 4), weights = Wholes(count, 5);
    std::vector<double> out(rows, 1);
    AddScores({x.data(), rows, count}, rows, weights.data(), out.data());
    for (size_t row = 0; row < rows; ++row) {
      double expected = 1;
      for (size_t j = 0; j < count; ++j) expected += x[j * rows + row] * weights[j];
      ASSERT_EQ(out[row], expected);
    }
  }
}

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
