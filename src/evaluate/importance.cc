#include "evaluate/importance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"
#include "evaluate/predictions.h"
#include "evaluate/sample.h"

namespace slipway::evaluate {
namespace {

template <typename T>
std::vector<T> Reordered(const std::vector<T>& values, std::span<const uint32_t> order) {
  std::vector<T> reordered;
  reordered.reserve(values.size());
  if (!values.empty())
    for (const uint32_t row : order) reordered.push_back(values[row]);
  return reordered;
}

data::Column Reordered(const data::Column& column, std::span<const uint32_t> order) {
  return {column.name,
          column.type,
          Reordered(column.numbers, order),
          Reordered(column.codes, order),
          column.categories,
          Reordered(column.texts, order)};
}

data::Target SelectTarget(const data::Target& target, std::span<const uint32_t> rows) {
  return {target.task,
          target.name,
          Reordered(target.values, rows),
          Reordered(target.classes, rows),
          target.labels,
          target.integer_labels};
}

FeatureImportance Summarise(std::string feature, const std::vector<double>& losses) {
  const auto count = static_cast<double>(losses.size());
  const double mean = std::accumulate(losses.begin(), losses.end(), 0.0) / count;
  double squares = 0;
  for (const double loss : losses) squares += (loss - mean) * (loss - mean);
  return {std::move(feature), mean, std::sqrt(squares / count)};
}

}  // namespace

StatusOr<PermutationImportance> MeasureImportance(const Runner& model, const data::Table& all,
                                                  const data::Target& all_targets, int32_t positive,
                                                  const NamedMetric& metric,
                                                  const ImportanceOptions& options) {
  const std::vector<uint32_t> sample = SampleRows(all.rows, options.max_rows, options.seed);
  data::Table table = all.Select(sample);
  const data::Target target = SelectTarget(all_targets, sample);
  const auto measure = [&]() -> StatusOr<double> {
    ASSIGN_OR_RETURN(const Predictions predictions, Predict(model, table, target));
    return Measure(metric, {target, predictions, positive});
  };
  ASSIGN_OR_RETURN(const double whole, measure());
  PermutationImportance importance{metric.name, options.repeats, {}};
  for (size_t feature = 0; feature < table.columns.size(); ++feature) {
    if (options.progress)
      options.progress(static_cast<double>(feature) / static_cast<double>(table.columns.size()));
    const data::Column column = table.columns[feature];
    std::vector<double> losses;
    for (int repeat = 0; repeat < options.repeats; ++repeat) {
      std::vector<uint32_t> order = AllRows(table.rows);
      Random(options.seed, feature * options.repeats + repeat + 1).Shuffle(std::span(order));
      table.columns[feature] = Reordered(column, order);
      ASSIGN_OR_RETURN(const double shuffled, measure());
      losses.push_back(metric.metric->higher_is_better ? whole - shuffled : shuffled - whole);
    }
    table.columns[feature] = column;
    importance.features.push_back(Summarise(column.name, losses));
  }
  std::stable_sort(
      importance.features.begin(), importance.features.end(),
      [](const FeatureImportance& a, const FeatureImportance& b) { return a.mean > b.mean; });
  return importance;
}

}  // namespace slipway::evaluate
