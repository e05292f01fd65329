#include "evaluate/metrics.h"

#include <cmath>
#include <map>

#include "evaluate/confusion.h"
#include "evaluate/score_metrics.h"
#include "evaluate/testing/judged_rows.h"

namespace slipway::evaluate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Expected figures: scikit-learn 1.9.1 on the same rows; of classes that do not occur among the
// true ones, its binary figures of the classes that do, averaged.
using Expected = std::map<std::string, double>;

void ExpectMetrics(const JudgedRows& rows, const Expected& expected,
                   std::span<const double> weights = {}) {
  for (const auto& [name, value] : expected) {
    const auto metric = FindMetric(name, rows.target);
    ASSERT_TRUE(metric.ok()) << metric.status();
    const auto measured = Measure(*metric, rows.judged(), weights);
    ASSERT_TRUE(measured.ok()) << measured.status();
    EXPECT_NEAR(*measured, value, 1e-12 * std::max(1.0, std::abs(value))) << name;
  }
}

/// Two classes; probabilities are tied across them.
JudgedRows TwoClasses() {
  JudgedRows rows = Classified({"no", "yes"}, {0, 0, 1, 1, 1, 0, 1, 0}, {0, 0, 0, 1, 1, 1, 1, 0});
  for (const double p : {.1, .4, .4, .8, .6, .6, .9, .2})
    rows.predictions.probabilities.insert(rows.predictions.probabilities.end(), {1 - p, p});
  return rows;
}

JudgedRows ThreeClasses() {
  JudgedRows rows =
      Classified({"a", "b", "c"}, {0, 1, 2, 2, 1, 0, 2, 1, 0, 0}, {0, 1, 2, 0, 1, 2, 2, 0, 0, 0});
  rows.predictions.probabilities = {.5,  .25,  .25,  .25, .5,   .25, .25, .25, .5,   .5,
                                    .25, .25,  .125, .75, .125, .25, .25, .5,  .125, .125,
                                    .75, .375, .375, .25, .5,   .5,  0,   1,   0,    0};
  return rows;
}

TEST(MetricsTest, TwoClassesAreJudgedAsScikitLearnDoes) {
  ExpectMetrics(TwoClasses(), {{"accuracy", 0.75},
                               {"balanced_accuracy", 0.75},
                               {"mcc", 0.5},
                               {"precision", 0.75},
                               {"precision_macro", 0.75},
                               {"precision_micro", 0.75},
                               {"precision_weighted", 0.75},
                               {"recall", 0.75},
                               {"recall_macro", 0.75},
                               {"recall_micro", 0.75},
                               {"recall_weighted", 0.75},
                               {"f1", 0.75},
                               {"f1_macro", 0.75},
                               {"f1_micro", 0.75},
                               {"f1_weighted", 0.75},
                               {"f1(no)", 0.75},
                               {"f1(yes)", 0.75},
                               {"recall(no)", 0.75},
                               {"precision(no)", 0.75},
                               {"recall(yes)", 0.75},
                               {"precision(yes)", 0.75},
                               {"roc_auc", 0.875},
                               {"average_precision", 0.85416666666666663},
                               {"brier", 0.14250000000000002},
                               {"log_loss", 0.43890510565304541}});
}

TEST(MetricsTest, WeightsCountAsInScikitLearn) {
  ExpectMetrics(TwoClasses(),
                {{"accuracy", 0.82857142857142863},
                 {"balanced_accuracy", 0.82679738562091498},
                 {"mcc", 0.66009836198444949},
                 {"precision", 0.80000000000000004},
                 {"precision_macro", 0.83333333333333337},
                 {"precision_micro", 0.82857142857142863},
                 {"precision_weighted", 0.83238095238095233},
                 {"recall", 0.88888888888888884},
                 {"recall_macro", 0.82679738562091498},
                 {"recall_micro", 0.82857142857142863},
                 {"recall_weighted", 0.82857142857142863},
                 {"f1", 0.84210526315789469},
                 {"f1_macro", 0.82730263157894735},
                 {"f1_micro", 0.82857142857142863},
                 {"f1_weighted", 0.82772556390977436},
                 {"recall(no)", 0.76470588235294112},
                 {"precision(no)", 0.8666666666666667},
                 {"recall(yes)", 0.88888888888888884},
                 {"precision(yes)", 0.80000000000000004},
                 {"roc_auc", 0.94771241830065356},
                 {"average_precision", 0.95555555555555549},
                 {"brier", 0.11542857142857144},
                 {"log_loss", 0.38080284782057694}},
                std::vector<double>{1, 2, .5, 3, 0, 1, 1, .25});
}

