#include "train/linear/least_squares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "train/linear/testing/waves.h"

// Expected coefficients: scikit-learn 1.9.1, tests/models/training/linear_expectations.py.
namespace slipway::train {
namespace {

using namespace testing;  // the waves

using ::testing::HasSubstr;
using ::testing::Pointwise;

LeastSquaresFit FitOf(const Samples& samples, const LeastSquaresOptions& options = {}) {
  Team team(2);
  auto fit = FitLeastSquares(samples, options, team);
  EXPECT_TRUE(fit.ok()) << MessageOf(fit.status());
  return fit.ok() ? *std::move(fit) : LeastSquaresFit{};
}

void ExpectModel(const LinearModel& model, const std::vector<double>& weights, double intercept,
                 double tolerance = 1e-10) {
  EXPECT_THAT(model.weights, Pointwise(IsNear(tolerance), weights));
  ASSERT_EQ(model.outputs(), 1);
  EXPECT_NEAR(model.intercepts[0], intercept, tolerance);
}

TEST(LeastSquaresTest, CoefficientsAreThoseOfScikitLearn) {
  const LeastSquaresFit fit = FitOf(WaveRegression(40, 3));
  ExpectModel(fit.model, {1.99604820463, -0.973259635929, 0.510376488447}, 4.0092522512);
  EXPECT_EQ(fit.method, "normal equations, Cholesky");
}

TEST(LeastSquaresTest, WithoutAnInterceptItIsZero) {
  ExpectModel(FitOf(WaveRegression(40, 3), {.fit_intercept = false}).model,
              {2.50464403155, -0.947355164946, 0.687129050485}, 0);
}

TEST(LeastSquaresTest, WeightsCountAndRowsOfWeightZeroDoNot) {
  Samples samples = WaveRegression(40, 3);
  samples.weights = FourWeights(40);
  for (size_t row = 0; row < 40; row += 4) samples.target.values[row] = 1e9;
  ExpectModel(FitOf(samples).model, {1.9999776124, -0.977154826104, 0.521819183404}, 4.00416375706);
}

TEST(LeastSquaresTest, CollinearColumnsShareTheShortestSolution) {
  Samples samples = Matrix(40, 4, [](size_t row, size_t feature) {
    return feature < 3 ? Wave(row, feature) : Wave(row, 0) + Wave(row, 1);
  });
  SetAnswers(samples);
  const LeastSquaresFit fit = FitOf(samples);
  ExpectModel(fit.model, {1.65511868173, -1.31418915883, 0.510376488447, 0.340929522901},
              4.0092522512);
  EXPECT_EQ(fit.method, "orthogonal decomposition, rank 3 of 4");
}

TEST(LeastSquaresTest, MoreFeaturesThanRowsGiveTheShortestSolution) {
  ExpectModel(FitOf(WaveRegression(4, 6)).model,
              {0.535834849104, -1.32549481982, 0.315463256704, -0.0611855970505, 0.0690259464812,
               0.166361395827},
              4.96209473373);
}

TEST(LeastSquaresTest, ConstantColumnsGetNoCoefficient) {
  Samples samples = Matrix(
      40, 4, [](size_t row, size_t feature) { return feature < 3 ? Wave(row, feature) : 0.1; });
  SetAnswers(samples);
  ExpectModel(FitOf(samples).model, {1.99604820463, -0.973259635929, 0.510376488447, 0},
              4.0092522512);
}

TEST(LeastSquaresTest, NearlyCollinearColumnsKeepTheirDigits) {
  // y = 1 + x₀ + 2 (x₀ + 1e-6 x₁): normal equations would lose all digits of the second part
  Samples samples = Matrix(40, 2, [](size_t row, size_t feature) {
    return Wave(row, 0) + (feature == 0 ? 0 : 1e-6 * Wave(row, 1));
  });
  for (size_t row = 0; row < 40; ++row)
    samples.target.values.push_back(1 + samples.values[row] + 2 * samples.values[40 + row]);
  const LeastSquaresFit fit = FitOf(samples);
  ExpectModel(fit.model, {1, 2}, 1, 1e-8);
  EXPECT_EQ(fit.method, "orthogonal decomposition, rank 2 of 2");
}

TEST(LeastSquaresTest, ColumnsOfVeryDifferentScalesKeepTheirDigits) {
  const std::vector<double> scales = {1e12, 1, 1e-12};
  Samples samples = Matrix(
      40, 3, [&](size_t row, size_t feature) { return scales[feature] * Wave(row, feature); });
  SetAnswers(samples);
  const LinearModel model = FitOf(samples).model;
  EXPECT_NEAR(model.weights[0] * 1e12, 1.99604820463, 1e-10);
  EXPECT_NEAR(model.weights[1], -0.973259635929, 1e-10);
  EXPECT_NEAR(model.weights[2] * 1e-12, 0.510376488447, 1e-10);
}

TEST(LeastSquaresTest, AFarMeanCostsNoDigitsButItsOwn) {
  Samples samples = Matrix(40, 3, [](size_t row, size_t feature) {
    return Wave(row, feature) + (feature == 1 ? 1e6 : 0);
  });
  SetAnswers(samples);
  const LinearModel model = FitOf(samples).model;
  EXPECT_THAT(model.weights,
              Pointwise(IsNear(1e-9), {1.99604820463, -0.973259635929, 0.510376488447}));
}

TEST(LeastSquaresTest, OneFeatureAndOneRowAreEnough) {
  ExpectModel(FitOf(WaveRegression(1, 1)).model, {0}, Answer(0), 1e-15);
}

TEST(LeastSquaresTest, TheSameBitsForEveryTeam) {
  const Samples samples = WaveRegression(20000, 7);
  Team one(1), three(3);
  const auto alone = FitLeastSquares(samples, {}, one),
             together = FitLeastSquares(samples, {}, three);
  EXPECT_EQ(alone->model.weights, together->model.weights);
  EXPECT_EQ(alone->model.intercepts, together->model.intercepts);
}

TEST(LeastSquaresTest, ValuesThatAreNotFiniteAreNamed) {
  Samples samples = WaveRegression(40, 3);
  samples.values[45] = std::numeric_limits<double>::quiet_NaN();
  Team team(1);
  const auto fit = FitLeastSquares(samples, {}, team);
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(ReasonOf(fit.status()), Reason::kBadRequest);
  EXPECT_THAT(MessageOf(fit.status()), HasSubstr("x1: expected finite numbers"));
}

TEST(LeastSquaresTest, WeightsWithoutASumAreRefused) {
  Samples samples = WaveRegression(40, 3);
  samples.weights.assign(40, 0);
  Team team(1);
  const auto fit = FitLeastSquares(samples, {}, team);
  ASSERT_FALSE(fit.ok());
  EXPECT_EQ(MessageOf(fit.status()), "weights: expected a positive finite sum, got 0");
}

TEST(RidgeTest, CoefficientsAreThoseOfScikitLearn) {
  ExpectModel(FitOf(WaveRegression(40, 3), {.alpha = 2}).model,
              {1.8178016171, -0.894356206048, 0.466911340092}, 4.02163505744);
}

TEST(RidgeTest, WeightsCount) {
  Samples samples = WaveRegression(40, 3);
  samples.weights = FourWeights(40);
  ExpectModel(FitOf(samples, {.alpha = 2}).model, {1.88312276876, -0.929037811777, 0.497498285469},
              4.01716593106);
}

TEST(RidgeTest, MoreFeaturesThanRowsAreSolvedByRows) {
  const LeastSquaresFit fit = FitOf(WaveRegression(4, 6), {.alpha = 2});
  ExpectModel(fit.model,
              {0.317802075558, -0.781361024678, 0.181275813881, -0.0491651275905, 0.0616616313955,
               0.0945529676683},
              5.11035254795);
  EXPECT_EQ(fit.method, "dual, Cholesky");
}

TEST(RidgeTest, ATinyPenaltyOnCollinearColumnsIsNearTheShortestSolution) {
  Samples samples = Matrix(40, 4, [](size_t row, size_t feature) {
    return feature < 3 ? Wave(row, feature) : Wave(row, 0) + Wave(row, 1);
  });
  SetAnswers(samples);
  const LeastSquaresFit fit = FitOf(samples, {.alpha = 1e-9});
  EXPECT_THAT(fit.method, HasSubstr("orthogonal"));
  ExpectModel(fit.model, {1.65511868173, -1.31418915883, 0.510376488447, 0.340929522901},
              4.0092522512, 1e-5);
}

}  // namespace
}  // namespace slipway::train
