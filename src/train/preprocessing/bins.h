#pragma once
#include "train/preprocessing/encoder.h"

namespace slipway::train {

/// Edges between `bins` equally full intervals of what is not NaN, ascending, each once: fewer
/// where values are equal. Quantiles are numpy's "linear".
std::vector<double> QuantileEdges(std::span<const double> values, int bins);

/// A number's place among intervals [edge, next edge): how many edges it reaches.
/// @param one_hot  a feature an interval, zeros for NaN; else one feature, NaN for NaN.
std::unique_ptr<Encoder> EncodeBins(std::string column, std::vector<double> edges, bool one_hot);

}  // namespace slipway::train
