#include "train/linear/naive_bayes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

#include "train/linear/testing/waves.h"

// Expected probabilities: scikit-learn 1.9.1, tests/models/training/linear_expectations.py.
namespace slipway::train {
namespace {

using namespace testing;  // the waves
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pointwise;
using Numbers = NaiveBayesOptions::Numbers;

StatusOr<NaiveBayesModel> TryFit(const Samples& samples, const NaiveBayesOptions& options = {}) {
  Team team(2);
  return FitNaiveBayes(samples, options, team);
}

/// What the model's numbers mean, row by row; the graph is compared with scikit-learn in
/// tests/training.
double JointOf(const NaiveBayesModel& model, const Samples& samples, size_t row, size_t k) {
  double joint = model.priors[k];
  for (size_t i = 0; i < model.numbers.size(); ++i) {
    double x = samples.column(static_cast<size_t>(model.numbers[i]))[row];
    const size_t at = k * model.numbers.size() + i;
    if (model.slopes.empty()) {
      const double difference = x - model.means[at];
      joint -= std::log(2 * std::numbers::pi * model.variances[at]) / 2 +
               difference * difference / model.variances[at] / 2;
      continue;
    }
    if (model.binarize) x = x > *model.binarize;
    joint += model.slopes[at] * x;
  }
  for (size_t i = 0; i < model.categorical.size(); ++i) {
    const double code = samples.column(static_cast<size_t>(model.categorical[i]))[row];
    joint += model.logs[i][static_cast<size_t>(code) * model.classes.count() + k];
  }
  return joint;
}

/// The probabilities of rows 0, 1 and 2.
std::vector<double> Probabilities(const StatusOr<NaiveBayesModel>& model, const Samples& samples) {
  EXPECT_TRUE(model.ok()) << MessageOf(model.status());
  std::vector<double> all;
  for (size_t row = 0; row < 3; ++row) {
    std::vector<double> shares;
    for (size_t k = 0; k < model->classes.count(); ++k)
      shares.push_back(std::exp(JointOf(*model, samples, row, k)));
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (const double share : shares) all.push_back(share / sum);
  }
  return all;
}

TEST(NaiveBayesTest, GaussianProbabilitiesAreThoseOfScikitLearn) {
  const Samples samples = ThreeClasses();
  EXPECT_THAT(Probabilities(TryFit(samples), samples),
              Pointwise(IsNear(1e-11), {0.481648219801, 0.478666929312, 0.0396848508866,
                                        0.172324183123, 0.16199268328, 0.665683133597,
                                        0.0138764142609, 0.10829158231, 0.877832003429}));
}

TEST(NaiveBayesTest, WeightsCount) {
  Samples samples = ThreeClasses();
  samples.weights = FourWeights(40);
  EXPECT_THAT(Probabilities(TryFit(samples), samples),
              Pointwise(IsNear(1e-11), {0.56442444487, 0.435575547361, 7.768628584e-09,
                                        0.41453127442, 0.575274887865, 0.0101938377148,
                                        0.00563534085922, 0.0336972409152, 0.960667418226}));
}

TEST(NaiveBayesTest, BernoulliProbabilitiesAreThoseOfScikitLearn) {
  const Samples samples = ThreeClasses();
  const NaiveBayesOptions options = {.numbers = Numbers::kBernoulli, .alpha = 0.5, .binarize = 0.2};
  EXPECT_THAT(Probabilities(TryFit(samples, options), samples),
              Pointwise(IsNear(1e-11), {0.553131896113, 0.377899939894, 0.0689681639928,
                                        0.236975823536, 0.183943328255, 0.579080848209,
                                        0.0965856823821, 0.273378753449, 0.630035564169}));
}

TEST(NaiveBayesTest, MultinomialProbabilitiesAreThoseOfScikitLearn) {
  Samples samples = ThreeClasses();
  for (double& value : samples.values) value += 1;
  EXPECT_THAT(Probabilities(TryFit(samples, {.numbers = Numbers::kMultinomial}), samples),
              Pointwise(IsNear(1e-11), {0.410631981291, 0.393434821888, 0.195933196821,
                                        0.396679409696, 0.277879035764, 0.32544155454,
                                        0.200940393551, 0.273579752868, 0.52547985358}));
}

Samples Categories() {
  Samples samples = ThreeClasses();
  for (double& value : samples.values) value = std::min(std::floor(2 * (value + 1)), 3.0);
  for (Feature& feature : samples.features) feature.categories = 4;
  return samples;
}

TEST(NaiveBayesTest, CategoricalProbabilitiesAreThoseOfScikitLearn) {
  const Samples samples = Categories();
  EXPECT_THAT(Probabilities(TryFit(samples), samples),
              Pointwise(IsNear(1e-11), {0.475677395261, 0.244683882211, 0.279638722527,
                                        0.275904632124, 0.1930920981, 0.531003269775,
                                        0.104191976694, 0.0430676934282, 0.852740329878}));
}

TEST(NaiveBayesTest, NumbersAndCategoriesAddUp) {
  Samples samples = Categories();
  samples.features[1].categories = 0;
  const auto model = TryFit(samples);
  ASSERT_TRUE(model.ok());
  EXPECT_THAT(model->numbers, ElementsAre(1));
  EXPECT_THAT(model->categorical, ElementsAre(0, 2));
}

TEST(NaiveBayesTest, MissingCategoriesCountForNoClass) {
  Samples samples = Categories();
  ColumnOf(samples, 0)[0] = std::numeric_limits<double>::quiet_NaN();
  const auto model = TryFit(samples);
  ASSERT_TRUE(model.ok());
  for (const double log : model->logs[0]) EXPECT_TRUE(std::isfinite(log));
}

TEST(NaiveBayesTest, ConstantColumnsSayNothing) {
  Samples samples = Matrix(40, 2, [](size_t, size_t) { return 0.1; });
  SetClasses(samples, ThreeClasses().target.classes, 3);
  const auto model = TryFit(samples);
  const std::vector<double> all = Probabilities(model, samples);
  for (size_t k = 0; k < 3; ++k) EXPECT_NEAR(all[k], std::exp(model->priors[k]), 1e-12);
}

TEST(NaiveBayesTest, NegativeCountsAreRefused) {
  const auto model = TryFit(ThreeClasses(), {.numbers = Numbers::kMultinomial});
  ASSERT_FALSE(model.ok());
  EXPECT_THAT(MessageOf(model.status()),
              HasSubstr("feature x0, row 8: multinomial naive Bayes expects counts, got -0.98"));
}

}  // namespace
}  // namespace slipway::train
