#pragma once
// A model that was just trained, made smaller or faster before it is judged.

#include <string>
#include <vector>

#include "evaluate/runner.h"
#include "optimise/auto.h"
#include "pipeline/training_rows.h"
#include "train/trainer.h"

namespace slipway::pipeline {

struct OptimiseTrainedOptions {
  std::string how;         // "auto", or passes as optimise::ReadSteps takes them
  double max_loss = 0.01;  // that "auto" may cost, as optimise::LossGate has it
};

/// Passes calibrate on rows to learn from; what they cost is measured on the rows held out, of
/// which there is one at least.
/// @return all that was tried beside the original, and the choice; kBadRequest for `how`; what
/// passes
///   and engine answer.
StatusOr<optimise::AutoChoice> OptimiseTrained(const train::Trained& trained,
                                               const TrainingRows& rows,
                                               const evaluate::LoadModel& load,
                                               const OptimiseTrainedOptions& options);

}  // namespace slipway::pipeline
