#pragma once
// Kernels that are known by a name: of support vector machines and of sklearn.metrics.pairwise.

#include <optional>
#include <string>

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

struct Kernel {
  std::string name;  // "rbf"; "a function" when it is one
  double gamma = 1;
  double coef0 = 0;
  double degree = 3;
};

/// kernel, degree, coef0, _gamma of a support vector machine. kUnsupported for "precomputed".
StatusOr<Kernel> ReadSvmKernel(const State& state);
/// kernel, gamma, degree, coef0 of others, over x of so many columns: gamma is one of them by
/// default, coef0 1. Also from kernel_params.
StatusOr<Kernel> ReadPairwiseKernel(const State& state, int64_t columns);

/// kernel(x, each vector), of support vector machines: "rbf", "linear", "poly" and "sigmoid";
/// nullopt for other names. FP64 [n, vectors.rows()].
std::optional<Matrix> AddSvmKernel(Graph& graph, const Kernel& kernel, const Matrix& x,
                                   const Dense& vectors);

/// kernel(x, each vector): FP64 [n, vectors.rows()]. Where the attribute `kernel` of `state` is one
/// of a Gaussian process, that.
/// @return kUnsupported for kernels that are functions or were computed beforehand.
StatusOr<Matrix> AddKernel(Graph& graph, const State& state, const Kernel& kernel, const Matrix& x,
                           const Dense& vectors);

}  // namespace slipway::importing::sklearn
