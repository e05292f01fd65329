#pragma once
// Tests of two models on the same rows. A p-value is the chance of a difference at least this
// large, either way, between models that are equally good.

#include <cstdint>
#include <span>

namespace slipway::stats {

/// Of classes: rows that the first model has right and the second wrong, and the other way round.
/// Exact. Source: McNemar 1947.
double McNemarTest(uint64_t only_first, uint64_t only_second);

/// Of numbers, by the ranks of their differences: zeros are left out, ties share their ranks; by
/// the normal approximation. Source: Wilcoxon 1945; scipy.stats.wilcoxon, method "asymptotic".
/// @return 1 when no difference is left.
double WilcoxonTest(std::span<const double> first, std::span<const double> second);

/// Of a resampled difference: twice the share of resamples beyond zero, at least 1 / resamples.
/// NaN are left out.
double BootstrapTest(std::span<const double> differences);

}  // namespace slipway::stats
