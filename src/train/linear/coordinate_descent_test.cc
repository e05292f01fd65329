#include "train/linear/coordinate_descent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/linear/testing/waves.h"

// Expected coefficients: scikit-learn 1.9.1, tests/models/training/linear_expectations.py.
namespace slipway::train {
namespace {

using namespace testing;  // the waves
using ::testing::HasSubstr;
using ::testing::Pointwise;

ElasticNetFit FitOf(const Samples& samples, const ElasticNetOptions& options,
                    Watch* watch = nullptr) {
  Team team(2);
  auto fit = FitElasticNet(samples, options, {.team = &team, .watch = watch});
  EXPECT_TRUE(fit.ok()) << MessageOf(fit.status());
  return fit.ok() ? *std::move(fit) : ElasticNetFit{};
}

void ExpectModel(const LinearModel& model, const std::vector<double>& weights, double intercept) {
  EXPECT_THAT(model.weights, Pointwise(IsNear(1e-9), weights));
  ASSERT_EQ(model.outputs(), 1);
  EXPECT_NEAR(model.intercepts[0], intercept, 1e-9);
}

TEST(LassoTest, CoefficientsAreThoseOfScikitLearn) {
  ExpectModel(FitOf(WaveRegression(40, 3), {.alpha = 0.2, .tolerance = 1e-14}).model,
              {1.61440437591, -0.605719149175, 0.124873367563}, 4.04245026007);
}

TEST(LassoTest, MoreFeaturesThanRowsLeaveMostOut) {
  const ElasticNetFit fit =
      FitOf(WaveRegression(4, 6), {.alpha = 0.2, .tolerance = 1e-12, .max_iterations = 100000});
  ExpectModel(fit.model, {0, -1.30196422115, 0, 0, 0, 0}, 5.33818430692);
  EXPECT_THAT(fit.summary, HasSubstr("1 of 6 features used"));
}

TEST(LassoTest, APenaltyAboveAllCorrelationsLeavesTheMean) {
  const Samples samples = WaveRegression(40, 3);
  double mean = 0;
  for (const double y : samples.target.values) mean += y / 40;
  ExpectModel(FitOf(samples, {.alpha = 100}).model, {0, 0, 0}, mean);
}

TEST(ElasticNetTest, CoefficientsAreThoseOfScikitLearn) {
  ExpectModel(
      FitOf(WaveRegression(40, 3), {.alpha = 0.2, .l1_ratio = 0.3, .tolerance = 1e-14}).model,
      {1.47584463514, -0.692500759308, 0.313811610649}, 4.04698535035);
}

TEST(ElasticNetTest, WeightsCount) {
  Samples samples = WaveRegression(40, 3);
  samples.weights = FourWeights(40);
  ExpectModel(FitOf(samples, {.alpha = 0.2, .l1_ratio = 0.3, .tolerance = 1e-14}).model,
              {1.50359894784, -0.720980555865, 0.34680271401}, 4.06383378247);
}

TEST(ElasticNetTest, ConstantAndRepeatedColumnsDoNoHarm) {
  Samples samples = Matrix(40, 5, [](size_t row, size_t feature) {
    return feature == 4 ? 0.1 : Wave(row, feature % 3);
  });
  SetAnswers(samples);
  const LinearModel model = FitOf(samples, {.alpha = 0.2, .l1_ratio = 0.3}).model;
  EXPECT_EQ(model.weights[4], 0);
  EXPECT_NEAR(model.weights[0], model.weights[3], 0.1);
}

/// Stops after one iteration.
class StopAtOnce : public Watch {
 public:
  bool Report(const Progress& progress) override {
    EXPECT_EQ(progress.metric, "squared error");
    return false;
  }
  bool WantsCheckpoint() override { return false; }
  Status SaveCheckpoint(std::string) override { return OkStatus(); }
};

TEST(ElasticNetTest, AWatchStopsIt) {
  StopAtOnce watch;
  const ElasticNetFit fit = FitOf(WaveRegression(40, 3), {.alpha = 0.01, .tolerance = 0}, &watch);
  EXPECT_THAT(fit.summary, HasSubstr("1 iterations, stopped"));
}

}  // namespace
}  // namespace slipway::train
