#pragma once
// The rows that a training learns from and is judged by.

#include "pipeline/row_choice.h"
#include "pipeline/training.h"

namespace slipway::pipeline {

struct TrainingRows : ChosenRows {
  std::vector<data::Split> folds;  // of `train`; none without a search
};

/// Reads the file and divides its rows.
/// @param with_folds  a search needs them.
/// @return what ChooseRows says.
StatusOr<TrainingRows> ReadTrainingRows(const TrainingOptions& options, bool with_folds);

std::string_view NameOf(data::SplitKind kind);  // "stratified"

}  // namespace slipway::pipeline
