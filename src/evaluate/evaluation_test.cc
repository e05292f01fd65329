#include "evaluate/evaluation.h"

#include <cmath>
#include <limits>

#include "base/random.h"
#include "evaluate/comparison.h"
#include "evaluate/importance.h"
#include "evaluate/slices.h"
#include "evaluate/testing/fake_runner.h"
#include "evaluate/testing/judged_rows.h"

namespace slipway::evaluate {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

data::Column Numbers(std::string name, std::vector<double> numbers) {
  data::Column column;
  column.name = std::move(name);
  column.numbers = std::move(numbers);
  return column;
}

std::vector<std::pair<std::string, size_t>> SizesOf(const std::vector<GroupRows>& groups) {
  std::vector<std::pair<std::string, size_t>> sizes;
  for (const GroupRows& group : groups) sizes.emplace_back(group.name, group.rows.size());
  return sizes;
}

TEST(SlicesTest, WordsAreGroupsLargestFirst) {
  data::Column column;
  column.type = data::ColumnType::kCategory;
  column.categories = {"a", "b", "unused"};
  column.codes = {1, 0, 1, -1, 1, 0};
  EXPECT_THAT(SizesOf(GroupsOf(column)),
              ElementsAre(Pair("b", 3), Pair("a", 2), Pair("(missing)", 1)));
}

TEST(SlicesTest, FewNumbersAreGroupsOfTheirOwnAndManyAreQuarters) {
  EXPECT_THAT(SizesOf(GroupsOf(Numbers("n", {2, 1, 2, kMissing}))),
              ElementsAre(Pair("1", 1), Pair("2", 2), Pair("(missing)", 1)));
  std::vector<double> many;
  for (int i = 0; i <= 40; ++i) many.push_back(i);
  EXPECT_THAT(SizesOf(GroupsOf(Numbers("n", many))),
              ElementsAre(Pair("[0, 10)", 10), Pair("[10, 20)", 10), Pair("[20, 30)", 10),
                          Pair("[30, 40]", 11)));
}

// Expected: fairlearn's definitions by hand; selection rates 3/4 and 1/4, recalls 1 and 1/2.
TEST(SlicesTest, FairnessComparesTheGroupsOfMostAndLeast) {
  const JudgedRows rows =
      Classified({"no", "yes"}, {1, 1, 0, 0, 1, 1, 0, 0}, {1, 1, 1, 0, 1, 0, 0, 0});
  const Slice slice = MeasureSlice(Numbers("group", {0, 0, 0, 0, 1, 1, 1, 1}), rows.judged(),
                                   {.bootstrap = {.resamples = 50}, .min_rows = 4});
  ASSERT_TRUE(slice.fairness);
  EXPECT_DOUBLE_EQ(slice.fairness->parity_difference, 0.5);
  EXPECT_DOUBLE_EQ(slice.fairness->parity_ratio, 1.0 / 3);
  EXPECT_DOUBLE_EQ(slice.fairness->opportunity_difference, 0.5);
  EXPECT_EQ(slice.groups[0].figures[0].metric.name, "accuracy");
  EXPECT_DOUBLE_EQ(slice.groups[0].figures[0].value, 0.75);
}

TEST(SlicesTest, SmallGroupsAreLeftOutAndCounted) {
  const JudgedRows rows = Regressed({1, 2, 3}, {1, 2, 4});
  const Slice slice = MeasureSlice(Numbers("n", {0, 0, 1}), rows.judged(),
                                   {.bootstrap = {.resamples = 10}, .min_rows = 2});
  EXPECT_EQ(slice.groups.size(), 1u);
  EXPECT_EQ(slice.left_out, 1u);
  EXPECT_FALSE(slice.fairness);
}

TEST(ComparisonTest, ABetterModelIsToldApartOnTheSameRows) {
  JudgedRows rows = Classified({"no", "yes"}, {}, {});
  Predictions worse;
  for (int i = 0; i < 300; ++i) {
    rows.target.classes.push_back(i % 2);
    rows.predictions.classes.push_back(i % 20 == 0 ? 1 - i % 2 : i % 2);
    worse.classes.push_back(i % 5 == 0 ? 1 - i % 2 : i % 2);
  }
  const Comparison comparison =
      Compare(rows.target, rows.predictions, worse, 1, {}, {}, {.resamples = 500});
  EXPECT_EQ(comparison.test, "McNemar");
  EXPECT_LT(comparison.p_value, 1e-6);
  const Difference& accuracy = comparison.differences.front();
  EXPECT_DOUBLE_EQ(accuracy.candidate, 0.95);
  EXPECT_DOUBLE_EQ(accuracy.baseline, 0.8);
  EXPECT_GT(accuracy.interval.low, 0.1);
  EXPECT_LT(accuracy.interval.high, 0.2);
  EXPECT_LE(accuracy.p_value, 0.01);
}

TEST(ComparisonTest, AModelIsNoBetterThanItself) {
  const JudgedRows rows = Regressed({1, 2, 3, 4}, {1, 2, 4, 4});
  const Comparison comparison =
      Compare(rows.target, rows.predictions, rows.predictions, 1, {}, {}, {.resamples = 100});
  EXPECT_EQ(comparison.test, "Wilcoxon");
  EXPECT_EQ(comparison.p_value, 1);
  EXPECT_EQ(comparison.differences.front().p_value, 1);
  EXPECT_EQ(comparison.differences.front().interval.high, 0);
}

TEST(ImportanceTest, AColumnThatDecidesIsImportantAndOneThatIsNotReadIsNot) {
  const FakeRunner model({{{"a", DType::kFp64, {-1, 1}}, {"b", DType::kFp64, {-1, 1}}},
                          {{"predict", DType::kFp64, {-1}}}},
                         [](std::vector<NamedTensor> inputs, const std::vector<std::string>&) {
                           Tensor answer = inputs[0].tensor;
                           answer.shape = {answer.shape[0]};
                           return std::vector<NamedTensor>{{"predict", std::move(answer)}};
                         });
  data::Table table{{Numbers("b", {}), Numbers("a", {})}, 200};
  data::Target target;
  for (int i = 0; i < 200; ++i) {
    table.columns[0].numbers.push_back(i % 7);
    table.columns[1].numbers.push_back(i);
    target.values.push_back(i);
  }
  const auto measure = [&] {
    return MeasureImportance(model, table, target, 1, *FindMetric("mae", target), {.seed = 4});
  };
  const auto importance = measure();
  ASSERT_TRUE(importance.ok()) << importance.status();
  EXPECT_EQ(importance->features[0].feature, "a");
  EXPECT_NEAR(importance->features[0].mean, 200.0 / 3, 10);
  EXPECT_GT(importance->features[0].deviation, 0);
  EXPECT_EQ(importance->features[1].mean, 0);
  EXPECT_EQ(importance->features[0].mean, measure()->features[0].mean);
}

TEST(EvaluateTest, AReportHoldsWhatThePredictionsSay) {
  JudgedRows rows = Classified({"no", "yes"}, {0, 1, 1, 0}, {0, 1, 0, 0});
  rows.predictions.probabilities = {.9, .1, .2, .8, .6, .4, .7, .3};
  const auto report = Evaluate(rows.judged(), {.model = "m", .data = "d"}, {});
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->subject.positive, "yes");
  EXPECT_EQ(report->Find("accuracy")->value, 0.75);
  EXPECT_EQ(report->confusion->At(1, 0), 1);
  ASSERT_EQ(report->roc.size(), 1u);
  EXPECT_EQ(report->roc[0].label, "yes");
  EXPECT_EQ(report->roc[0].area, 1);
  EXPECT_EQ(report->Find("rmse"), nullptr);
}

