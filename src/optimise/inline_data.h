#pragma once
#include "base/status.h"
#include "onnx/model_bytes.h"
#include "onnx/onnx.pb.h"

namespace slipway::optimise {

/// Parses a model, its external data taken in.
/// @return kBadModel; kTooLarge when one message cannot hold it.
StatusOr<::onnx::ModelProto> ParseWhole(const ModelBytes& model);

}  // namespace slipway::optimise
