#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/kinds.h"
#include "train/selection/automatic.h"
#include "train/selection/choice.h"
#include "train/selection/search.h"

namespace slipway::train {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

const data::Target kClasses = {.task = data::Task::kClassification, .labels = {"a", "b"}};

evaluate::NamedMetric MetricOf(std::string_view name) {
  return *evaluate::FindMetric(name, kClasses);
}

Trial TrialOf(double mean, double error, size_t bytes, std::string name, size_t rows = 100) {
  Trial trial{.mean = mean, .error = error, .model_bytes = bytes, .rows = rows};
  trial.recipe = {&kConstant, {{"name", std::move(name)}}};
  return trial;
}

std::vector<std::string> NamesOf(const std::vector<Recipe>& recipes) {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes) names.push_back(NameOf(recipe));
  return names;
}

TEST(SearchTest, AGridIsEveryCombination) {
  const Recipe base{&kConstant, {{"a", "1"}}};
  EXPECT_THAT(NamesOf(Grid(base, {{"b", {"2", "3"}}, {"c", {"x", "y"}}})),
              ElementsAre("constant a=1 b=2 c=x", "constant a=1 b=2 c=y", "constant a=1 b=3 c=x",
                          "constant a=1 b=3 c=y"));
}

TEST(SearchTest, ASampleIsOfTheGridEachOnceAndFollowsFromTheSeed) {
  const Recipe base{&kConstant, {}};
  const Choices choices = {{"b", {"1", "2", "3", "4"}}, {"c", {"1", "2", "3", "4"}}};
  const auto sample = NamesOf(Sample(base, choices, 10, 7));
  EXPECT_EQ(std::set<std::string>(sample.begin(), sample.end()).size(), 10u);
  EXPECT_EQ(sample, NamesOf(Sample(base, choices, 10, 7)));
  EXPECT_NE(sample, NamesOf(Sample(base, choices, 10, 8)));
  EXPECT_EQ(Sample(base, choices, 100, 7).size(), 16u);
}

TEST(SearchTest, ValuesWithCommasAreTriedAndOthersAreFixed) {
  EstimatorKind kind = kConstant;
  kind.search = {{"depth", {"2", "4"}}, {"rate", {"0.1", "0.3"}}};
  std::map<std::string, std::string> given = {{"depth", "7"}, {"trees", "10,20"}};
  const Choices choices = ChoicesOf(kind, given);
  EXPECT_THAT(choices, UnorderedElementsAre(::testing::Pair("rate", ElementsAre("0.1", "0.3")),
                                            ::testing::Pair("trees", ElementsAre("10", "20"))));
  EXPECT_THAT(given, ElementsAre(::testing::Pair("depth", "7")));
}

TEST(ChoiceTest, TheSmallestModelWithinOneStandardErrorIsChosen) {
  const std::vector<Trial> trials = {TrialOf(0.80, 0.01, 10, "small"),
                                     TrialOf(0.95, 0.02, 500, "middle"),
                                     TrialOf(0.96, 0.02, 900, "large")};
  const Choice choice = ChooseSimplest(MetricOf("accuracy"), trials);
  EXPECT_EQ(choice.best, &trials[2]);
  EXPECT_EQ(choice.chosen, &trials[1]);
  EXPECT_EQ(ExplainChoice(choice, MetricOf("accuracy")),
            "constant name=middle is the smallest model whose accuracy lies within one standard "
            "error (0.02) of the best, constant name=large's");
}

TEST(ChoiceTest, OfLossesTheLowestIsBest) {
  const std::vector<Trial> trials = {TrialOf(0.4, 0, 10, "a"), TrialOf(0.2, 0, 10, "b")};
  EXPECT_EQ(ChooseBest(MetricOf("log_loss"), trials).chosen, &trials[1]);
}

TEST(ChoiceTest, TrialsThatFailedOrSawFewerRowsDoNotCount) {
  std::vector<Trial> trials = {TrialOf(0.9, 0, 10, "few", 10), TrialOf(0.99, 0, 10, "failed"),
                               TrialOf(0.5, 0, 10, "all")};
  trials[1].status = Error(Reason::kBadRequest, "no");
  EXPECT_EQ(ChooseBest(MetricOf("accuracy"), trials).chosen, &trials[2]);
  EXPECT_EQ(ChooseBest(MetricOf("accuracy"), {}).chosen, nullptr);
}

TEST(AutomaticTest, KindsSuitTheTaskAndTheSize) {
  for (const Recipe& recipe : AutomaticRecipes(data::Task::kRegression, 1000))
    EXPECT_TRUE(recipe.kind->regresses) << recipe.kind->name;
  const auto names = NamesOf(AutomaticRecipes(data::Task::kClassification, 1000));
  EXPECT_THAT(names, Contains("constant"));
  EXPECT_GE(names.size(), AutomaticRecipes(data::Task::kClassification, 1'000'000).size());
}

}  // namespace
}  // namespace slipway::train
