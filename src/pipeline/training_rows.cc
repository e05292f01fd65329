#include "pipeline/training_rows.h"

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

data::Column SelectRows(const data::Column& column, std::span<const uint32_t> rows) {
  data::Table table;
  table.columns.push_back(column);
  return std::move(table.Select(rows).columns.front());
}

std::vector<double> WeightsOf(const Roles& roles, std::span<const uint32_t> rows) {
  return roles.weights ? train::Select(std::span<const double>(roles.weights->numbers), rows)
                       : std::vector<double>();
}

data::SplitKind KindOf(const TrainingOptions& options) {
  if (!options.group.empty()) return data::SplitKind::kGrouped;
  return options.time.empty() ? data::SplitKind::kStratified : data::SplitKind::kTime;
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
                                                  .seed = options.seed}));
  TrainingRows rows;
  rows.facts = std::move(file.facts);
  data::Table& table = file.table;
  const auto target_found = table.Get(options.target);
  if (!target_found.ok()) return Annotate(target_found.status(), "--target");
  for (const std::string& name : options.drop)
    RETURN_IF_ERROR(Take(table, "--drop", name).status());
  for (const data::CleaningStep& step : options.clean) {
    if (step.training_only()) continue;
    ASSIGN_OR_RETURN(rows.cleaned.emplace_back(),
                     data::Clean(step, options.target, options.seed, table));
  }
  ASSIGN_OR_RETURN(const data::Column target_column, Take(table, "--target", options.target));
  ASSIGN_OR_RETURN(const Roles roles, TakeRoles(table, options));
  const auto target = data::TargetOf(target_column, options.task ? &*options.task : nullptr);
  if (!target.ok()) return Annotate(target.status(), options.data);

  rows.kind = KindOf(options);
  const data::SplitOptions split_options{.kind = rows.kind,
                                         .seed = options.seed,
                                         .target = &*target,
                                         .group = roles.group ? &*roles.group : nullptr,
                                         .time = roles.time ? &*roles.time : nullptr};
  ASSIGN_OR_RETURN(const data::Split split, SplitRows(table.rows, options, split_options));
  rows.train = table.Select(split.train);
  rows.test = table.Select(split.test);
  rows.train_target = train::Select(*target, split.train);
  rows.test_target = train::Select(*target, split.test);
  rows.train_weights = WeightsOf(roles, split.train);
  rows.test_weights = WeightsOf(roles, split.test);
  if (!with_folds) return rows;

  std::optional<data::Column> group, time;
  if (roles.group) group = SelectRows(*roles.group, split.train);
  if (roles.time) time = SelectRows(*roles.time, split.train);
  ASSIGN_OR_RETURN(rows.folds, data::SplitFolds(split.train.size(), options.folds,
                                                {.kind = rows.kind,
                                                 .seed = options.seed,
                                                 .target = &rows.train_target,
                                                 .group = group ? &*group : nullptr,
                                                 .time = time ? &*time : nullptr}));
  return rows;
}

}  // namespace slipway::pipeline
