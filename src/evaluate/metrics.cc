#include "evaluate/metrics.h"

#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/nearest_word.h"
#include "evaluate/class_metrics.h"
#include "evaluate/regression_metrics.h"
#include "evaluate/score_metrics.h"

namespace slipway::evaluate {
namespace {

using data::Task;

Metric OfClasses(std::string_view name, std::string_view title, std::string_view help,
                 WeightedMetric (*prepare)(const Judged&, std::optional<double>),
                 Argument argument = Argument::kNone) {
  return {.name = name,
          .title = title,
          .task = Task::kClassification,
          .argument = argument,
          .help = help,
          .prepare = prepare};
}

Metric OfScores(std::string_view name, std::string_view title, bool higher_is_better,
                std::string_view help,
                WeightedMetric (*prepare)(const Judged&, std::optional<double>),
                Argument argument = Argument::kNone) {
  return {.name = name,
          .title = title,
          .task = Task::kClassification,
          .higher_is_better = higher_is_better,
          .needs_probabilities = true,
          .argument = argument,
          .help = help,
          .prepare = prepare};
}

Metric OfNumbers(std::string_view name, std::string_view title, bool higher_is_better,
                 std::string_view help,
                 WeightedMetric (*prepare)(const Judged&, std::optional<double>),
                 Argument argument = Argument::kNone) {
  return {.name = name,
          .title = title,
          .task = Task::kRegression,
          .higher_is_better = higher_is_better,
          .argument = argument,
          .help = help,
          .prepare = prepare};
}

std::vector<Metric> MakeMetrics() {
  std::vector<Metric> metrics = {
      OfClasses("accuracy", "Accuracy", "Share of rows whose class is right.", Accuracy),
      OfClasses("balanced_accuracy", "Balanced accuracy", "Mean recall of the classes that occur.",
                BalancedAccuracy),
      OfClasses("mcc", "Matthews correlation",
                "Correlation of true and predicted classes, from -1 to 1.", MatthewsCorrelation),
      OfClasses("precision", "Precision", "Share of the rows taken for the class that are of it.",
                Precision, Argument::kClass),
      OfClasses("precision_macro", "Precision, macro", "Mean over classes.", PrecisionMacro),
      OfClasses("precision_micro", "Precision, micro", "Over all classes together.",
                PrecisionMicro),
      OfClasses("precision_weighted", "Precision, weighted",
                "Mean over classes by how many rows are theirs.", PrecisionWeighted),
      OfClasses("recall", "Recall", "Share of the class's rows that are taken for it.", Recall,
                Argument::kClass),
      OfClasses("recall_macro", "Recall, macro", "Mean over classes.", RecallMacro),
      OfClasses("recall_micro", "Recall, micro", "Over all classes together.", RecallMicro),
      OfClasses("recall_weighted", "Recall, weighted",
                "Mean over classes by how many rows are theirs.", RecallWeighted),
      OfClasses("f1", "F1", "Harmonic mean of precision and recall.", F1, Argument::kClass),
      OfClasses("f1_macro", "F1, macro", "Mean over classes.", F1Macro),
      OfClasses("f1_micro", "F1, micro", "Over all classes together.", F1Micro),
      OfClasses("f1_weighted", "F1, weighted", "Mean over classes by how many rows are theirs.",
                F1Weighted),
      OfClasses("selection_rate", "Selection rate", "Share of rows taken for the class.",
                SelectionRate, Argument::kClass),
      OfClasses("false_positive_rate", "False positive rate",
                "Share of the other classes' rows that are taken for the class.", FalsePositiveRate,
                Argument::kClass),
      OfScores("roc_auc", "ROC AUC", true,
               "Chance that a row of the class is given a higher probability than another one.",
               RocAuc, Argument::kClass),
      OfScores("average_precision", "PR AUC", true,
               "Area under the curve of precision over recall, as a sum of steps.",
               AveragePrecision, Argument::kClass),
      OfScores("log_loss", "Log loss", false,
               "Mean negative logarithm of the true class's probability.", LogLoss),
      OfScores("brier", "Brier score", false, "Mean squared error of the probabilities.",
               BrierScore),
      OfScores("ece", "Calibration error", false,
               "Mean distance between probability and share of rows, over ten bins.",
               CalibrationError),
      OfScores("top_k_accuracy", "Top-k accuracy", true,
               "Share of rows whose class is among the k likeliest (3 if not said).", TopKAccuracy,
               Argument::kNumber),
      OfNumbers("mse", "Mean squared error", false, "Mean squared distance.", MeanSquaredError),
      OfNumbers("rmse", "Root mean squared error", false, "Its root, in the target's unit.",
                RootMeanSquaredError),
      OfNumbers("mae", "Mean absolute error", false, "Mean distance, in the target's unit.",
                MeanAbsoluteError),
      OfNumbers("mape", "Mean absolute percentage error", false,
                "Mean distance as a share of the true value.", MeanAbsolutePercentageError),
      OfNumbers("r2", "R²", true, "Share of the target's variance that is explained.", R2),
      OfNumbers("quantile_loss", "Quantile loss", false,
                "Pinball loss of a quantile (0.5 if not said).", QuantileLoss, Argument::kNumber)};
  for (Metric& metric : metrics) {
    if (metric.name == "selection_rate" || metric.name == "false_positive_rate")
      metric.needs_class = true;
    if (metric.name == "false_positive_rate") metric.higher_is_better = false;
  }
  std::sort(metrics.begin(), metrics.end(),
            [](const Metric& a, const Metric& b) { return a.name < b.name; });
  return metrics;
}

/// Names that other tools use for the same.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kOtherNames = {
    {{"auc", "roc_auc"},
     {"pr_auc", "average_precision"},
     {"brier_score", "brier"},
     {"logloss", "log_loss"}}};

const Metric* Find(std::string_view name) {
  for (const auto& [other, ours] : kOtherNames)
    if (name == other) name = ours;
  for (const Metric& metric : Metrics())
    if (metric.name == name) return &metric;
  return nullptr;
}

Status UnknownMetric(std::string_view name, Task task) {
  std::vector<std::string_view> names;
  for (const Metric& metric : Metrics())
    if (metric.task == task) names.push_back(metric.name);
  return Error(Reason::kBadRequest, "there is no metric \"{}\"{}", name, DidYouMean(name, names));
}

StatusOr<double> ReadArgument(const Metric& metric, std::string_view text,
                              const data::Target& target) {
  if (metric.argument == Argument::kClass) {
    const auto found = std::find(target.labels.begin(), target.labels.end(), text);
    if (found != target.labels.end()) return static_cast<double>(found - target.labels.begin());
    const std::vector<std::string_view> labels(target.labels.begin(), target.labels.end());
    return Error(Reason::kBadRequest, "metric \"{}\": there is no class \"{}\"{}", metric.name,
                 text, DidYouMean(text, labels));
  }
  double number;
  const bool quantile = metric.task == Task::kRegression;
  if (metric.argument == Argument::kNumber &&
      absl::SimpleAtod({text.data(), text.size()}, &number) &&
      (quantile ? number > 0 && number < 1 : number >= 1 && number == std::floor(number)))
    return number;
  return Error(Reason::kBadRequest, "metric \"{}\" takes {}, got \"{}\"", metric.name,
               metric.argument == Argument::kNone ? "nothing in parentheses"
               : quantile                         ? "a quantile between 0 and 1"
                                                  : "a whole number from 1",
               text);
}

NamedMetric Named(std::string_view name) { return {std::string(name), Find(name), std::nullopt}; }

}  // namespace

