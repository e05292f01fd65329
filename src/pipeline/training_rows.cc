#include "pipeline/training_rows.h"

namespace slipway::pipeline {

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
  TrainingRows rows;
  ASSIGN_OR_RETURN(static_cast<ChosenRows&>(rows),
                   ChooseRows(std::move(file), options, Purpose::kLearn));
  if (with_folds) {
    ASSIGN_OR_RETURN(rows.folds, data::SplitFolds(rows.train.size(), options.folds,
                                                  rows.train.Splitting(options.seed)));
  }
  return rows;
}

}  // namespace slipway::pipeline