TEST(MetricsTest, ThreeClassesAreJudgedAsScikitLearnDoes) {
  ExpectMetrics(ThreeClasses(), {{"accuracy", 0.69999999999999996},
                                 {"balanced_accuracy", 0.69444444444444431},
                                 {"mcc", 0.54714222454563211},
                                 {"precision", 0.75555555555555554},
                                 {"precision_macro", 0.75555555555555554},
                                 {"precision_micro", 0.69999999999999996},
                                 {"precision_weighted", 0.73999999999999999},
                                 {"recall", 0.69444444444444431},
                                 {"recall_macro", 0.69444444444444431},
                                 {"recall_micro", 0.69999999999999996},
                                 {"recall_weighted", 0.69999999999999996},
                                 {"f1", 0.71111111111111114},
                                 {"f1_macro", 0.71111111111111114},
                                 {"f1_micro", 0.69999999999999996},
                                 {"f1_weighted", 0.70666666666666667},
                                 {"f1(a)", 2.0 / 3},
                                 {"f1(b)", 0.8},
                                 {"f1(c)", 2.0 / 3},
                                 {"recall(a)", 0.75},
                                 {"precision(a)", 0.59999999999999998},
                                 {"recall(b)", 0.66666666666666663},
                                 {"precision(b)", 1},
                                 {"recall(c)", 0.66666666666666663},
                                 {"precision(c)", 0.66666666666666663},
                                 {"roc_auc", 0.87301587301587302},
                                 {"average_precision", 0.75132275132275128},
                                 {"brier", 0.41562500000000002},
                                 {"top_k_accuracy(2)", 0.90000000000000002},
                                 {"log_loss", 0.71013708423948496}});
}

TEST(MetricsTest, WeightsOfThreeClassesCountAsInScikitLearn) {
  ExpectMetrics(ThreeClasses(),
                {{"accuracy", 0.88888888888888884},
                 {"balanced_accuracy", 0.89643689643689639},
                 {"mcc", 0.82660565728816471},
                 {"precision", 0.90740740740740744},
                 {"precision_macro", 0.90740740740740744},
                 {"precision_micro", 0.88888888888888884},
                 {"precision_weighted", 0.89241622574955903},
                 {"recall", 0.89643689643689639},
                 {"recall_macro", 0.89643689643689639},
                 {"recall_micro", 0.88888888888888884},
                 {"recall_weighted", 0.88888888888888884},
                 {"f1", 0.90076416337285892},
                 {"f1_macro", 0.90076416337285892},
                 {"f1_micro", 0.88888888888888884},
                 {"f1_weighted", 0.88963172093606868},
                 {"recall(a)", 0.8571428571428571},
                 {"precision(a)", 0.88888888888888884},
                 {"recall(b)", 0.92307692307692313},
                 {"precision(b)", 1},
                 {"recall(c)", 0.90909090909090906},
                 {"precision(c)", 0.83333333333333337},
                 {"roc_auc", 0.95270571472662058},
                 {"average_precision", 0.87037145860675269},
                 {"brier", 0.28521825396825395},
                 {"top_k_accuracy(2)", 0.93650793650793651},
                 {"log_loss", 0.51045875150525255}},
                std::vector<double>{1, 2, 3, .5, 1, 1, 2, .25, 1, 4});
}

TEST(MetricsTest, ClassesThatDoNotOccurAreJudgedAsScikitLearnDoes) {
  JudgedRows rows = Classified({"a", "b", "c"}, {0, 0, 1, 1, 0}, {0, 2, 0, 0, 0});
  rows.predictions.probabilities = {.6, .2, .2, .1, .2, .7, .5, .25, .25, .5, .4, .1, .9, .05, .05};
  ExpectMetrics(rows, {{"accuracy", 0.40000000000000002},
                       {"balanced_accuracy", 0.33333333333333331},
                       {"mcc", -0.20412414523193154},
                       {"precision", 0.16666666666666666},
                       {"precision_macro", 0.16666666666666666},
                       {"precision_micro", 0.40000000000000002},
                       {"precision_weighted", 0.29999999999999999},
                       {"recall", 0.22222222222222221},
                       {"recall_macro", 0.22222222222222221},
                       {"recall_micro", 0.40000000000000002},
                       {"recall_weighted", 0.40000000000000002},
                       {"f1", 0.19047619047619047},
                       {"f1_macro", 0.19047619047619047},
                       {"f1_micro", 0.40000000000000002},
                       {"f1_weighted", 0.34285714285714286},
                       {"recall(a)", 0.66666666666666663},
                       {"precision(a)", 0.5},
                       {"recall(b)", 0},
                       {"precision(b)", 0},
                       {"precision(c)", 0},
                       {"roc_auc", 0.83333333333333326},
                       {"average_precision", 0.93333333333333335},
                       {"brier", 0.6180000000000001},
                       {"top_k_accuracy(2)", 0.59999999999999998},
                       {"log_loss", 1.0442712650823816}});
}

