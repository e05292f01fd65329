#pragma once
#include "tensor/signature.h"

namespace slipway::instances {

/// The shape that a value meant for `spec` has. A column for an input [n,1] and one row for an
/// input [n,k] may be written with one dimension less: [3] is [3,1] and [1,3].
/// @return `shape` itself when neither is meant.
Shape FitTo(const TensorSpec& spec, Shape shape);

}  // namespace slipway::instances
