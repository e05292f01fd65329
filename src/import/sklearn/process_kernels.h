#pragma once
// Kernels of Gaussian processes: sklearn.gaussian_process.kernels, which are objects that hold
// others.

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// kernel_(x, rows) of a process: FP64 [n, rows.rows()]. WhiteKernel is 0: rows of a request are
/// not those that were trained on.
/// @param process  the estimator that has kernel_
/// @return kUnsupported naming a kernel that has no counterpart (PairwiseKernel, Matern with a nu
/// of
///   its own); kTooLarge when they nest deeper than 64 or number more than 4096.
StatusOr<Matrix> AddProcessKernel(Graph& graph, const State& kernel, const Matrix& x,
                                  const Dense& rows);

/// kernel.diag(x): FP64 [n, 1], with what WhiteKernel adds.
StatusOr<Matrix> AddProcessVariance(Graph& graph, const State& kernel, const Matrix& x);

}  // namespace slipway::importing::sklearn
