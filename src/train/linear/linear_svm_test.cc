#include "train/linear/linear_svm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/linear/testing/waves.h"

// Expected coefficients: scikit-learn 1.9.1, tests/models/training/linear_expectations.py.
namespace slipway::train {
namespace {

using namespace testing;  // the waves
using ::testing::HasSubstr;
using ::testing::Pointwise;

constexpr SvmOptions kTight = {.tolerance = 1e-9, .max_iterations = 100000};

SvmOptions Tight(bool squared, double epsilon = 0) {
  SvmOptions options = kTight;
  options.squared = squared;
  options.epsilon = epsilon;
  return options;
}

void ExpectFit(const Samples& samples, const SvmOptions& options,
               const std::vector<double>& weights, const std::vector<double>& intercepts) {
  Team team(2);
  StatusOr<SvmFit> fit;
  if (samples.target.task == data::Task::kRegression) {
    fit = FitLinearSvm(samples, nullptr, options, {.team = &team});
  } else {
    const auto classes = OccurringClasses(samples);
    fit = FitLinearSvm(samples, &*classes, options, {.team = &team});
  }
  ASSERT_TRUE(fit.ok()) << MessageOf(fit.status());
  EXPECT_THAT(fit->model.weights, Pointwise(IsNear(1e-6), weights));
  EXPECT_THAT(fit->model.intercepts, Pointwise(IsNear(1e-6), intercepts));
}

TEST(LinearSvmTest, SquaredHingeIsThatOfScikitLearn) {
  ExpectFit(TwoClasses(), kTight, {1.05080843537, -0.552750960964, 0.447171293172},
            {0.0876812385405});
}

TEST(LinearSvmTest, EachClassStandsAgainstTheRest) {
  ExpectFit(ThreeClasses(), kTight,
            {-1.28102806989, 0.929103785278, -0.689773000556, -0.264487888505, -0.0112074551359,
             0.249705052959, 0.849029215622, -0.281476798434, 0.0101972887427},
            {-0.651657537318, -0.334603121537, -0.415324997339});
}

TEST(LinearSvmTest, HingeIsThatOfScikitLearn) {
  ExpectFit(TwoClasses(), Tight(false), {1.02983580666, -0.391344189734, 0.162646602885},
            {-0.240784239066});
}

TEST(LinearSvmTest, WeightsCount) {
  Samples samples = TwoClasses();
  samples.weights = FourWeights(40);
  ExpectFit(samples, kTight, {0.836792455691, -0.564736546111, 0.420567348524}, {-0.095657851493});
}

TEST(LinearSvmTest, TubesAreThoseOfScikitLearn) {
  ExpectFit(WaveRegression(40, 3), Tight(true, 0.1),
            {1.94496034504, -0.955213036931, 0.495676298226}, {3.94881203345});
  ExpectFit(WaveRegression(40, 3), Tight(false, 0.1),
            {1.94095423973, -0.931375780405, 0.507822520241}, {3.98675829094});
}

TEST(LinearSvmTest, ManyFeaturesAreSolvedByRowsToTheSameCoefficients) {
  // columns of zeros make 600 of 3
  Samples samples = Matrix(
      40, 600, [](size_t row, size_t feature) { return feature < 3 ? Wave(row, feature) : 0; });
  samples.target = TwoClasses().target;
  std::vector<double> weights(600, 0);
  weights[0] = 1.05080843537;
  weights[1] = -0.552750960964;
  weights[2] = 0.447171293172;
  ExpectFit(samples, kTight, weights, {0.0876812385405});
}

TEST(LinearSvmTest, RowsOfZerosDoNoHarm) {
  Samples samples = Matrix(40, 2, [](size_t, size_t) { return 0; });
  samples.target = TwoClasses().target;
  SvmOptions options = Tight(false);
  options.fit_intercept = false;
  ExpectFit(samples, options, {0, 0}, {0});
}

}  // namespace
}  // namespace slipway::train
