#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "evaluate/metrics.h"

namespace slipway::evaluate {

/// Some of the rows, apart: what Judged looks at and the weights, in the order given.
struct SelectedRows {
  data::Target target;
  Predictions predictions;
  std::vector<double> weights;  // empty: 1 each
  int32_t positive = 1;

  Judged judged() const { return {target, predictions, positive}; }
};
SelectedRows Select(const Judged& judged, std::span<const double> weights,
                    std::span<const uint32_t> rows);

}  // namespace slipway::evaluate
