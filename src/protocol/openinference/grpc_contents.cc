#include "protocol/openinference/grpc_contents.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"
#include "protobuf/repeated_numbers.h"
#include "protocol/calls/packed_numbers.h"
#include "protocol/openinference/tensor_data.h"

namespace slipway::openinference {
namespace {

using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;
using protobuf::RepeatedNumbers;

enum Contents : uint32_t {
  kNone,
  kBool,
  kInt,
  kInt64,
  kUint,
  kUint64,
  kFp32,
  kFp64,
  kBytes,
  kContentsEnd
};
constexpr std::string_view kNames[] = {"",
                                       "bool_contents",
                                       "int_contents",
                                       "int64_contents",
                                       "uint_contents",
                                       "uint64_contents",
                                       "fp32_contents",
                                       "fp64_contents",
                                       "bytes_contents"};

Contents ContentsFor(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return kBool;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
      return kInt;
    case DType::kInt64:
      return kInt64;
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
      return kUint;
    case DType::kUint64:
      return kUint64;
    case DType::kFp32:
      return kFp32;
    case DType::kFp64:
      return kFp64;
    case DType::kBytes:
      return kBytes;
    case DType::kFp16:
    case DType::kBf16:
      break;
  }
  return kNone;
}

/// Calls `element(const Field&)` for the fields of number `wanted`. Those for other data types may
/// be there, but not hold anything.
template <typename Element>
Status ReadFields(std::string_view contents, Contents wanted, DType dtype, const Element& element) {
  MessageReader reader(contents, kNames);
  for (Field field; reader.Next(&field);) {
    if (field.number() == wanted) {
      RETURN_IF_ERROR(element(field));
    } else if (field.number() < kContentsEnd &&
               (field.tag != protobuf::BytesTag(field.number()) || !field.bytes.empty())) {
      return Error(Reason::kBadRequest, "expected \"{}\" for {}, got \"{}\"", kNames[wanted],
                   NameOf(dtype), kNames[field.number()]);
    }
  }
  return reader.status();
}

/// Lets `add(field, name, elements)` fill memory for as many elements as the shape says, or as
/// the message can hold when the shape claims more.
template <typename T, typename Add>
Status ReadNumbers(std::string_view contents, Arena& arena, Tensor& tensor, const Add& add) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  const Contents number = ContentsFor(tensor.dtype);
  const size_t room = std::min(static_cast<uint64_t>(expected), uint64_t{contents.size()});
  const std::span<std::byte> memory = arena.Allocate(room * sizeof(T));
  RepeatedNumbers<T> elements({reinterpret_cast<T*>(memory.data()), room});
  RETURN_IF_ERROR(ReadFields(contents, number, tensor.dtype, [&](const Field& field) {
    return add(field, kNames[number], elements);
  }));
  if (elements.count() != static_cast<uint64_t>(expected))
    return WrongCount(tensor, expected, elements.count());
  tensor.data = Buffer(memory);
  return OkStatus();
}

template <typename T, typename Wire>
Status ReadVarints(std::string_view contents, Arena& arena, Tensor& tensor) {
  return ReadNumbers<T>(contents, arena, tensor, protobuf::AddVarints<T, Wire>);
}

Status ReadStrings(std::string_view contents, Arena& arena, Tensor& tensor) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  std::string wire;
  size_t count = 0;
  RETURN_IF_ERROR(ReadFields(contents, kBytes, tensor.dtype, [&](const Field& field) {
    if (field.tag == protobuf::BytesTag(kBytes)) {
      AppendBytesElement(wire, field.bytes);
      ++count;
    }
    return OkStatus();
  }));
  if (count != static_cast<uint64_t>(expected)) return WrongCount(tensor, expected, count);
  const std::span<std::byte> memory = arena.Allocate(wire.size());
  std::memcpy(memory.data(), wire.data(), wire.size());
  tensor.data = Buffer(memory);
  return OkStatus();
}

Status NoContents(DType dtype, std::string_view instead) {
  return Error(Reason::kBadRequest, "{} has no typed contents; {}", NameOf(dtype), instead);
}

void AppendStrings(const Tensor& tensor, MessageWriter& writer) {
  BytesReader elements(tensor.data.bytes());
  for (std::string_view element; elements.Next(&element);) writer.Bytes(kBytes, element);
}

}  // namespace

Status ReadContents(std::string_view contents, Arena& arena, Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kBool:
      return ReadNumbers<uint8_t>(contents, arena, tensor, protobuf::AddBools);
    case DType::kUint8:
      return ReadVarints<uint8_t, uint32_t>(contents, arena, tensor);
    case DType::kUint16:
      return ReadVarints<uint16_t, uint32_t>(contents, arena, tensor);
    case DType::kUint32:
      return ReadVarints<uint32_t, uint32_t>(contents, arena, tensor);
    case DType::kUint64:
      return ReadVarints<uint64_t, uint64_t>(contents, arena, tensor);
    case DType::kInt8:
      return ReadVarints<int8_t, int32_t>(contents, arena, tensor);
    case DType::kInt16:
      return ReadVarints<int16_t, int32_t>(contents, arena, tensor);
    case DType::kInt32:
      return ReadVarints<int32_t, int32_t>(contents, arena, tensor);
    case DType::kInt64:
      return ReadVarints<int64_t, int64_t>(contents, arena, tensor);
    case DType::kFp32:
      return ReadNumbers<float>(contents, arena, tensor, protobuf::AddFixed<float>);
    case DType::kFp64:
      return ReadNumbers<double>(contents, arena, tensor, protobuf::AddFixed<double>);
    case DType::kBytes:
      return ReadStrings(contents, arena, tensor);
    case DType::kFp16:
    case DType::kBf16:
      break;
  }
  return NoContents(tensor.dtype, "send it in \"raw_input_contents\"");
}

Status AppendContents(const Tensor& tensor, std::string& out) {
  const Contents number = ContentsFor(tensor.dtype);
  const std::span<const std::byte> data = tensor.data.bytes();
  MessageWriter writer(out);
  switch (tensor.dtype) {
    case DType::kFp32:
    case DType::kFp64:
      writer.Bytes(number, {reinterpret_cast<const char*>(data.data()), data.size()});
      return OkStatus();
    case DType::kBytes:
      AppendStrings(tensor, writer);
      return OkStatus();
    case DType::kFp16:
    case DType::kBf16:
      return NoContents(tensor.dtype, "leave out the parameter \"binary_data_output\"");
    default:
      AppendPackedNumbers(tensor, number, out);
      return OkStatus();
  }
}

}  // namespace slipway::openinference
