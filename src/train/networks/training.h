#pragma once
// Stochastic training of networks: from drawn parameters, or on from those of a trained one.

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/status.h"
#include "train/estimator.h"
#include "train/networks/network.h"
#include "train/networks/optimiser.h"

namespace slipway::train {

enum class Schedule : uint8_t {
  kConstant,
  kInverseScaling,  // the rate over the square root of the rows seen
  kAdaptive,        // a fifth of the rate whenever the loss no longer falls
};

struct TrainingOptions {
  StepOptions step;
  double learning_rate = 1e-3;
  Schedule schedule = Schedule::kConstant;  // of gradient descent; Adam's is constant
  double penalty = 1e-4;                    // of half the squared weights, by row of a batch
  size_t batch_size = 200;
  int64_t max_epochs = 200;
  double tolerance = 1e-4;  // a fall of the loss that counts, in the target's own units
  int64_t patience = 10;    // epochs without such a fall before training stops
};

struct TrainingSummary {
  int64_t epochs = 0;
  double loss = 0;  // mean over the rows of the last epoch
  double validation_loss = std::numeric_limits<double>::quiet_NaN();  // the least
  bool converged = false;  // stopped before max_epochs, and not from outside
};

/// Which weights may differ from 0: as long as Network::parameters, 0 or 1; empty = all. What is
/// masked is 0 afterwards.
using Mask = std::vector<uint8_t>;

/// A network for the target of `samples`: as many outputs as it takes, answers in its units.
/// @param hidden  sizes of the hidden layers; none is 0.
Network DrawNetworkFor(const Samples& samples, std::vector<size_t> hidden, Activation activation,
                       uint64_t seed);

/// The target's weighted mean and spread become the network's shift and scale; what has none keeps
/// them.
void TakeUnits(const Samples& samples, Network& network);

/// Trains on from the network's parameters; also fine-tunes one that was pruned.
/// @param options.checkpoint  of a training of the same samples and options.
/// @return kBadRequest for values that are no finite numbers, weights that are all 0, samples that
///   are not the network's, a checkpoint of another training, and a loss that is no number any
///   more.
/// Threads: uses fit.team. The same arguments and team size give the same parameters.
StatusOr<TrainingSummary> Train(Network& network, const Samples& samples, const Mask& mask,
                                const TrainingOptions& options, const FitOptions& fit);

}  // namespace slipway::train
