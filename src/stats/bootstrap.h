#pragma once
// The bootstrap by weights: a resample of rows is how often each was drawn, so a figure that takes
// weights is computed without moving a row. Source: Efron 1979, Bootstrap Methods.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/team.h"
#include "stats/interval.h"

namespace slipway::stats {

/// A figure of rows by their weights. Called from several threads at once.
using WeightedFigure = std::function<double(std::span<const double> weights)>;

struct BootstrapOptions {
  int resamples = 1'000;
  double confidence = 0.95;
  uint64_t seed = 0;
  Team* team = nullptr;  // null: this thread alone
};

/// What became of one figure.
struct Bootstrapped {
  double figure = 0;              // of the rows themselves
  std::vector<double> resampled;  // [resamples]
  std::vector<double> left_out;   // of the rows without one of up to a hundred groups each

  Interval interval(double confidence) const {
    return BcaInterval(figure, resampled, left_out, confidence);
  }
};

/// All figures see the same resamples, so that they can be compared resample by resample. The same
/// seed gives the same, whatever the team.
/// @param weights  [rows]: of the rows, or empty for 1 each. Cost: resamples · rows · figures.
std::vector<Bootstrapped> Bootstrap(size_t rows, std::span<const double> weights,
                                    std::span<const WeightedFigure> figures,
                                    const BootstrapOptions& options);

}  // namespace slipway::stats
