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

/// Where a solver stands between two steps.
struct DualState {
  int64_t iterations = 0;
  int64_t until_shrinking = 0;   // iterations
  bool near_optimum = false;     // all variables were looked at since
  std::vector<double> alpha;     // [size()]
  std::vector<uint32_t> active;  // variables that are not left out, ascending
  std::vector<double> slope;     // [active]: y times the dual's slope

  bool operator==(const DualState&) const = default;
};

/// Whether a solver of the problem may stand there.
bool Fits(const DualState& state, const DualProblem& problem);

struct DualProgress {
  int64_t iteration = 0;
  double violation = 0;              // of the conditions of the optimum
  std::function<DualState()> state;  // a copy of it
};

struct DualOptions {
  double tolerance = 1e-3;  // of the largest violation of the conditions of the optimum
  size_t cache_bytes = size_t{200} << 20;
  bool shrinking = true;
  int64_t max_iterations = INT64_MAX;
  Team* team = nullptr;              // may be null
  const DualState* start = nullptr;  // that Fits, of the same options; null: the beginning
  /// Asked now and then; false stops. May be empty.
  std::function<bool(const DualProgress& progress)> goes_on;
};

struct DualSolution {
  std::vector<double> alpha;  // [size()]
  double rho = 0;             // the decision is Σ y·α·K − rho
  int64_t iterations = 0;
  bool converged = false;
};

/// Sequential minimal optimisation: pairs of variables chosen by second-order information,
/// variables at their bounds left out for a while (shrinking), kernel rows kept as long as there is
/// memory. The same problem and options but `team` give the same bits, from the beginning or from a
/// state on the way. Memory: the points of all
/// variables once more, the cache, and 60 bytes a variable. Source: Chang, Lin, "LIBSVM: a library
/// for support vector machines" (2011), sections 4 and 5.
DualSolution Solve(const DualProblem& problem, const DualOptions& options);

}  // namespace slipway::train
