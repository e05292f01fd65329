#include "pipeline/training_rows.h"

#include <fmt/format.h>

#include <cmath>
#include <numeric>

namespace slipway::pipeline {
namespace {

/// Columns that are no features.
struct Roles {
  std::optional<data::Column> weights, group, time;
};

/// Takes the column out of the table.
StatusOr<data::Column> Take(data::Table& table, std::string_view option, const std::string& name) {
  const auto found = table.Get(name);
  if (!found.ok()) return Annotate(found.status(), option);
  const auto at = table.columns.begin() + (*found - table.columns.data());
  data::Column column = std::move(*at);
  table.columns.erase(at);
  return column;
}

StatusOr<Roles> TakeRoles(data::Table& table, const TrainingOptions& options) {
  Roles roles;
  if (!options.weights.empty()) {
    ASSIGN_OR_RETURN(roles.weights, Take(table, "--weights", options.weights));
    if (!roles.weights->is_numeric())
      return Error(Reason::kBadRequest, "--weights: column \"{}\" is of type {}, expected numbers",
                   options.weights, data::NameOf(roles.weights->type));
  }
  if (!options.group.empty()) {
    ASSIGN_OR_RETURN(roles.group, Take(table, "--group", options.group));
  }
  if (!options.time.empty()) {
    ASSIGN_OR_RETURN(roles.time, Take(table, "--time", options.time));
  }
  return roles;
}

Status CheckWeights(const data::Column& weights) {
  for (size_t row = 0; row < weights.numbers.size(); ++row)
    if (!(weights.numbers[row] >= 0) || std::isinf(weights.numbers[row]))
      return Error(Reason::kBadRequest,
                   "--weights: column \"{}\": row {}: expected a finite number, 0 or more, got {}",
                   weights.name, row + 1,
                   weights.IsMissing(row) ? "nothing" : fmt::format("{}", weights.numbers[row]));
  return OkStatus();
}

Status CheckFinite(const data::Table& table) {
  for (const data::Column& column : table.columns)
    for (size_t row = 0; row < column.numbers.size(); ++row)
      if (std::isinf(column.numbers[row]))
        return Error(Reason::kBadRequest,
                     "column \"{}\": row {} holds an infinite number: correct it, leave it empty, "
                     "or drop the column",
                     column.name, row + 1);
  return OkStatus();
}

StatusOr<data::Split> SplitRows(size_t rows, const TrainingOptions& options,
                                const data::SplitOptions& split) {
  if (options.test_share > 0) return data::SplitOnce(rows, options.test_share, split);
  data::Split all;
  all.train.resize(rows);
  std::iota(all.train.begin(), all.train.end(), 0);
  return all;
}

}  // namespace

std::string_view NameOf(data::SplitKind kind) {
  switch (kind) {
    case data::SplitKind::kRandom:
      return "random";
    case data::SplitKind::kStratified:
      return "stratified";
    case data::SplitKind::kGrouped:
      return "grouped";
    case data::SplitKind::kTime:
      return "by time";
  }
  return "";
}

StatusOr<TrainingRows> ReadTrainingRows(const TrainingOptions& options, bool with_folds) {
  ASSIGN_OR_RETURN(data::TableFile file,
                   data::ReadTable(options.data, {.types = options.types,
                                                  .skip_bad_rows = options.skip_bad_rows,
                                                  .max_rows = options.sample,
                                                  .seed = options.seed}));
  TrainingRows rows;
  rows.facts = std::move(file.facts);
  data::Table& table = file.table;
  const auto target_found = table.Get(options.target);
  if (!target_found.ok()) return Annotate(target_found.status(), "--target");
  for (const std::string& name : options.drop)
    RETURN_IF_ERROR(Take(table, "--drop", name).status());
  if (!options.weights.empty()) {
    const data::Column* const weights = table.Find(options.weights);
    if (weights != nullptr && weights->is_numeric()) RETURN_IF_ERROR(CheckWeights(*weights));
  }
  RETURN_IF_ERROR(CheckFinite(table));
  for (const data::CleaningStep& step : options.clean) {
    if (step.training_only()) continue;
    ASSIGN_OR_RETURN(rows.cleaned.emplace_back(),
                     data::Clean(step, options.target, options.seed, table));
  }
  ASSIGN_OR_RETURN(const data::Column target_column, Take(table, "--target", options.target));
  ASSIGN_OR_RETURN(Roles roles, TakeRoles(table, options));
  auto target = data::TargetOf(target_column, options.task ? &*options.task : nullptr);
  if (!target.ok()) return Annotate(target.status(), options.data);

  train::Dataset all{.table = std::move(table),
                     .target = *std::move(target),
                     .weights = {},
                     .group = std::move(roles.group),
                     .time = std::move(roles.time)};
  if (roles.weights) all.weights = std::move(roles.weights->numbers);
  const data::SplitOptions splitting = all.Splitting(options.seed);
  rows.kind = splitting.kind;
  ASSIGN_OR_RETURN(const data::Split split, SplitRows(all.size(), options, splitting));
  rows.train = all.Select(split.train);
  rows.test = all.Select(split.test);
  if (with_folds) {
    ASSIGN_OR_RETURN(rows.folds, data::SplitFolds(rows.train.size(), options.folds,
                                                  rows.train.Splitting(options.seed)));
  }
  return rows;
}

}  // namespace slipway::pipeline