TEST(MetricsTest, AnAnswerThatIsNoneOfTheLabelsIsAClassOfItsOwn) {
  // As scikit-learn with a third label that is predicted only.
  const JudgedRows rows = Classified({"a", "b"}, {0, 0, 1, 1}, {0, -1, 1, 1});
  ExpectMetrics(rows, {{"accuracy", 0.75},
                       {"f1_macro", 0.55555555555555547},
                       {"balanced_accuracy", 0.75},
                       {"mcc", 0.6708203932499369}});
}

TEST(MetricsTest, NumbersAreJudgedAsScikitLearnDoes) {
  const JudgedRows rows = Regressed({3, -.5, 2, 7, 4.25}, {2.5, 0, 2, 8, 5});
  ExpectMetrics(rows, {{"mse", 0.41249999999999998},
                       {"rmse", 0.64226162893325645},
                       {"mae", 0.55000000000000004},
                       {"mape", 0.29719887955182073},
                       {"r2", 0.93281758957654726},
                       {"quantile_loss", 0.27500000000000002},
                       {"quantile_loss(0.9)", 0.13499999999999998}});
  ExpectMetrics(rows,
                {{"mse", 0.375},
                 {"rmse", 0.61237243569579447},
                 {"mae", 0.57692307692307687},
                 {"mape", 0.41478129713423828},
                 {"r2", 0.91144104803493453},
                 {"quantile_loss", 0.28846153846153844},
                 {"quantile_loss(0.9)", 0.11923076923076924}},
                std::vector<double>{1, 2, .5, 0, 3});
}

TEST(MetricsTest, ConstantAndZeroTruthsAreJudgedAsScikitLearnDoes) {
  ExpectMetrics(Regressed({2, 2, 2}, {2, 2, 2.5}), {{"mse", 0.083333333333333329},
                                                    {"rmse", 0.28867513459481287},
                                                    {"mae", 0.16666666666666666},
                                                    {"mape", 0.083333333333333329},
                                                    {"r2", 0},
                                                    {"quantile_loss", 0.083333333333333329},
                                                    {"quantile_loss(0.9)", 0.016666666666666663}});
  ExpectMetrics(Regressed({0, 1, 2}, {1e-3, 1, 2}),
                {{"mse", 3.333333333333333e-07},
                 {"rmse", 0.00057735026918962569},
                 {"mae", 0.00033333333333333332},
                 {"mape", 1501199875790.1653},
                 {"r2", 0.99999950000000004},
                 {"quantile_loss", 0.00016666666666666666},
                 {"quantile_loss(0.9)", 3.3333333333333328e-05}});
}

TEST(MetricsTest, RowsWithoutWeightAreAsIfTheyWereNotThere) {
  const JudgedRows rows = ThreeClasses();
  const std::vector<double> weights = {1, 1, 0, 0, 1, 1, 0, 1, 1, 1};
  JudgedRows fewer;
  fewer.target = rows.target;
  fewer.target.classes.clear();
  for (size_t row = 0; row < weights.size(); ++row) {
    if (weights[row] == 0) continue;
    fewer.target.classes.push_back(rows.target.classes[row]);
    fewer.predictions.classes.push_back(rows.predictions.classes[row]);
    for (size_t label = 0; label < 3; ++label)
      fewer.predictions.probabilities.push_back(rows.predictions.probabilities[row * 3 + label]);
  }
  for (const Metric& metric : Metrics()) {
    if (metric.task != data::Task::kClassification || metric.needs_class) continue;
    const auto named = FindMetric(metric.name, rows.target);
    EXPECT_DOUBLE_EQ(Measure(*named, rows.judged(), weights).value(),
                     Measure(*named, fewer.judged()).value())
        << metric.name;
  }
}

