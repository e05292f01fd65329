#include "onnx/tensor_proto.h"

#include <cstring>

#include "onnx/display.h"
#include "onnx/types.h"

namespace slipway::onnx {
namespace {

// Appends each value as the T it stands for: the typed fields of ONNX are wider than some types.
template <typename T, typename Field>
std::string Narrowed(const Field& field) {
  std::string bytes(static_cast<size_t>(field.size()) * sizeof(T), '\0');
  char* at = bytes.data();
  for (const auto wide : field) {
    const T value = static_cast<T>(wide);
    std::memcpy(at, &value, sizeof(T));
    at += sizeof(T);
  }
  return bytes;
}

std::string TypedValues(const ::onnx::TensorProto& proto, DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUint8: return Narrowed<uint8_t>(proto.int32_data());
    case DType::kInt8: return Narrowed<int8_t>(proto.int32_data());
    case DType::kUint16:
    case DType::kFp16:
    case DType::kBf16: return Narrowed<uint16_t>(proto.int32_data());
    case DType::kInt16: return Narrowed<int16_t>(proto.int32_data());
    case DType::kInt32: return Narrowed<int32_t>(proto.int32_data());
    case DType::kInt64: return Narrowed<int64_t>(proto.int64_data());
    case DType::kUint32: return Narrowed<uint32_t>(proto.uint64_data());
    case DType::kUint64: return Narrowed<uint64_t>(proto.uint64_data());
    case DType::kFp32: return Narrowed<float>(proto.float_data());
    case DType::kFp64: return Narrowed<double>(proto.double_data());
    case DType::kBytes: break;
  }
  std::string wire;
  for (const auto& element : proto.string_data()) AppendBytesElement(wire, element);
  return wire;
}

}  // namespace

StatusOr<Tensor> ToTensor(const ::onnx::TensorProto& proto) {
  if (proto.data_location() == ::onnx::TensorProto::EXTERNAL)
    return Error(Reason::kBadModel, "tensor \"{}\": its values lie in another file", Shown(proto.name()));
  const auto dtype = DTypeOf(proto.data_type());
  if (!dtype)
    return Error(Reason::kUnsupported, "tensor \"{}\": element type {} is not supported", Shown(proto.name()),
                 proto.data_type());
  Tensor tensor{*dtype, Shape(proto.dims().begin(), proto.dims().end()), {}};
  const bool raw = proto.has_raw_data() && *dtype != DType::kBytes;
  tensor.data = Buffer::Own(raw ? proto.raw_data() : TypedValues(proto, *dtype));
  if (const Status status = CheckData(tensor); !status.ok())
    return Error(Reason::kBadModel, "tensor \"{}\": {}", Shown(proto.name()), MessageOf(status));
  return tensor;
}

::onnx::TensorProto ToProto(std::string_view name, const Tensor& tensor) {
  ::onnx::TensorProto proto;
  proto.set_name(std::string(name));
  proto.set_data_type(OnnxTypeOf(tensor.dtype));
  for (const int64_t dim : tensor.shape) proto.add_dims(dim);
  if (tensor.dtype != DType::kBytes) {
    proto.set_raw_data(tensor.data.data(), tensor.data.size());
    return proto;
  }
  BytesReader reader(tensor.data.bytes());
  for (std::string_view element; reader.Next(&element);)
    proto.add_string_data(element.data(), element.size());
  return proto;
}

}  // namespace slipway::onnx
