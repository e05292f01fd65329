#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "import/graph.h"
#include "onnx/model_info.h"
#include "train/testing/losses.h"
#include "train/trees/boosted.h"
#include "train/trees/testing/samples.h"

namespace slipway::train::trees {
namespace {

using testing::Classification;
using testing::Fit;
using ::testing::HasSubstr;
using testing::kMissing;
using testing::Regression;
using train::testing::Losses;

const Boosted& BoostedOf(const Fitted& fitted) {
  return dynamic_cast<const BoostedModel&>(fitted).boosted();
}

/// The score of each row by the exported trees: [outputs][rows].
std::vector<double> ScoresOf(const Boosted& boosted, const Samples& samples) {
  std::vector<double> scores;
  for (const double score : boosted.baseline) scores.insert(scores.end(), samples.rows, score);
  for (size_t i = 0; i < boosted.trees.size(); ++i) {
    const importing::Tree tree = Export(boosted.trees[i], boosted.bins);
    double* const output = &scores[i % boosted.baseline.size() * samples.rows];
    for (size_t row = 0; row < samples.rows; ++row)
      output[row] += tree.leaves[testing::LeafOf(tree, samples, row)];
  }
  return scores;
}

/// How much of the target's variance is left.
double ErrorShare(const Samples& samples, const std::vector<double>& scores) {
  double mean = 0, variance = 0, error = 0;
  for (const double y : samples.target.values) mean += y / static_cast<double>(samples.rows);
  for (size_t i = 0; i < samples.rows; ++i) {
    variance += std::pow(samples.target.values[i] - mean, 2);
    error += std::pow(samples.target.values[i] - scores[i], 2);
  }
  return error / variance;
}

double Accuracy(const Samples& samples, const std::vector<double>& scores) {
  size_t right = 0;
  for (size_t i = 0; i < samples.rows; ++i) right += (scores[i] > 0) == samples.target.classes[i];
  return static_cast<double>(right) / static_cast<double>(samples.rows);
}

double Waves(const std::vector<double>& x) { return std::sin(6 * x[0]) + x[1] * x[2]; }

TEST(BoostingTest, LearnsARegression) {
  const Samples samples = Regression(3000, 4, Waves);
  const auto fitted = Fit("boosting", samples);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_LT(ErrorShare(samples, ScoresOf(BoostedOf(**fitted), samples)), 0.01);
  EXPECT_THAT((*fitted)->Summary(), HasSubstr("100 trees; most of the gain: x0"));
}

TEST(BoostingTest, LearnsTwoClasses) {
  const Samples samples = Classification(
      3000, 4, 2, [](const auto& x) { return (x[0] > 0.5) != (x[1] > 0.5) ? 1.0 : 0.0; });
  const auto fitted = Fit("boosting", samples, {{"iterations", "30"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_GT(Accuracy(samples, ScoresOf(BoostedOf(**fitted), samples)), 0.99);
}

TEST(BoostingTest, OneLeafOfATreeIsTheMeanOfItsRows) {
  Samples samples = Regression(4, 1, [](const auto&) { return 0.0; });
  samples.values = {1, 2, 3, 4};
  samples.target.values = {10, 10, 20, 40};
  const auto fitted = Fit("boosting", samples,
                          {{"iterations", "1"},
                           {"min_samples_leaf", "1"},
                           {"max_leaves", "2"},
                           {"learning_rate", "1"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  const std::vector<double> scores = ScoresOf(BoostedOf(**fitted), samples);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(scores[i], 40.0 / 3, 1e-6);
  EXPECT_NEAR(scores[3], 40, 1e-6);
}

TEST(BoostingTest, AnyNumberOfThreadsMakesTheSameTrees) {
  const Samples samples = Regression(20'000, 9, Waves);
  Team one(1), three(3);
  const auto a = Fit("boosting", samples, {{"row_sample", "0.8"}}, {.team = &one});
  const auto b = Fit("boosting", samples, {{"row_sample", "0.8"}}, {.team = &three});
  ASSERT_TRUE(a.ok() && b.ok());
  EXPECT_EQ(ScoresOf(BoostedOf(**a), samples), ScoresOf(BoostedOf(**b), samples));
}

TEST(BoostingTest, MissingValuesGoWhereTheyLowerTheLoss) {
  Samples samples = Regression(2000, 2, [](const auto& x) { return x[0]; });
  for (size_t row = 0; row < 2000; row += 4) {
    samples.values[row] = kMissing;
    samples.target.values[row] = 5;
  }
  const auto fitted = Fit("boosting", samples, {{"iterations", "60"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_LT(ErrorShare(samples, ScoresOf(BoostedOf(**fitted), samples)), 0.001);
}

TEST(BoostingTest, CategoriesAreSplitAsSets) {
  Samples samples = Regression(3000, 2, [](const auto& x) { return std::floor(12 * x[0]); });
  for (size_t row = 0; row < 3000; ++row) {
    const int code = static_cast<int>(samples.target.values[row]);
    samples.values[row] = code;
    samples.target.values[row] = code * 5 % 12 < 6;
  }
  samples.features[0].categories = 12;
  const auto fitted =
      Fit("boosting", samples, {{"iterations", "1"}, {"max_leaves", "2"}, {"learning_rate", "1"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_LT(ErrorShare(samples, ScoresOf(BoostedOf(**fitted), samples)), 1e-9);
}

TEST(BoostingTest, AGraphAnswersLabelsAndProbabilities) {
  const Samples samples =
      Classification(500, 3, 2, [](const auto& x) { return x[0] > 0.3 ? 1.0 : 0.0; });
  const auto fitted = Fit("boosting", samples, {{"iterations", "3"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  importing::Graph graph;
  const auto predictions = (*fitted)->Write(graph, graph.Input("input", DType::kFp64, 3));
  ASSERT_TRUE(predictions.ok()) << predictions.status();
  importing::WriteOutputs(graph, *predictions);
  const std::string model = *graph.Serialize();
  const auto info = onnx::Inspect(std::as_bytes(std::span(model)));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->operators.at("ai.onnx.ml.TreeEnsemble"), 1);
  EXPECT_EQ(predictions->proba->columns, 2);
}

TEST(BoostingTest, MonotoneFeaturesNeverTurnTheAnswer) {
  Samples samples = Regression(3000, 2, [](const auto& x) { return std::sin(9 * x[0]) + x[1]; });
  for (const int8_t sign : {int8_t{1}, int8_t{-1}}) {
    samples.features[0].monotone = sign;
    const auto fitted = Fit("boosting", samples, {{"iterations", "40"}});
    ASSERT_TRUE(fitted.ok()) << fitted.status();
    Samples ramp = samples;
    for (size_t row = 0; row < ramp.rows; ++row) {
      ramp.values[row] = static_cast<double>(row) / static_cast<double>(ramp.rows);
      ramp.values[ramp.rows + row] = 0.5;
    }
    const std::vector<double> scores = ScoresOf(BoostedOf(**fitted), ramp);
    for (size_t row = 1; row < ramp.rows; ++row)
      ASSERT_GE(sign * (scores[row] - scores[row - 1]), -1e-9) << row;
    EXPECT_GT(sign * (scores.back() - scores.front()), 0.01);
  }
}

double LogLossOf(const Samples& samples, const std::vector<double>& scores) {
  double loss = 0;
  for (size_t row = 0; row < samples.rows; ++row)
    loss += std::log1p(std::exp(samples.target.classes[row] == 1 ? -scores[row] : scores[row]));
  return loss / static_cast<double>(samples.rows);
}

TEST(BoostingTest, StopsEarlyAndKeepsTheTreesUpToTheBest) {
  const auto noise = [](size_t rows) {
    return Classification(rows, 3, 2,
                          [](const auto& x) { return std::fmod(x[0] * 1e6, 10) < 5 ? 1.0 : 0.0; });
  };
  const Samples samples = noise(600), judges = noise(60);
  Losses losses;
  const auto fitted =
      Fit("boosting", samples, {{"patience", "3"}}, {.validation = &judges, .watch = &losses});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  const Boosted& boosted = BoostedOf(**fitted);
  EXPECT_TRUE(boosted.stopped_early);
  const auto best = std::ranges::min_element(losses.validation);
  EXPECT_EQ(boosted.trees.size(), best - losses.validation.begin() + 1);
  EXPECT_LT(*best, losses.validation.back());
  EXPECT_NEAR(LogLossOf(judges, ScoresOf(boosted, judges)), *best, 1e-9);
  EXPECT_THAT((*fitted)->Summary(), HasSubstr("stopped early"));
}

TEST(BoostingTest, ThreeClassesHaveATreeEachAnIteration) {
  const Samples samples =
      Classification(900, 2, 3, [](const auto& x) { return std::floor(3 * x[0]); });
  const auto fitted = Fit("boosting", samples, {{"iterations", "10"}});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  const Boosted& boosted = BoostedOf(**fitted);
  EXPECT_EQ(boosted.trees.size(), 30);
  const std::vector<double> scores = ScoresOf(boosted, samples);
  int wrong = 0;
  for (size_t row = 0; row < 900; ++row) {
    int best = 0;
    for (int k = 1; k < 3; ++k)
      if (scores[k * 900 + row] > scores[best * 900 + row]) best = k;
    wrong += best != samples.target.classes[row];
  }
  EXPECT_LE(wrong, 9);  // rows that share a bin with another class
}

TEST(BoostingTest, OtherLossesHaveTheirOwnMiddle) {
  Samples samples = Regression(1000, 1, [](const auto&) { return 0.0; });
  for (size_t row = 0; row < 1000; ++row)
    samples.target.values[row] = row < 900 ? static_cast<double>(row % 9) : 1000;
  const auto middle = [&](const char* loss) {
    const auto fitted = Fit(
        "boosting", samples,
        {{"loss", loss}, {"quantile", "0.2"}, {"iterations", "1"}, {"min_samples_leaf", "600"}});
    return ScoresOf(BoostedOf(**fitted), samples)[0];
  };
  EXPECT_NEAR(middle("squared_error"), 103.6, 1e-5);
  EXPECT_EQ(middle("absolute_error"), 4);
  EXPECT_EQ(middle("quantile"), 1);
  EXPECT_NEAR(middle("poisson"), std::log(103.6), 1e-5);
}

TEST(BoostingTest, ATargetWithoutVarianceNeedsNoSplit) {
  const Samples samples = Regression(100, 2, [](const auto&) { return 3.0; });
  const auto fitted = Fit("boosting", samples);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_EQ(ScoresOf(BoostedOf(**fitted), samples), std::vector<double>(100, 3.0));
}

TEST(BoostingTest, WeightsOfZeroAreRefused) {
  Samples samples = Regression(10, 3, Waves);
  samples.weights.assign(10, 0.0);
  const auto fitted = Fit("boosting", samples);
  ASSERT_FALSE(fitted.ok());
  EXPECT_EQ(MessageOf(fitted.status()), "boosting: expected weights with a sum above 0, got 0");
}

}  // namespace
}  // namespace slipway::train::trees
