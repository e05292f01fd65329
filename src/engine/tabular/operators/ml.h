#pragma once
// What the float32 operators of ai.onnx.ml have in common.

#include <vector>

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Input 0 [n, k] as float32, which these operators compute in whatever they are given.
StatusOr<Value> InputAsFloats(Lowering& node);

/// x times the rows of `coefficients` ([outputs, columns]), plus `intercepts` or nothing.
/// @return kBadModel when their sizes do not meet.
StatusOr<Value> EmitScores(Lowering& node, const Value& x, const std::vector<float>& coefficients,
                           std::vector<float> intercepts);

}  // namespace slipway::tabular
