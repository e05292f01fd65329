#include "protocol/openinference/grpc_contents.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <utility>

#include "protobuf/message_reader.h"
#include "protobuf/message_writer.h"

namespace slipway::openinference {
namespace {

using protobuf::Field;
using protobuf::MessageReader;
using protobuf::MessageWriter;
using protobuf::Tag;
using protobuf::WireType;

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

/// The elements of a tensor while they come in: those beyond the room are counted only.
template <typename T>
class Elements {
 public:
  explicit Elements(std::span<T> room) : room_(room) {}

  void Add(T value) {
    if (count_ < room_.size()) room_[count_] = value;
    ++count_;
  }
  void AddAll(std::string_view bytes) {
    const size_t more = bytes.size() / sizeof(T);
    if (count_ < room_.size())
      std::memcpy(&room_[count_], bytes.data(), std::min(more, room_.size() - count_) * sizeof(T));
    count_ += more;
  }
  size_t count() const { return count_; }

 private:
  std::span<T> room_;
  size_t count_ = 0;
};

Status Truncated(Contents field) {
  return Error(Reason::kBadRequest, "field \"{}\": its last number is truncated", kNames[field]);
}

/// Numbers that stand as they are: packed ones are copied at once.
template <typename T>
Status AddFixed(const Field& field, Contents number, Elements<T>& out) {
  if (field.tag == protobuf::BytesTag(number)) {
    if (field.bytes.size() % sizeof(T) != 0) return Truncated(number);
    out.AddAll(field.bytes);
    return OkStatus();
  }
  constexpr WireType kType = sizeof(T) == 8 ? WireType::kFixed64 : WireType::kFixed32;
  if (field.tag != Tag(number, kType)) return OkStatus();
  T value;
  std::memcpy(&value, &field.value, sizeof(value));
  out.Add(value);
  return OkStatus();
}

/// @tparam Wire  what the field holds; wider bits are dropped, as protobuf does.
template <typename T, typename Wire>
Status AddVarints(const Field& field, Contents number, Elements<T>& out) {
  std::optional<Wire> outside;
  const auto add = [&](uint64_t bits) {
    const auto value = static_cast<Wire>(bits);
    if (!std::in_range<T>(value) && !outside) outside = value;
    out.Add(static_cast<T>(value));
  };
  if (field.tag == protobuf::VarintTag(number))
    add(field.value);
  else if (field.tag == protobuf::BytesTag(number) &&
           !protobuf::ReadPackedVarints(field.bytes, add))
    return Truncated(number);
  if (outside)
    return Error(Reason::kBadRequest, "field \"{}\": expected numbers from {} to {}, got {}",
                 kNames[number], int64_t{std::numeric_limits<T>::min()},
                 uint64_t{std::numeric_limits<T>::max()}, *outside);
  return OkStatus();
}

Status AddBools(const Field& field, Contents number, Elements<uint8_t>& out) {
  const auto add = [&](uint64_t bits) { out.Add(bits != 0 ? 1 : 0); };
  if (field.tag == protobuf::VarintTag(number))
    add(field.value);
  else if (field.tag == protobuf::BytesTag(number) &&
           !protobuf::ReadPackedVarints(field.bytes, add))
    return Truncated(number);
  return OkStatus();
}

Status WrongCount(const Tensor& tensor, int64_t expected, size_t got) {
  return Error(Reason::kBadRequest, "expected {} elements for {}, got {}", expected,
               ToString(tensor.dtype, tensor.shape), got);
}

/// Lets `add(field, number, elements)` fill memory for as many elements as the shape says, or as
/// the message can hold when the shape claims more.
template <typename T, typename Add>
Status ReadNumbers(std::string_view contents, Arena& arena, Tensor& tensor, const Add& add) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  const Contents number = ContentsFor(tensor.dtype);
  const size_t room = std::min(static_cast<uint64_t>(expected), uint64_t{contents.size()});
  const std::span<std::byte> memory = arena.Allocate(room * sizeof(T));
  Elements<T> elements({reinterpret_cast<T*>(memory.data()), room});
  RETURN_IF_ERROR(ReadFields(contents, number, tensor.dtype,
                             [&](const Field& field) { return add(field, number, elements); }));
  if (elements.count() != static_cast<uint64_t>(expected))
    return WrongCount(tensor, expected, elements.count());
  tensor.data = Buffer(memory);
  return OkStatus();
}

template <typename T, typename Wire>
Status ReadVarints(std::string_view contents, Arena& arena, Tensor& tensor) {
  return ReadNumbers<T>(contents, arena, tensor, AddVarints<T, Wire>);
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

/// A negative element becomes the varint of its 64 bits.
template <typename T>
void AppendVarints(const Tensor& tensor, Contents number, std::string& out) {
  MessageWriter writer(out);
  const size_t packed = writer.Begin(number);
  for (const T value : tensor.as<T>())
    protobuf::AppendVarint(out, static_cast<uint64_t>(static_cast<int64_t>(value)));
  writer.End(packed);
}

}  // namespace

Status ReadContents(std::string_view contents, Arena& arena, Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kBool:
      return ReadNumbers<uint8_t>(contents, arena, tensor, AddBools);
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
      return ReadNumbers<float>(contents, arena, tensor, AddFixed<float>);
    case DType::kFp64:
      return ReadNumbers<double>(contents, arena, tensor, AddFixed<double>);
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
    case DType::kBool:
    case DType::kUint8:
      AppendVarints<uint8_t>(tensor, number, out);
      return OkStatus();
    case DType::kUint16:
      AppendVarints<uint16_t>(tensor, number, out);
      return OkStatus();
    case DType::kUint32:
      AppendVarints<uint32_t>(tensor, number, out);
      return OkStatus();
    case DType::kUint64:
      AppendVarints<uint64_t>(tensor, number, out);
      return OkStatus();
    case DType::kInt8:
      AppendVarints<int8_t>(tensor, number, out);
      return OkStatus();
    case DType::kInt16:
      AppendVarints<int16_t>(tensor, number, out);
      return OkStatus();
    case DType::kInt32:
      AppendVarints<int32_t>(tensor, number, out);
      return OkStatus();
    case DType::kInt64:
      AppendVarints<int64_t>(tensor, number, out);
      return OkStatus();
    case DType::kFp32:
    case DType::kFp64:
      writer.Bytes(number, {reinterpret_cast<const char*>(data.data()), data.size()});
      return OkStatus();
    case DType::kBytes:
      AppendStrings(tensor, writer);
      return OkStatus();
    case DType::kFp16:
    case DType::kBf16:
      break;
  }
  return NoContents(tensor.dtype, "leave out the parameter \"binary_data_output\"");
}

}  // namespace slipway::openinference
