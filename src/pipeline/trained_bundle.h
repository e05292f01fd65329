#pragma once
// A trained model as the bundle that is written of it.

#include "pipeline/training.h"
#include "pipeline/training_rows.h"

namespace slipway::pipeline {

/// Packs the model with its lineage and, as golden examples, its own answers to a few rows.
/// @param runner  of `trained`.
/// @param report  all but what packing adds.
StatusOr<bundle::Packed> PackTrained(const train::Trained& trained, const evaluate::Runner& runner,
                                     const TrainingRows& rows, const TrainingReport& report,
                                     const TrainingOptions& options);

/// What a training follows from, as the lineage has it.
std::map<std::string, std::string> LineageOf(const TrainingReport& report,
                                             const TrainingOptions& options);

}  // namespace slipway::pipeline
