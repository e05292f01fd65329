#pragma once
// Gradient descent for linear models: full, stochastic and in mini-batches.

#include <cstdint>
#include <string>
#include <vector>

#include "train/linear/linear_model.h"

namespace slipway::train {

enum class DescentLoss : uint8_t {
  kSquared,  // (s − y)² / 2
  kHuber,    // that within epsilon of y, beyond it a line
  kLog,      // ln(1 + e^(−ys)), y being ±1: one class against the rest
  kHinge,    // max(0, 1 − ys)
  kSoftmax,  // ln Σ eˢ − s of the row's class
};

struct DescentOptions {
  enum class Optimiser : uint8_t { kPlain, kMomentum, kAdam };
  enum class Schedule : uint8_t {
    kConstant,
    kInverseScaling,  // eta0 / stepᵖ
    kAdaptive,        // eta0, a fifth of it each time the loss stops falling, down to 1e-3
    kCosine,          // from eta0 to 0 along half a wave over max_iterations rounds
  };
  DescentLoss loss = DescentLoss::kSquared;
  Optimiser optimiser = Optimiser::kPlain;
  Schedule schedule = Schedule::kInverseScaling;
  size_t batch = 1;     // rows a step; 0: all
  double alpha = 1e-4;  // adds alpha · (l1_ratio |b|₁ + (1 − l1_ratio) |b|² / 2) to the mean loss
  double l1_ratio = 0;
  bool fit_intercept = true;
  double epsilon = 0.1;  // of kHuber
  double eta0 = 0.01, power = 0.25, momentum = 0.9;
  int64_t max_iterations = 1000;  // rounds over the rows
  double tolerance = 1e-3;        // done once the loss has not fallen by this for `patience` rounds
  int64_t patience = 5;
  uint64_t seed = 0;
};

struct DescentFit {
  LinearModel model;
  std::string summary;
};

/// The targets of rows: of regressions the values [rows], of classifications places in `classes`.
/// Two classes have one output; more have one each.
/// Cost: rows · features · outputs a round; a copy of the values, row by row.
/// @return kBadRequest when it diverges, for weights without a sum and for a checkpoint of another
///   training.
/// Source: Bottou, Stochastic gradient tricks, 2012; Kingma and Ba, Adam, 2015; Duchi and Singer,
///   Efficient online and batch learning using forward backward splitting, 2009 (l1).
StatusOr<DescentFit> FitByDescent(const Samples& samples, const Classes* classes,
                                  const DescentOptions& options, const FitOptions& fit_options);

}  // namespace slipway::train
