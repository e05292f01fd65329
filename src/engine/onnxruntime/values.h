#pragma once
// Tensors in ONNX Runtime's hands and back.

#include <memory>

#include "base/status.h"
#include "engine/onnxruntime/api.h"
#include "tensor/signature.h"
#include "tensor/tensor.h"

namespace slipway::onnxruntime {

/// The C API's element types have the numbers of ONNX's TensorProto.DataType.
ONNXTensorElementDataType ElementType(DType dtype);

/// An OrtValue that reads `tensor`'s own bytes, without a copy; strings, and data that is not
/// aligned for its element type, are copied.
/// @param memory  CPU memory info. The value must not outlive `tensor`'s data.
StatusOr<Owned<OrtValue>> Borrow(const Tensor& tensor, const OrtMemoryInfo& memory);

/// The tensor in `value`, kept alive by the result together with `session`, whose weights an output
/// may be; strings are copied into wire form.
/// @param spec        name and dtype expected.
/// @param max_bytes   more is kTooLarge.
StatusOr<Tensor> Take(Owned<OrtValue> value, const TensorSpec& spec,
                      std::shared_ptr<OrtSession> session, size_t max_bytes);

}  // namespace slipway::onnxruntime
