#include "pipeline/training_rows.h"

#include <algorithm>

namespace slipway::pipeline {
namespace {

/// Takes the column of that name out of the table; none for "".
std::optional<data::Column> Take(data::Table& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, &data::Column::name);
  if (name.empty() || found == table.columns.end()) return std::nullopt;
  data::Column column = std::move(*found);
  table.columns.erase(found);
  return column;
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
  ASSIGN_OR_RETURN(data::TableFile file, ReadFile(options.data, options));
  ASSIGN_OR_RETURN(ChosenRows chosen, ChooseRows(std::move(file), options, /*to_learn=*/true));
  train::Dataset all{.table = std::move(chosen.table),
                     .target = std::move(chosen.target),
                     .weights = {},
                     .group = std::nullopt,
                     .time = std::nullopt};
  for (const std::string& name : options.drop) Take(all.table, name);
  Take(all.table, options.target);
  if (auto weights = Take(all.table, options.weights)) all.weights = std::move(weights->numbers);
  all.group = Take(all.table, options.group);
  all.time = Take(all.table, options.time);

  TrainingRows rows{.facts = std::move(chosen.facts),
                    .train = all.Select(chosen.split.train),
                    .test = all.Select(chosen.split.test),
                    .kind = chosen.kind,
                    .folds = {},
                    .cleaned = std::move(chosen.cleaned)};
  if (with_folds) {
    ASSIGN_OR_RETURN(rows.folds, data::SplitFolds(rows.train.size(), options.folds,
                                                  rows.train.Splitting(options.seed)));
  }
  return rows;
}

}  // namespace slipway::pipeline
