#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/trees/forest_model.h"
#include "train/trees/testing/samples.h"

namespace slipway::train::trees {
namespace {

using testing::Classification;
using testing::Fit;
using ::testing::HasSubstr;
using testing::kMissing;
using testing::Regression;

/// The mean answer of the exported trees: [rows][width].
std::vector<double> AnswersOf(const Fitted& fitted, const Samples& samples, size_t width = 1) {
  const Forest& forest = dynamic_cast<const ForestModel&>(fitted).forest();
  std::vector<double> answers(samples.rows * width);
  for (const BinTree& grown : forest.trees) {
    const importing::Tree tree = Export(grown, forest.bins);
    for (size_t row = 0; row < samples.rows; ++row)
      for (size_t i = 0; i < width; ++i)
        answers[row * width + i] += tree.leaves[testing::LeafOf(tree, samples, row) * width + i] /
                                    static_cast<double>(forest.trees.size());
  }
  return answers;
}

double MeanError(const Samples& samples, const std::vector<double>& answers) {
  double error = 0;
  for (size_t i = 0; i < samples.rows; ++i)
    error += std::abs(answers[i] - samples.target.values[i]) / static_cast<double>(samples.rows);
  return error;
}

double Sum(const std::vector<double>& x) { return x[0] + 2 * x[1]; }
double Third(const std::vector<double>& x) { return std::floor(3 * x[0]); }

TEST(TreeTest, GrowsUntilItsLeavesArePure) {
  const Samples samples = Regression(200, 2, Sum);
  const auto fitted = Fit("tree", samples);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_LT(MeanError(samples, AnswersOf(**fitted, samples)), 1e-12);
  EXPECT_THAT((*fitted)->Summary(), HasSubstr("1 tree, 200 leaves"));
}

TEST(TreeTest, ThreeClassesAreToldApartByGiniAndByEntropy) {
  const Samples samples = Classification(900, 2, 3, Third);
  for (const char* criterion : {"gini", "entropy"}) {
    const auto fitted = Fit("tree", samples, {{"criterion", criterion}});
    ASSERT_TRUE(fitted.ok()) << fitted.status();
    const std::vector<double> shares = AnswersOf(**fitted, samples, 3);
    for (size_t row = 0; row < samples.rows; ++row)
      EXPECT_EQ(shares[row * 3 + static_cast<size_t>(samples.target.classes[row])], 1) << row;
  }
}

TEST(TreeTest, DepthAndRowsOfLeavesAreLimited) {
  const Samples samples = Regression(1000, 2, Sum);
  const auto shallow = Fit("tree", samples, {{"max_depth", "3"}});
  const auto large = Fit("tree", samples, {{"min_samples_leaf", "400"}});
  ASSERT_TRUE(shallow.ok() && large.ok());
  EXPECT_THAT((*shallow)->Summary(), HasSubstr("8 leaves"));
  EXPECT_THAT((*large)->Summary(), HasSubstr("2 leaves"));
}

// y is 0, 0, 8, 10 at x = 1 … 4. Splitting 8 from 10
// lowers the error per row by 0.5, splitting the root by 20.25.
TEST(TreeTest, PruningTakesSplitsThatCostMoreThanTheyExplain) {
  Samples samples = Regression(4, 1, [](const auto&) { return 0.0; });
  samples.values = {1, 2, 3, 4};
  samples.target.values = {0, 0, 8, 10};
  const auto leaves = [&](const char* pruning) {
    return AnswersOf(**Fit("tree", samples, {{"pruning", pruning}}), samples);
  };
  EXPECT_EQ(leaves("0.49"), (std::vector<double>{0, 0, 8, 10}));
  EXPECT_EQ(leaves("0.51"), (std::vector<double>{0, 0, 9, 9}));
  EXPECT_EQ(leaves("20.3"), (std::vector<double>{4.5, 4.5, 4.5, 4.5}));
}

TEST(TreeTest, RowsOfWeightZeroAreNotThere) {
  Samples samples = Regression(100, 1, [](const auto& x) { return x[0] > 0.5 ? 1.0 : 0.0; });
  for (size_t row = 0; row < 100; ++row)
    samples.weights.push_back(samples.target.values[row] > 0 ? 0 : 2);
  const auto fitted = Fit("tree", samples);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_EQ(AnswersOf(**fitted, samples), std::vector<double>(100, 0.0));
}

TEST(TreeTest, MissingValuesAreSplitFromOthers) {
  Samples samples = Regression(100, 1, [](const auto&) { return 0.0; });
  for (size_t row = 0; row < 100; row += 3) {
    samples.values[row] = kMissing;
    samples.target.values[row] = 1;
  }
  const auto fitted = Fit("tree", samples);
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_EQ(AnswersOf(**fitted, samples), samples.target.values);
}

TEST(ForestTest, AveragesTreesThatSawOtherRows) {
  const Samples samples = Regression(1000, 3, Sum);
  for (const char* kind : {"forest", "extra-trees"}) {
    const auto fitted = Fit(kind, samples, {{"trees", "30"}});
    ASSERT_TRUE(fitted.ok()) << fitted.status();
    EXPECT_LT(MeanError(samples, AnswersOf(**fitted, samples)), 0.05) << kind;
    EXPECT_THAT((*fitted)->Summary(), HasSubstr("30 trees"));
  }
}

TEST(ForestTest, TheSeedSaysWhichForest) {
  const Samples samples = Classification(500, 3, 3, Third);
  Team one(1);
  const auto answers = [&](FitOptions options) {
    return AnswersOf(**Fit("forest", samples, {{"trees", "5"}, {"max_features", "0.4"}}, options),
                     samples, 3);
  };
  EXPECT_EQ(answers({.seed = 1}), answers({.seed = 1, .team = &one}));
  EXPECT_NE(answers({.seed = 1}), answers({.seed = 2}));
}

TEST(ForestTest, StopsWhenTheWatchSaysSo) {
  class Impatient : public Watch {
   public:
    bool Report(const Progress&) override { return false; }
    bool WantsCheckpoint() override { return false; }
    Status SaveCheckpoint(std::string) override { return OkStatus(); }
  } watch;
  const Samples samples = Regression(50, 2, Sum);
  const auto fitted = Fit("forest", samples, {{"trees", "50"}}, {.watch = &watch});
  ASSERT_TRUE(fitted.ok()) << fitted.status();
  EXPECT_THAT((*fitted)->Summary(), HasSubstr("8 trees"));  // four for each of two threads
}

}  // namespace
}  // namespace slipway::train::trees
