#include "protocol/tfserving/tensor_proto.h"

#include <algorithm>
#include <cstring>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protobuf/repeated_numbers.h"
#include "protocol/calls/packed_numbers.h"
#include "protocol/tfserving/data_type.h"

namespace slipway::tfserving {
namespace {

using protobuf::BytesTag;
using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;
using protobuf::RepeatedNumbers;
using protobuf::VarintTag;

enum TensorField : uint32_t {
  kDtype = 1,
  kTensorShape,
  kVersionNumber,
  kTensorContent,
  kFloatVal,
  kDoubleVal,
  kIntVal,
  kStringVal,
  kScomplexVal,
  kInt64Val,
  kBoolVal,
  kDcomplexVal,
  kHalfVal,
  kResourceHandleVal,
  kVariantVal,
  kUint32Val,
  kUint64Val,
};
constexpr std::string_view kNames[] = {"",
                                       "dtype",
                                       "tensor_shape",
                                       "version_number",
                                       "tensor_content",
                                       "float_val",
                                       "double_val",
                                       "int_val",
                                       "string_val",
                                       "scomplex_val",
                                       "int64_val",
                                       "bool_val",
                                       "dcomplex_val",
                                       "half_val",
                                       "resource_handle_val",
                                       "variant_val",
                                       "uint32_val",
                                       "uint64_val"};
enum ShapeField : uint32_t { kDim = 2, kUnknownRank };
enum DimField : uint32_t { kSize = 1 };

TensorField FieldFor(DType dtype) {
  switch (dtype) {
    case DType::kFp32:
      return kFloatVal;
    case DType::kFp64:
      return kDoubleVal;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
    case DType::kUint8:
    case DType::kUint16:
      return kIntVal;
    case DType::kBytes:
      return kStringVal;
    case DType::kInt64:
      return kInt64Val;
    case DType::kBool:
      return kBoolVal;
    case DType::kFp16:
    case DType::kBf16:
      return kHalfVal;
    case DType::kUint32:
      return kUint32Val;
    case DType::kUint64:
      return kUint64Val;
  }
  return kFloatVal;
}

Status ReadShape(std::string_view message, Shape& shape) {
  shape.clear();
  MessageReader reader(message);
  for (Field field; reader.Next(&field);) {
    if (field.tag == VarintTag(kUnknownRank) && field.value != 0)
      return Error(Reason::kBadRequest, "expected a shape, got one of unknown rank");
    if (field.tag != BytesTag(kDim)) continue;
    if (shape.size() == kMaxRank)
      return Error(Reason::kBadRequest, "expected at most {} dimensions", kMaxRank);
    shape.push_back(0);
    MessageReader dim(field.bytes);
    for (Field size; dim.Next(&size);)
      if (size.tag == VarintTag(kSize)) shape.back() = static_cast<int64_t>(size.value);
    RETURN_IF_ERROR(dim.status());
  }
  return reader.status();
}

template <typename T>
std::span<T> As(std::span<std::byte> memory) {
  return {reinterpret_cast<T*>(memory.data()), memory.size() / sizeof(T)};
}

}  // namespace

/// What is known of a tensor before its elements are read.
struct TensorProtoReader::Parts {
  uint64_t dtype = 0;
  std::string_view content;
  size_t elements = 0;  // by the shape
};

Status TensorProtoReader::Read(std::string_view message, Tensor& tensor) {
  Parts parts;
  MessageReader reader(message, kNames);
  for (Field field; reader.Next(&field);) {
    if (field.tag == VarintTag(kDtype)) parts.dtype = field.value;
    if (field.tag == BytesTag(kTensorShape)) RETURN_IF_ERROR(ReadShape(field.bytes, tensor.shape));
    if (field.tag == BytesTag(kTensorContent)) parts.content = field.bytes;
  }
  RETURN_IF_ERROR(reader.status());
  const auto dtype = DTypeOf(parts.dtype);
  if (!dtype)
    return Error(Reason::kBadRequest, "\"dtype\" {} is no data type of a model", parts.dtype);
  tensor.dtype = *dtype;
  ASSIGN_OR_RETURN(const int64_t elements, ElementCount(tensor.shape));
  parts.elements = static_cast<size_t>(elements);
  return parts.content.empty() ? ReadField(message, parts, tensor)
                               : ReadContent(parts.content, tensor);
}

Status TensorProtoReader::ReadContent(std::string_view content, Tensor& tensor) {
  if (tensor.dtype == DType::kBytes)
    return Error(Reason::kNotOffered,
                 "DT_STRING in \"tensor_content\" is not offered; use "
                 "\"string_val\"");
  std::span<const std::byte> bytes = std::as_bytes(std::span(content));
  const size_t alignment = ElementSize(tensor.dtype);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment != 0) {
    const std::span<std::byte> copy = arena_.Allocate(bytes.size());
    std::ranges::copy(bytes, copy.begin());
    bytes = copy;
  }
  const auto is_bool = [](std::byte each) { return each <= std::byte{1}; };
  if (tensor.dtype == DType::kBool && !std::ranges::all_of(bytes, is_bool))
    return Error(Reason::kBadRequest, "expected bytes 0 and 1 for DT_BOOL");
  tensor.data = Buffer(bytes);
  return CheckData(tensor);
}

