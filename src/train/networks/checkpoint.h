#pragma once
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "train/networks/optimiser.h"

namespace slipway::train {

/// Everything that the next epoch depends on, besides samples and options.
struct TrainingState {
  uint64_t training = 0;  // tells trainings apart
  int64_t epochs = 0;     // done
  int64_t stale = 0;      // epochs since the loss last fell
  double learning_rate = 0;
  double loss = 0;  // of the last epoch
  double least = std::numeric_limits<double>::infinity();
  std::vector<float> parameters;
  std::vector<float> best;  // parameters of the least validation loss; empty without early stopping
  Optimiser::State optimiser;
};

/// Bytes that only this class of processor's training goes on from identically.
std::string WriteCheckpoint(const TrainingState& state);
/// @param like  of the training that goes on: vectors have its sizes, `training` its value.
/// @return kBadRequest for what is no checkpoint, or one of another training.
StatusOr<TrainingState> ReadCheckpoint(std::string_view bytes, const TrainingState& like);

}  // namespace slipway::train
