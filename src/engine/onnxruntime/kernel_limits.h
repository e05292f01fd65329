#pragma once
#include "base/status.h"
#include "onnx/onnx.pb.h"

namespace slipway::onnxruntime {

/// Refuses what ONNX Runtime's CPU kernels accept and compute otherwise than ONNX specifies, and what
/// they refuse without saying which operator it was. Found with the ONNX project's node models.
/// @return kUnsupported naming node and operator.
Status CheckKernelLimits(const ::onnx::GraphProto& graph);

}  // namespace slipway::onnxruntime
