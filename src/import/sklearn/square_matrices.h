#pragma once
// What must be known of small square matrices when an estimator is read. All are [n, n], row-major.

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// Their cost is cubic in it: about ten seconds.
inline constexpr int64_t kMaxSquare = 2048;

/// a⁻¹, by elimination with the largest pivots of each column.
/// @return kTooLarge beyond kMaxSquare; kBadModel when a is singular or holds NaN.
StatusOr<std::vector<double>> InverseOf(const State& state, std::vector<double> a, int64_t n);

/// lower⁻¹ · diag(scale), lower being a lower triangle: what stands above its diagonal is not read.
/// @return like InverseOf.
StatusOr<std::vector<double>> InverseOfTriangle(const State& state,
                                                const std::vector<double>& lower,
                                                const std::vector<double>& scale);

}  // namespace slipway::importing::sklearn
