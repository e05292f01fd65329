#pragma once
#include <span>

namespace slipway::stats {

/// Between two values linearly, as numpy.quantile has it by default.
/// @param sorted  ascending, at least one.
/// @param share   in [0, 1].
double Quantile(std::span<const double> sorted, double share);

}  // namespace slipway::stats
