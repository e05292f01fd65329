#pragma once
// The quadratic program of support vector machines.

#include <cstdint>
#include <functional>
#include <vector>

#include "train/kernels/kernel.h"

namespace slipway::train {

/// Minimise ½·Σ y_s·y_t·α_s·α_t·K(s, t) + Σ linear_s·α_s over 0 ≤ α_s ≤ bound_s, Σ y_s·α_s = 0.
struct DualProblem {
  Points points;
  std::vector<uint32_t> point;  // of each variable; several may share one
  std::vector<int8_t> sign;     // y: −1 or 1
  std::vector<double> linear;
  std::vector<double> bound;  // above 0

  size_t size() const { return point.size(); }
};

struct DualOptions {
  double tolerance = 1e-3;  // of the largest violation of the conditions of the optimum
  size_t cache_bytes = size_t{200} << 20;
  bool shrinking = true;
  int64_t max_iterations = INT64_MAX;
  Team* team = nullptr;  // may be null
  /// Asked now and then with the iteration and the violation; false stops. May be empty.
  std::function<bool(int64_t iteration, double violation)> goes_on;
};

struct DualSolution {
  std::vector<double> alpha;  // [size()]
  double rho = 0;             // the decision is Σ y·α·K − rho
  int64_t iterations = 0;
  bool converged = false;
};

/// Sequential minimal optimisation: pairs of variables chosen by second-order information,
/// variables at their bounds left out for a while (shrinking), kernel rows kept as long as there is
/// memory. The same problem and options but `team` give the same bits. Memory: the points of all
/// variables once more, the cache, and 60 bytes a variable. Source: Chang, Lin, "LIBSVM: a library
/// for support vector machines" (2011), sections 4 and 5.
DualSolution Solve(const DualProblem& problem, const DualOptions& options);

}  // namespace slipway::train
