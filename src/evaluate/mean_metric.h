#pragma once
#include <limits>
#include <memory>
#include <vector>

#include "evaluate/metrics.h"

namespace slipway::evaluate {

/// The weighted mean of a figure of each row.
/// @param of_row  called now, once a row.
template <typename OfRow>
WeightedMetric MeanOf(size_t rows, OfRow&& of_row) {
  auto values = std::make_shared<std::vector<double>>();
  values->reserve(rows);
  for (size_t row = 0; row < rows; ++row) values->push_back(of_row(row));
  return [values](std::span<const double> weights) {
    double sum = 0, weight = 0;
    for (size_t row = 0; row < values->size(); ++row) {
      sum += weights[row] * (*values)[row];
      weight += weights[row];
    }
    return weight > 0 ? sum / weight : std::numeric_limits<double>::quiet_NaN();
  };
}

}  // namespace slipway::evaluate
