#include "onnx/types.h"

#include <fmt/core.h>

#include <array>

#include "onnx/onnx.pb.h"

namespace slipway::onnx {
namespace {

using Type = ::onnx::TensorProto;

// By DType.
constexpr std::array<int32_t, kDTypeCount> kOnnxTypes = {
    Type::BOOL,  Type::UINT8,   Type::UINT16,   Type::UINT32, Type::UINT64, Type::INT8,   Type::INT16,
    Type::INT32, Type::INT64,   Type::FLOAT16,  Type::BFLOAT16, Type::FLOAT, Type::DOUBLE, Type::STRING};

// By TensorProto.DataType.
constexpr std::array<std::string_view, 29> kNames = {
    "undefined",    "float",          "uint8",      "int8",           "uint16",     "int16",
    "int32",        "int64",          "string",     "bool",           "float16",    "double",
    "uint32",       "uint64",         "complex64",  "complex128",     "bfloat16",   "float8e4m3fn",
    "float8e4m3fnuz", "float8e5m2",   "float8e5m2fnuz", "uint4",      "int4",       "float4e2m1",
    "float8e8m0",   "uint2",          "int2",       "float6e2m3",     "float6e3m2"};

std::string ElementName(int32_t onnx_type) {
  if (onnx_type < 0 || static_cast<size_t>(onnx_type) >= kNames.size())
    return fmt::format("type {}", onnx_type);
  return std::string(kNames[static_cast<size_t>(onnx_type)]);
}

}  // namespace

std::optional<DType> DTypeOf(int32_t onnx_type) {
  for (size_t i = 0; i < kOnnxTypes.size(); ++i)
    if (kOnnxTypes[i] == onnx_type) return static_cast<DType>(i);
  return std::nullopt;
}

int32_t OnnxTypeOf(DType dtype) { return kOnnxTypes[static_cast<size_t>(dtype)]; }

std::string TypeText(const ::onnx::TypeProto& type) {
  std::string text, closing;
  for (const ::onnx::TypeProto* at = &type;;) {
    switch (at->value_case()) {
      case ::onnx::TypeProto::kTensorType:
        return text + "tensor(" + ElementName(at->tensor_type().elem_type()) + ")" + closing;
      case ::onnx::TypeProto::kSparseTensorType:
        return text + "sparse_tensor(" + ElementName(at->sparse_tensor_type().elem_type()) + ")" +
               closing;
      case ::onnx::TypeProto::kSequenceType:
        text += "seq(";
        at = &at->sequence_type().elem_type();
        break;
      case ::onnx::TypeProto::kOptionalType:
        text += "optional(";
        at = &at->optional_type().elem_type();
        break;
      case ::onnx::TypeProto::kMapType:
        text += "map(" + ElementName(at->map_type().key_type()) + ",";
        at = &at->map_type().value_type();
        break;
      case ::onnx::TypeProto::kOpaqueType:
        return text + "opaque" + closing;
      case ::onnx::TypeProto::VALUE_NOT_SET:
        return text + "undefined" + closing;
    }
    closing += ')';
  }
}

}  // namespace slipway::onnx
