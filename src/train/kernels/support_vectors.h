#pragma once
// Support vector machines of samples: C-SVC, one machine a pair of classes, and epsilon-SVR.

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "train/estimator.h"
#include "train/kernels/dual_problem.h"
#include "train/kernels/platt.h"

namespace slipway::train {

struct SvmOptions {
  KernelFunction kernel;
  double cost = 1;       // C
  double epsilon = 0.1;  // regression: how wide the tube is on each side
  double tolerance = 1e-3;
  size_t cache_bytes = size_t{200} << 20;
  bool shrinking = true;
  int64_t max_iterations = INT64_MAX;
  bool probability = false;
};

/// Of pair p: the decision is Σ weight[v, p]·K(x, v) + offset[p], above 0 for the first class.
struct SupportVectors {
  std::vector<uint32_t> vectors;  // rows of the samples, ascending
  std::vector<double> weights;    // [vectors, pairs]
  std::vector<double> offsets;    // [pairs]
  std::vector<int32_t> classes;   // those that occur, ascending; pairs (0,1), (0,2), …, (1,2), … of
                                  // them; of a regression empty, with one "pair"
  std::vector<Sigmoid> sigmoids;  // [pairs], where probabilities were asked for
  int64_t iterations = 0;
  bool converged = true;
};

/// @param rows  [samples.rows, features] in the precision of training.
/// @param fit   with folds, where probabilities are asked for: of a row, what machines of the
/// others
///   say is what its sigmoid is fitted to.
/// @return kBadRequest when a kernel is no finite number, one class alone has weight, folds are
///   missing, or the checkpoint is of another training.
/// Threads: pairs side by side, or the parts of a kernel row when pairs are fewer than threads. The
///   result does not depend on the team's size.
StatusOr<SupportVectors> FitSupportVectors(const Samples& samples, std::span<const float> rows,
                                           const SvmOptions& options, const FitOptions& fit);

}  // namespace slipway::train
