#include "train/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace slipway::train {
namespace {

constexpr int kFolds = 5;

std::optional<data::Column> SelectFrom(const std::optional<data::Column>& column,
                                       std::span<const uint32_t> rows) {
  if (!column) return std::nullopt;
  return column->Select(rows);
}

}  // namespace

Dataset Dataset::Select(std::span<const uint32_t> rows) const {
  Dataset selected{.table = table.Select(rows),
                   .target = target.Select(rows),
                   .weights = {},
                   .group = SelectFrom(group, rows),
                   .time = SelectFrom(time, rows)};
  if (!weights.empty())
    for (const uint32_t row : rows) selected.weights.push_back(weights[row]);
  return selected;
}

data::SplitOptions Dataset::Splitting(uint64_t seed) const {
  return {.kind = group  ? data::SplitKind::kGrouped
                  : time ? data::SplitKind::kTime
                         : data::SplitKind::kStratified,
          .seed = seed,
          .target = &target,
          .group = group ? &*group : nullptr,
          .time = time ? &*time : nullptr,
          .numbers = table.numbers};
}

Status CheckWeights(std::span<const double> weights, std::span<const uint64_t> numbers) {
  bool any = weights.empty();
  for (size_t row = 0; row < weights.size(); ++row) {
    const double weight = weights[row];
    if (!(weight >= 0) || std::isinf(weight))
      return Error(Reason::kBadRequest, "row {}: expected a finite number, 0 or more, got {}",
                   data::NumberOfRow(numbers, row),
                   std::isnan(weight) ? "nothing" : fmt::format("{}", weight));
    any |= weight > 0;
  }
  if (any) return OkStatus();
  return Error(Reason::kBadRequest, "the weights of all {} rows are zero", weights.size());
}

Status CheckFinite(const data::Table& table) {
  for (const data::Column& column : table.columns)
    for (size_t row = 0; row < column.numbers.size(); ++row)
      if (std::isinf(column.numbers[row]))
        return Error(Reason::kBadRequest,
                     "column \"{}\": row {} holds an infinite number: correct it, leave it empty, "
                     "or drop the column",
                     column.name, data::NumberOfRow(table.numbers, row));
  return OkStatus();
}

StatusOr<Halves> Divide(const Dataset& rows, double share, uint64_t seed) {
  ASSIGN_OR_RETURN(data::Split split, data::SplitOnce(rows.size(), share, rows.Splitting(seed)));
  if (rows.target.task == data::Task::kClassification) {
    std::vector<bool> is_learnt(rows.target.labels.size(), false);
    for (const uint32_t row : split.train) is_learnt[rows.target.classes[row]] = true;
    std::erase_if(split.test, [&](uint32_t row) { return !is_learnt[rows.target.classes[row]]; });
  }
  if (split.test.empty())
    return Error(Reason::kBadRequest,
                 "expected rows to judge by whose classes occur among those to learn from");
  Halves halves{rows.Select(split.train), rows.Select(split.test)};
  for (const auto& [part, role] :
       {std::pair(&halves.learn, "to learn from"), {&halves.judge, "to judge by"}}) {
    const Status checked = CheckWeights(part->weights, part->table.numbers);
    if (!checked.ok()) return Annotate(checked, fmt::format("rows {}", role));
  }
  return halves;
}

StatusOr<std::vector<data::Split>> FoldsOf(size_t rows, const data::SplitOptions& splitting) {
  for (int folds = kFolds; folds > 2; --folds)
    if (auto split = data::SplitFolds(rows, folds, splitting); split.ok()) return split;
  return data::SplitFolds(rows, 2, splitting);
}

}  // namespace slipway::train
