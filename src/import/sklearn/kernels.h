#pragma once
// Kernels of support vector machines.

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// kernel(x, each support vector): FP64 [n, vectors.rows()]. Reads kernel, degree, coef0, _gamma.
/// @return kUnsupported for kernels that are functions or were computed beforehand.
StatusOr<Matrix> AddKernel(Graph& graph, const State& state, const Matrix& x, const Dense& vectors);

}  // namespace slipway::importing::sklearn