std::span<const Metric> Metrics() {
  static const std::vector<Metric> metrics = MakeMetrics();
  return metrics;
}

StatusOr<NamedMetric> FindMetric(std::string_view name, const data::Target& target) {
  const size_t open = name.find('(');
  const bool has_argument = open != std::string_view::npos && name.ends_with(')');
  const std::string_view word = name.substr(0, has_argument ? open : std::string_view::npos);
  const Metric* const metric = Find(word);
  if (metric == nullptr) return UnknownMetric(word, target.task);
  if (metric->task != target.task)
    return Error(Reason::kBadRequest, "metric \"{}\" is of {}, the target \"{}\" of {}", word,
                 metric->task == Task::kRegression ? "regressions" : "classifications", target.name,
                 target.task == Task::kRegression ? "a regression" : "a classification");
  NamedMetric named{std::string(metric->name), metric, std::nullopt};
  if (has_argument) {
    const std::string_view text = name.substr(open + 1, name.size() - open - 2);
    ASSIGN_OR_RETURN(named.argument, ReadArgument(*metric, text, target));
    named.name += fmt::format("({})", text);
  } else if (metric->needs_class && target.labels.size() > 2) {
    return Error(Reason::kBadRequest, "metric \"{}\" wants a class here: {}({})", word, word,
                 target.labels.front());
  }
  return named;
}

std::vector<NamedMetric> DefaultMetrics(const data::Target& target, bool has_probabilities) {
  if (target.task == Task::kRegression)
    return {Named("rmse"), Named("mae"), Named("r2"), Named("mape"), Named("mse")};
  std::vector<NamedMetric> metrics = {Named("accuracy"), Named("balanced_accuracy"),
                                      Named("f1"),       Named("precision"),
                                      Named("recall"),   Named("mcc")};
  if (target.labels.size() > 2) metrics.push_back(Named("f1_weighted"));
  if (!has_probabilities) return metrics;
  for (const std::string_view name : {"roc_auc", "average_precision", "log_loss", "brier", "ece"})
    metrics.push_back(Named(name));
  if (target.labels.size() > 5) metrics.push_back(Named("top_k_accuracy"));
  return metrics;
}

NamedMetric DefaultScore(const data::Target& target, bool has_probabilities) {
  if (target.task == Task::kRegression) return Named("rmse");
  return Named(has_probabilities ? "log_loss" : "balanced_accuracy");
}

StatusOr<double> Measure(const NamedMetric& metric, const Judged& judged,
                         std::span<const double> weights) {
  if (metric.metric->needs_probabilities && judged.predictions.probabilities.empty())
    return Error(Reason::kBadRequest,
                 "metric \"{}\" wants probabilities, which the model does not give", metric.name);
  const WeightedMetric measure = metric.Prepare(judged);
  if (!weights.empty()) return measure(weights);
  return measure(std::vector<double>(judged.target.rows(), 1.0));
}

}  // namespace slipway::evaluate
