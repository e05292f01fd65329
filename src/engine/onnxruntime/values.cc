#include "engine/onnxruntime/values.h"

#include <cstring>

#include "onnx/types.h"

namespace slipway::onnxruntime {
namespace {

StatusOr<OrtAllocator*> CpuAllocator() {
  OrtAllocator* allocator = nullptr;
  RETURN_IF_ORT_ERROR(Api().GetAllocatorWithDefaultOptions(&allocator));
  return allocator;
}

StatusOr<Owned<OrtValue>> Allocated(const Tensor& tensor) {
  ASSIGN_OR_RETURN(OrtAllocator* const allocator, CpuAllocator());
  OrtValue* value = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateTensorAsOrtValue(
      allocator, tensor.shape.data(), tensor.shape.size(), ElementType(tensor.dtype), &value));
  return Owned<OrtValue>(value);
}

StatusOr<Owned<OrtValue>> CopyStrings(const Tensor& tensor) {
  ASSIGN_OR_RETURN(Owned<OrtValue> value, Allocated(tensor));
  BytesReader reader(tensor.data.bytes());
  size_t index = 0;
  for (std::string_view element; reader.Next(&element); ++index) {
    char* to = nullptr;
    RETURN_IF_ORT_ERROR(
        Api().GetResizedStringTensorElementBuffer(value.get(), index, element.size(), &to));
    if (!element.empty()) std::memcpy(to, element.data(), element.size());
  }
  return value;
}

StatusOr<Owned<OrtValue>> CopyBytes(const Tensor& tensor) {
  ASSIGN_OR_RETURN(Owned<OrtValue> value, Allocated(tensor));
  void* to = nullptr;
  RETURN_IF_ORT_ERROR(Api().GetTensorMutableData(value.get(), &to));
  std::memcpy(to, tensor.data.data(), tensor.data.size());
  return value;
}

bool IsAligned(const Tensor& tensor) {
  return reinterpret_cast<uintptr_t>(tensor.data.data()) % ElementSize(tensor.dtype) == 0;
}

Status TooLarge(const TensorSpec& spec, size_t bytes, size_t max_bytes) {
  return Error(Reason::kTooLarge, "output \"{}\" has {} bytes, more than the limit of {}",
               spec.name, bytes, max_bytes);
}

StatusOr<Tensor> TakeStrings(const OrtValue& value, Tensor tensor, size_t count,
                             const TensorSpec& spec, size_t max_bytes) {
  size_t length = 0;
  RETURN_IF_ORT_ERROR(Api().GetStringTensorDataLength(&value, &length));
  const size_t wire_bytes = length + count * sizeof(uint32_t);
  if (wire_bytes > max_bytes) return TooLarge(spec, wire_bytes, max_bytes);
  std::string content(length, '\0');
  std::vector<size_t> starts(count + 1, length);
  RETURN_IF_ORT_ERROR(
      Api().GetStringTensorContent(&value, content.data(), length, starts.data(), count));
  std::string wire;
  wire.reserve(wire_bytes);
  for (size_t i = 0; i < count; ++i)
    AppendBytesElement(wire,
                       std::string_view(content).substr(starts[i], starts[i + 1] - starts[i]));
  tensor.data = Buffer::Own(std::move(wire));
  return tensor;
}

struct Held {
  std::shared_ptr<OrtSession> session;  // outlives the value
  Owned<OrtValue> value;
};

}  // namespace

ONNXTensorElementDataType ElementType(DType dtype) {
  return static_cast<ONNXTensorElementDataType>(onnx::OnnxTypeOf(dtype));
}

StatusOr<Owned<OrtValue>> Borrow(const Tensor& tensor, const OrtMemoryInfo& memory) {
  if (tensor.dtype == DType::kBytes) return CopyStrings(tensor);
  if (!IsAligned(tensor)) return CopyBytes(tensor);
  // ONNX Runtime takes a pointer to mutable memory but writes to no input.
  void* const data = const_cast<std::byte*>(tensor.data.data());
  OrtValue* value = nullptr;
  RETURN_IF_ORT_ERROR(Api().CreateTensorWithDataAsOrtValue(&memory, data, tensor.data.size(),
                                                           tensor.shape.data(), tensor.shape.size(),
                                                           ElementType(tensor.dtype), &value));
  return Owned<OrtValue>(value);
}

StatusOr<Tensor> Take(Owned<OrtValue> value, const TensorSpec& spec,
                      std::shared_ptr<OrtSession> session, size_t max_bytes) {
  OrtTensorTypeAndShapeInfo* raw_info = nullptr;
  RETURN_IF_ORT_ERROR(Api().GetTensorTypeAndShape(value.get(), &raw_info));
  const Owned<OrtTensorTypeAndShapeInfo> info(raw_info);
  ONNXTensorElementDataType type = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  size_t rank = 0, count = 0;
  RETURN_IF_ORT_ERROR(Api().GetTensorElementType(info.get(), &type));
  RETURN_IF_ORT_ERROR(Api().GetDimensionsCount(info.get(), &rank));
  RETURN_IF_ORT_ERROR(Api().GetTensorShapeElementCount(info.get(), &count));
  Tensor tensor{spec.dtype, Shape(rank), {}};
  RETURN_IF_ORT_ERROR(Api().GetDimensions(info.get(), tensor.shape.data(), rank));
  if (type != ElementType(spec.dtype))
    return Error(Reason::kInternal, "output \"{}\": expected element type {}, got {}", spec.name,
                 static_cast<int>(ElementType(spec.dtype)), static_cast<int>(type));
  if (spec.dtype == DType::kBytes)
    return TakeStrings(*value, std::move(tensor), count, spec, max_bytes);

  const size_t bytes = count * ElementSize(spec.dtype);  // it is in memory, so it fits
  if (bytes > max_bytes) return TooLarge(spec, bytes, max_bytes);
  void* data = nullptr;
  RETURN_IF_ORT_ERROR(Api().GetTensorMutableData(value.get(), &data));
  auto held = std::make_shared<Held>(Held{std::move(session), std::move(value)});
  tensor.data = Buffer({static_cast<const std::byte*>(data), bytes}, std::move(held));
  return tensor;
}

}  // namespace slipway::onnxruntime
