#include "stats/interval.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "stats/distributions.h"
#include "stats/quantile.h"

namespace slipway::stats {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

/// How skewed the figure's distribution is: a sixth of the skewness of the rows' influence.
double Acceleration(std::span<const double> left_out) {
  if (left_out.size() < 2) return 0;
  const double mean =
      std::accumulate(left_out.begin(), left_out.end(), 0.0) / static_cast<double>(left_out.size());
  double squares = 0, cubes = 0;
  for (const double figure : left_out) {
    const double influence = mean - figure;
    squares += influence * influence;
    cubes += influence * influence * influence;
  }
  const double acceleration = cubes / (6 * std::pow(squares, 1.5));
  return std::isfinite(acceleration) ? acceleration : 0;
}

/// Beyond it resampling shifts the figure by more than it scatters: a calibration error of few
/// rows.
constexpr double kMostBias = 1.645;

/// The normal quantile of the share of `sorted` below the figure; equal ones count half.
double Bias(double figure, std::span<const double> sorted) {
  const auto below = std::lower_bound(sorted.begin(), sorted.end(), figure) - sorted.begin();
  const auto up_to = std::upper_bound(sorted.begin(), sorted.end(), figure) - sorted.begin();
  return NormalQuantile(static_cast<double>(below + up_to) /
                        (2 * static_cast<double>(sorted.size())));
}

}  // namespace

Interval BcaInterval(double figure, std::span<const double> resampled,
                     std::span<const double> left_out, double confidence) {
  std::vector<double> sorted;
  std::copy_if(resampled.begin(), resampled.end(), std::back_inserter(sorted),
               [](double value) { return !std::isnan(value); });
  if (std::isnan(figure) || sorted.size() * 2 <= resampled.size()) return {kUndefined, kUndefined};
  std::sort(sorted.begin(), sorted.end());
  if (sorted.front() == sorted.back()) return {sorted.front(), sorted.front()};
  const double bias = Bias(figure, sorted), acceleration = Acceleration(left_out);
  if (std::abs(bias) > kMostBias) return {kUndefined, kUndefined};
  const auto corrected = [&](double share) {
    const double shifted = bias + NormalQuantile(share);
    return Quantile(sorted, NormalCdf(bias + shifted / (1 - acceleration * shifted)));
  };
  const double tail = (1 - confidence) / 2;
  return {corrected(tail), corrected(1 - tail)};
}

Interval WilsonInterval(double successes, double trials, double confidence) {
  if (trials <= 0) return {0, 1};
  const double z = NormalQuantile((1 + confidence) / 2), share = successes / trials;
  const double divisor = 1 + z * z / trials;
  const double middle = (share + z * z / (2 * trials)) / divisor;
  const double half =
      z * std::sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / divisor;
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

MedianFigure MedianWithInterval(std::span<const double> values, double confidence) {
  std::vector<double> sorted(values.begin(), values.end());
  std::sort(sorted.begin(), sorted.end());
  const size_t count = sorted.size();
  size_t left_out = 0;  // on each side
  while (2 * (left_out + 1) < count &&
         BinomialCdf(left_out + 1, count, 0.5) <= (1 - confidence) / 2)
    ++left_out;
  return {Quantile(sorted, 0.5), {sorted[left_out], sorted[count - 1 - left_out]}};
}

}  // namespace slipway::stats
