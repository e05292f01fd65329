#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "evaluate/metrics.h"

namespace slipway::evaluate {

/// How much weight of which class was taken for which.
struct Confusion {
  size_t labels = 0;
  std::vector<double> cells;  // [labels, labels + 1]: true, predicted; last: none of the labels

  double At(size_t truth, size_t predicted) const {
    return cells[truth * (labels + 1) + predicted];
  }
  double TrueWeight(size_t label) const;
  double PredictedWeight(size_t label) const;  // label may be `labels`
  double Weight() const;
};
/// @param weights  [rows]; empty = 1 each.
Confusion CountConfusion(const Judged& judged, std::span<const double> weights);

}  // namespace slipway::evaluate
