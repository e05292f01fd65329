#pragma once
// Distributions, by Boost.Math (docs/adr/0041).

#include <cstdint>

namespace slipway::stats {

/// Of the standard normal distribution.
double NormalCdf(double x);
/// @param share  in [0, 1]; the ends give infinities.
double NormalQuantile(double share);

/// The chance of at most `successes` of `trials`, each with `chance`.
double BinomialCdf(uint64_t successes, uint64_t trials, double chance);

}  // namespace slipway::stats
