#pragma once
// Limited-memory BFGS: minimises a smooth function of many numbers.

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "base/status.h"

namespace slipway::train {

/// Where a minimisation stands; to go on from it gives what would have come without a stop.
struct LbfgsState {
  std::vector<double> at, gradient;
  double value = 0;
  int64_t iteration = 0;
  struct Pair {
    std::vector<double> step, change;  // of `at` and of `gradient`
  };
  std::deque<Pair> pairs;  // the latest last
};

struct LbfgsOptions {
  int64_t max_iterations = 100;
  double tolerance = 1e-4;  // done once no part of the gradient is larger
  size_t memory = 10;       // pairs
};

/// @param gradient  of the size of `at`; overwritten.
using SmoothFunction =
    std::function<double(const std::vector<double>& at, std::vector<double>& gradient)>;

enum class LbfgsEnd : uint8_t { kConverged, kStopped, kIterations };

/// @param state  from where; with an empty gradient, from the beginning at `at`.
/// @param each  called after each iteration; false: stop now.
/// @return why it ended; kBadRequest when value or gradient are no longer finite.
/// Source: Nocedal and Wright, Numerical Optimization, 7.2; Lewis and Overton, Nonsmooth
///   optimization via quasi-Newton methods, 2013, algorithm 2.6 (line search).
StatusOr<LbfgsEnd> MinimiseLbfgs(const SmoothFunction& function, const LbfgsOptions& options,
                                 const std::function<StatusOr<bool>(const LbfgsState&)>& each,
                                 LbfgsState& state);

}  // namespace slipway::train
