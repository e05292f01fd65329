#pragma once
// ONNX element types and the data types of the Open Inference Protocol.

#include <cstdint>
#include <optional>
#include <string>

#include "tensor/dtype.h"

namespace onnx {
class TypeProto;
}

namespace slipway::onnx {

/// @param onnx_type  a TensorProto.DataType. nullopt for what the protocol has no word for: complex
/// numbers, 8-bit floats and everything narrower than a byte.
std::optional<DType> DTypeOf(int32_t onnx_type);

/// The TensorProto.DataType of `dtype`.
int32_t OnnxTypeOf(DType dtype);

/// "tensor(float)", "seq(map(int64,tensor(float)))": the spelling of the ONNX operator documents.
std::string TypeText(const ::onnx::TypeProto& type);

}  // namespace slipway::onnx