TEST(EvaluateTest, AMetricAskedForThatNeedsProbabilitiesIsRefusedWithoutThem) {
  const JudgedRows rows = Classified({"no", "yes"}, {0, 1}, {0, 1});
  EvaluateOptions options;
  options.metrics = {*FindMetric("auc", rows.target)};
  EXPECT_THAT(MessageOf(Evaluate(rows.judged(), {}, options).status()),
              HasSubstr("wants probabilities"));
  EXPECT_THAT(Evaluate(rows.judged(), {}, {})->roc, IsEmpty());
}

TEST(EvaluateTest, ClassesThatTheModelKnowsAreClassesOfTheTarget) {
  const auto signature = [](std::vector<std::string> labels) {
    return Signature{{}, {{"predict_proba", DType::kFp64, {-1, 3}, false, std::move(labels)}}};
  };
  data::Target target = Classified({"a", "c"}, {1, 0}, {}).target;
  ASSERT_TRUE(AddModelLabels(signature({"a", "b", "c"}), target).ok());
  EXPECT_THAT(target.labels, ElementsAre("a", "b", "c"));
  EXPECT_THAT(target.classes, ElementsAre(2, 0));
  EXPECT_EQ(MessageOf(AddModelLabels(signature({"0", "1"}), target)),
            "the model's classes (0, 1) are none of those of column \"y\" (a, b, c)");
  data::Target whole = Classified({"9", "10"}, {0, 1}, {}).target;
  ASSERT_TRUE(AddModelLabels(signature({"10", "9", "2"}), whole).ok());
  EXPECT_THAT(whole.labels, ElementsAre("2", "9", "10"));
  EXPECT_TRUE(whole.integer_labels);
}

TEST(EvaluateTest, FewerResamplesOfVeryManyRows) {
  EXPECT_EQ(ResamplesFor(100'000, 1'000), 1'000);
  EXPECT_EQ(ResamplesFor(1'000'000, 1'000), 200);
  EXPECT_EQ(ResamplesFor(100, 50), 50);
}

TEST(ReportTest, HostileNamesCannotBreakOutOfJsonOrTheTerminal) {
  JudgedRows rows = Classified({"no\"\n", "\x1b[31myes"}, {0, 1}, {0, 1});
  const auto report = Evaluate(rows.judged(), {.model = "m", .data = "d"}, {});
  EXPECT_THAT(ToJson(*report), HasSubstr("\"no\\\"\\n\""));
  EXPECT_EQ(ToText(*report).find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace slipway::evaluate
