#pragma once
#include <string>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::instances {

/// Appends an output as nested lists the way `.tolist()` in Python gives a prediction: a column
/// [n,1] is its n values, as scikit-learn has them; NaN and the infinities are tokens.
/// @return kBadRequest naming the output for BYTES that are not UTF-8; `out` is then unspecified.
Status AppendPrediction(const NamedTensor& output, std::string& out);

}  // namespace slipway::instances
