#include "train/cleaning.h"

namespace slipway::train {
namespace {

data::Column ColumnOf(const data::Target& target) {
  if (target.task == data::Task::kRegression)
    return {.name = target.name, .type = data::ColumnType::kNumber, .numbers = target.values};
  return {.name = target.name,
          .type = data::ColumnType::kCategory,
          .codes = target.classes,
          .categories = target.labels};
}

data::Column TakeLast(data::Table& table) {
  data::Column last = std::move(table.columns.back());
  table.columns.pop_back();
  return last;
}

}  // namespace

StatusOr<CleanedRows> CleanForTraining(std::span<const data::CleaningStep> steps,
                                       const data::Table& table, const data::Target& target,
                                       std::span<const double> weights, uint64_t seed) {
  CleanedRows rows{.table = table, .target = target};
  rows.table.columns.push_back(ColumnOf(target));
  data::Column weight{.name = "weights of " + target.name};
  weight.numbers.assign(weights.begin(), weights.end());
  for (const data::CleaningStep& step : steps) {
    // Rows that come and go take their weights along.
    const bool moves_rows = step.kind != data::CleaningKind::kClipOutliers && !weights.empty();
    if (moves_rows) rows.table.columns.push_back(std::move(weight));
    ASSIGN_OR_RETURN(rows.done.emplace_back(), data::Clean(step, target.name, seed, rows.table));
    if (moves_rows) weight = TakeLast(rows.table);
  }
  rows.weights = std::move(weight.numbers);
  data::Column cleaned = TakeLast(rows.table);
  rows.target.values = std::move(cleaned.numbers);
  rows.target.classes = std::move(cleaned.codes);
  return rows;
}

}  // namespace slipway::train
