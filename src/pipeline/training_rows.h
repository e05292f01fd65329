#pragma once
// The rows that a training learns from and is judged by.

#include "data/split.h"
#include "pipeline/training.h"
#include "train/dataset.h"

namespace slipway::pipeline {

struct TrainingRows {
  data::TableFacts facts;
  train::Dataset train, test;
  data::SplitKind kind = data::SplitKind::kRandom;
  std::vector<data::Split> folds;    // of `train`; none without a search
  std::vector<std::string> cleaned;  // what steps of cleaning did to all rows
};

/// Reads the file and splits its rows.
/// @param with_folds  a search needs them.
/// @return what ChooseRows says.
StatusOr<TrainingRows> ReadTrainingRows(const TrainingOptions& options, bool with_folds);

std::string_view NameOf(data::SplitKind kind);  // "stratified"

}  // namespace slipway::pipeline
