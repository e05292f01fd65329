#pragma once
#include <cmath>
#include <span>

namespace slipway::data {

/// The q-quantile of values that are sorted, finite and at least one, interpolated linearly between
/// neighbours, as numpy.quantile does by default (Hyndman and Fan 1996, type 7).
/// @param q  in [0, 1].
inline double QuantileOfSorted(std::span<const double> sorted, double q) {
  const double place = q * static_cast<double>(sorted.size() - 1);
  const auto below = static_cast<size_t>(place);
  const size_t above = below + 1 < sorted.size() ? below + 1 : below;
  return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace slipway::data