TEST(MetricsTest, WhatIsNotDefinedIsNaN) {
  const JudgedRows one_class = [] {
    JudgedRows rows = Classified({"no", "yes"}, {1, 1}, {1, 0});
    rows.predictions.probabilities = {.2, .8, .7, .3};
    return rows;
  }();
  for (const std::string name : {"roc_auc", "false_positive_rate", "recall(no)"})
    EXPECT_TRUE(
        std::isnan(Measure(FindMetric(name, one_class.target).value(), one_class.judged()).value()))
        << name;
  const std::vector<double> nothing = {0, 0};
  for (const Metric& metric : Metrics()) {
    if (metric.task != data::Task::kClassification) continue;
    const auto named = FindMetric(metric.name, one_class.target);
    EXPECT_TRUE(std::isnan(Measure(*named, one_class.judged(), nothing).value())) << metric.name;
  }
}

TEST(MetricsTest, FairnessRatesAreThoseOfThePositiveClass) {
  const JudgedRows rows = Classified({"no", "yes"}, {0, 0, 0, 1}, {1, 0, 0, 1});
  ExpectMetrics(rows, {{"selection_rate", 0.5},
                       {"selection_rate(no)", 0.5},
                       {"false_positive_rate", 1.0 / 3},
                       {"false_positive_rate(no)", 0.0}});
}

TEST(MetricsTest, CalibrationBinsHoldProbabilitiesBesideWhatCameTrue) {
  // scikit-learn: calibration_curve(y, p, n_bins=10)
  const auto bins = Calibrate(TwoClasses().judged(), {});
  std::vector<double> probabilities, shares;
  for (const CalibrationBin& bin : bins) {
    if (bin.weight == 0) continue;
    probabilities.push_back(bin.mean_probability);
    shares.push_back(bin.share_true);
  }
  EXPECT_THAT(probabilities, ElementsAre(.1, .2, .4, .6, .8, .9));
  EXPECT_THAT(shares, ElementsAre(0, 0, .5, .5, 1, 1));
  ExpectMetrics(TwoClasses(), {{"ece", (0.1 + 0.2 + 2 * 0.1 + 2 * 0.1 + 0.2 + 0.1) / 8}});
}

TEST(MetricsTest, CurveCountsHitsAndFalseAlarmsAtEachProbability) {
  const auto points = Ranking(TwoClasses().judged(), 1).Curve({});
  std::vector<std::pair<double, double>> counts;
  for (const auto& point : points) counts.emplace_back(point.hits, point.false_alarms);
  EXPECT_THAT(counts, ElementsAre(testing::Pair(0, 0), testing::Pair(1, 0), testing::Pair(2, 0),
                                  testing::Pair(3, 1), testing::Pair(4, 2), testing::Pair(4, 3),
                                  testing::Pair(4, 4)));
}

TEST(MetricsTest, NamesThatAreNotThereAreRefusedWithTheNearest) {
  const JudgedRows classes = ThreeClasses(), numbers = Regressed({1, 2}, {1, 2});
  const auto message = [](const StatusOr<NamedMetric>& metric) {
    return std::string(MessageOf(metric.status()));
  };
  EXPECT_EQ(message(FindMetric("acuracy", classes.target)),
            "there is no metric \"acuracy\"; did you mean \"accuracy\"?");
  EXPECT_THAT(message(FindMetric("rmse", classes.target)), HasSubstr("is of regressions"));
  EXPECT_THAT(message(FindMetric("recall(d)", classes.target)),
              HasSubstr("there is no class \"d\""));
  EXPECT_THAT(message(FindMetric("mcc(a)", classes.target)), HasSubstr("nothing in parentheses"));
  EXPECT_THAT(message(FindMetric("top_k_accuracy(0)", classes.target)), HasSubstr("whole number"));
  EXPECT_THAT(message(FindMetric("quantile_loss(1)", numbers.target)), HasSubstr("quantile"));
  EXPECT_THAT(message(FindMetric("selection_rate", classes.target)),
              HasSubstr("selection_rate(a)"));
  EXPECT_EQ(FindMetric("auc", classes.target)->name, "roc_auc");
}

TEST(MetricsTest, WithoutProbabilitiesTheirMetricsAreRefused) {
  const JudgedRows rows = Classified({"a", "b"}, {0, 1}, {0, 1});
  EXPECT_THAT(MessageOf(Measure(FindMetric("auc", rows.target).value(), rows.judged()).status()),
              HasSubstr("wants probabilities"));
  for (const NamedMetric& metric : DefaultMetrics(rows.target, false))
    EXPECT_TRUE(Measure(metric, rows.judged()).ok()) << metric.name;
}

}  // namespace
}  // namespace slipway::evaluate