/// Lets `add(field, name, numbers)` fill memory for as many elements as the message can hold, which
/// is then made as large as the shape.
template <typename T, typename Add>
Status TensorProtoReader::ReadNumbers(std::string_view message, const Parts& parts, Tensor& tensor,
                                      const Add& add) {
  const TensorField number = FieldFor(tensor.dtype);
  const size_t room = std::min(parts.elements, message.size());
  std::span<std::byte> memory = arena_.Allocate(room * sizeof(T));
  RepeatedNumbers<T> numbers(As<T>(memory));
  MessageReader reader(message, kNames);
  for (Field field; reader.Next(&field);)
    if (field.number() == number) RETURN_IF_ERROR(add(field, kNames[number], numbers));
  RETURN_IF_ERROR(reader.status());
  const size_t count = numbers.count();
  if (count > parts.elements)
    return Error(Reason::kBadRequest, "expected {} elements for {}, got {}", parts.elements,
                 ToString(tensor.dtype, tensor.shape), count);
  if (count < parts.elements) {
    RETURN_IF_ERROR(repeated_.Charge(parts.elements, sizeof(T)));
    const T last = count == 0 ? T{} : As<T>(memory)[count - 1];
    memory = arena_.Grow(memory, count * sizeof(T), parts.elements * sizeof(T));
    std::ranges::fill(As<T>(memory).subspan(count), last);
  }
  tensor.data = Buffer(memory.first(parts.elements * sizeof(T)));
  return OkStatus();
}

Status TensorProtoReader::ReadStrings(std::string_view message, const Parts& parts,
                                      Tensor& tensor) {
  std::string wire;
  std::string_view last;
  size_t count = 0;
  MessageReader reader(message, kNames);
  for (Field field; reader.Next(&field);) {
    if (field.tag != BytesTag(kStringVal)) continue;
    last = field.bytes;
    AppendBytesElement(wire, last);
    ++count;
  }
  RETURN_IF_ERROR(reader.status());
  if (count > parts.elements)
    return Error(Reason::kBadRequest, "expected {} elements for {}, got {}", parts.elements,
                 ToString(tensor.dtype, tensor.shape), count);
  const size_t missing = parts.elements - count;
  RETURN_IF_ERROR(repeated_.Charge(missing, sizeof(uint32_t) + last.size()));
  for (size_t i = 0; i < missing; ++i) AppendBytesElement(wire, last);
  tensor.data = Buffer::Own(std::move(wire));
  return OkStatus();
}

Status TensorProtoReader::ReadField(std::string_view message, const Parts& parts, Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kBool:
      return ReadNumbers<uint8_t>(message, parts, tensor, protobuf::AddBools);
    case DType::kUint8:
      return ReadNumbers<uint8_t>(message, parts, tensor, protobuf::AddVarints<uint8_t, int32_t>);
    case DType::kUint16:
      return ReadNumbers<uint16_t>(message, parts, tensor, protobuf::AddVarints<uint16_t, int32_t>);
    case DType::kInt8:
      return ReadNumbers<int8_t>(message, parts, tensor, protobuf::AddVarints<int8_t, int32_t>);
    case DType::kInt16:
      return ReadNumbers<int16_t>(message, parts, tensor, protobuf::AddVarints<int16_t, int32_t>);
    case DType::kInt32:
      return ReadNumbers<int32_t>(message, parts, tensor, protobuf::AddVarints<int32_t, int32_t>);
    case DType::kInt64:
      return ReadNumbers<int64_t>(message, parts, tensor, protobuf::AddVarints<int64_t, int64_t>);
    case DType::kUint32:
      return ReadNumbers<uint32_t>(message, parts, tensor,
                                   protobuf::AddVarints<uint32_t, uint32_t>);
    case DType::kUint64:
      return ReadNumbers<uint64_t>(message, parts, tensor,
                                   protobuf::AddVarints<uint64_t, uint64_t>);
    case DType::kFp16:
    case DType::kBf16:
      return ReadNumbers<uint16_t>(message, parts, tensor, protobuf::AddVarints<uint16_t, int32_t>);
    case DType::kFp32:
      return ReadNumbers<float>(message, parts, tensor, protobuf::AddFixed<float>);
    case DType::kFp64:
      return ReadNumbers<double>(message, parts, tensor, protobuf::AddFixed<double>);
    case DType::kBytes:
      break;
  }
  return ReadStrings(message, parts, tensor);
}

void AppendShape(uint32_t number, const Shape* shape, std::string& out) {
  MessageWriter writer(out);
  const size_t message = writer.Begin(number);
  if (shape == nullptr) {
    writer.Varint(kUnknownRank, 1);
  } else {
    for (const int64_t size : *shape) {
      const size_t dim = writer.Begin(kDim);
      writer.Varint(kSize, static_cast<uint64_t>(size));
      writer.End(dim);
    }
  }
  writer.End(message);
}

TensorProtoPieces WriteTensorProto(const Tensor& tensor) {
  TensorProtoPieces pieces;
  std::string& head = pieces.head;
  MessageWriter writer(head);
  writer.Varint(kDtype, DataTypeNumber(tensor.dtype));
  AppendShape(kTensorShape, &tensor.shape, head);
  const TensorField number = FieldFor(tensor.dtype);
  switch (tensor.dtype) {
    case DType::kFp32:
    case DType::kFp64:
      writer.BytesHeader(number, tensor.data.size());
      pieces.data = tensor.data;
      break;
    case DType::kBytes: {
      BytesReader elements(tensor.data.bytes());
      for (std::string_view element; elements.Next(&element);) writer.Bytes(number, element);
      break;
    }
    default:
      AppendPackedNumbers(tensor, number, head);
      break;
  }
  return pieces;
}

}  // namespace slipway::tfserving
