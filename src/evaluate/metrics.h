#pragma once
// What is measured of a model's predictions: one table for gates, reports and searches.
// Definitions are scikit-learn's where it has one; docs/evaluation.md says each.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/predictions.h"

namespace slipway::evaluate {

/// What was predicted of what.
struct Judged {
  const data::Target& target;
  const Predictions& predictions;
  /// Of classification into two: the place of the class that is looked for. Of more: not read.
  int32_t positive = 1;
};

/// A metric of fixed rows as a function of their weights, so that resamples need no second pass
/// over the predictions.
/// @param weights  [rows], not negative; a row of weight 0 is as if it were not there.
/// @return NaN where the metric is not defined: no rows, a ROC curve of one class.
/// What it was prepared of must outlive it. Threads: any number at once. Cost: linear in rows (and
/// classes).
using WeightedMetric = std::function<double(std::span<const double> weights)>;

/// An argument of a metric's name: of `recall(setosa)` the class, of `top_k_accuracy(3)` a number.
enum class Argument : uint8_t { kNone, kClass, kNumber };

struct Metric {
  std::string_view name;   // "roc_auc"
  std::string_view title;  // "ROC AUC"
  data::Task task;
  bool higher_is_better = true;
  bool needs_probabilities = false;
  Argument argument = Argument::kNone;
  bool needs_class = false;  // of more than two classes one must be named
  std::string_view help;     // one sentence
  /// @param argument  a class's place or a number; absent where the name has none.
  WeightedMetric (*prepare)(const Judged&, std::optional<double> argument);
};

/// All metrics, sorted by name.
std::span<const Metric> Metrics();

/// A metric with its argument: what `recall(setosa)` names.
struct NamedMetric {
  std::string name;  // "recall(setosa)"
  const Metric* metric = nullptr;
  std::optional<double> argument;

  WeightedMetric Prepare(const Judged& judged) const { return metric->prepare(judged, argument); }
};

/// @param target  its task, and its labels for the classes that a name may say.
/// @return kBadRequest naming the nearest metric or class, or the task that the metric is of.
StatusOr<NamedMetric> FindMetric(std::string_view name, const data::Target& target);

/// What a report shows when nobody asked for certain ones, most telling first.
std::vector<NamedMetric> DefaultMetrics(const data::Target& target, bool has_probabilities);

/// The metric that a search ranks by: log loss, or balanced accuracy without probabilities; root
/// mean squared error of a regression.
NamedMetric DefaultScore(const data::Target& target, bool has_probabilities);

/// The metric of all rows.
/// @param weights  [rows]; empty = 1 each.
/// @return kBadRequest when it needs probabilities that the model does not give.
StatusOr<double> Measure(const NamedMetric& metric, const Judged& judged,
                         std::span<const double> weights = {});

}  // namespace slipway::evaluate
