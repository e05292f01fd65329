#pragma once
// Samples row by row, in the precision that training computes in.

#include <vector>

#include "base/status.h"
#include "train/samples.h"

namespace slipway::train {

/// @param shift  taken from each feature's values before they are rounded; empty = nothing.
/// @return [rows, features] float32; kBadRequest naming feature and row for a value that is missing
///   or too large for float32.
StatusOr<std::vector<float>> RowsOf(const Samples& samples, std::span<const double> shift = {});

/// kBadRequest naming feature and row for a value that is missing or infinite.
Status CheckFinite(const Samples& samples);

/// kBadRequest when all weights are 0.
Status CheckWeights(const Samples& samples);

}  // namespace slipway::train
