#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace slipway::stats {

/// Where a figure lies with some confidence; NaN where nothing is known.
struct Interval {
  double low, high;
};

/// Bias-corrected and accelerated: corrects the resampled figures for bias and skew.
/// Source: Efron 1987, Better Bootstrap Confidence Intervals; scipy.stats.bootstrap.
/// @param figure     of the rows themselves.
/// @param resampled  of resamples, in any order; those that are NaN are left out.
/// @param left_out   of the rows without each of some groups; fewer than two, or NaN among them: no
///   correction for skew.
/// @return NaN when half of `resampled` or more are NaN, or 95 of 100 lie on one side of the
/// figure.
Interval BcaInterval(double figure, std::span<const double> resampled,
                     std::span<const double> left_out, double confidence);

/// Of a share of `trials`. Source: Wilson 1927, Probable Inference.
/// @return [0, 1] without trials.
Interval WilsonInterval(double successes, double trials, double confidence);

/// The median with an interval of order statistics: whatever the distribution, it holds the true
/// median at least that often. Of so few values that none does, all of them.
struct MedianFigure {
  double value;
  Interval interval;
};
/// @param values  at least one, in any order.
MedianFigure MedianWithInterval(std::span<const double> values, double confidence);

}  // namespace slipway::stats
