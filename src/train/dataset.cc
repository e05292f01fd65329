#include "train/dataset.h"

#include <algorithm>

namespace slipway::train {
namespace {

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
          .time = time ? &*time : nullptr};
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
  for (const Dataset* part : {&halves.learn, &halves.judge})
    if (!rows.weights.empty() &&
        std::ranges::none_of(part->weights, [](double w) { return w > 0; }))
      return Error(Reason::kBadRequest, "the weights of all {} rows of one part are zero",
                   part->size());
  return halves;
}

}  // namespace slipway::train
