#pragma once
#include <span>
#include <string>

#include "base/status.h"
#include "tensor/tensor.h"

namespace slipway::mlflow {

/// Appends {"predictions": …}: one output as nested lists, as MLflow has an array; several as an
/// object of such by name. A column [n,1] is a list of n values.
/// @return kBadRequest naming the output for BYTES that are not UTF-8; `out` is then unspecified.
Status WriteAnswer(std::span<const NamedTensor> outputs, std::string& out);

}  // namespace slipway::mlflow
