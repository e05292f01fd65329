#include "protocol/openinference/tensor_data.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/check.h"
#include "base/utf8.h"
#include "tensor/half.h"
#include "text/json_writer.h"
#include "text/number_array.h"
#include "text/number_format.h"

namespace slipway::openinference {
namespace {

bool NarrowToFp16(double value, uint16_t* out) {
  constexpr uint16_t kInfinity = 0x7C00;
  *out = DoubleToFp16(value);
  return (*out & kInfinity) != kInfinity;
}

bool NarrowToBf16(double value, uint16_t* out) {
  constexpr uint16_t kInfinity = 0x7F80;
  *out = DoubleToBf16(value);
  return (*out & kInfinity) != kInfinity;
}

[[noreturn]] Status UnknownType() {
  CheckFailed(__FILE__, __LINE__, "dtype", "a tensor has one of the protocol's data types");
}

Status WrongCount(const Tensor& tensor, int64_t expected, size_t got) {
  return Error(Reason::kBadRequest, "expected {} elements for {}, got {}", expected,
               ToString(tensor.dtype, tensor.shape), got);
}

/// Lets `read(std::span<T>, &count)` fill memory for as many elements as the shape says, or as the
/// text can hold when the shape claims more.
template <typename T, typename Read>
Status ReadElements(const JsonReader& reader, Arena& arena, Tensor& tensor, const Read& read) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  const size_t possible = reader.rest().size() / 2;  // "[1" and ",1" at the least
  const size_t room = std::min(static_cast<uint64_t>(expected), uint64_t{possible});
  const std::span<std::byte> memory = arena.Allocate(room * sizeof(T));
  size_t count = 0;
  RETURN_IF_ERROR(read(std::span<T>(reinterpret_cast<T*>(memory.data()), room), &count));
  if (count != static_cast<uint64_t>(expected)) return WrongCount(tensor, expected, count);
  tensor.data = Buffer(memory);
  return OkStatus();
}

template <typename T>
Status ReadNumbers(JsonReader& reader, Arena& arena, Tensor& tensor) {
  return ReadElements<T>(reader, arena, tensor, [&](std::span<T> out, size_t* count) {
    return ReadNumberArray(reader, out, count);
  });
}

Status ReadHalves(JsonReader& reader, NarrowFn narrow, Arena& arena, Tensor& tensor) {
  return ReadElements<uint16_t>(reader, arena, tensor, [&](std::span<uint16_t> out, size_t* count) {
    return ReadNumberArray(reader, out, narrow, count);
  });
}

Status ReadBools(JsonReader& reader, Arena& arena, Tensor& tensor) {
  return ReadElements<uint8_t>(reader, arena, tensor, [&](std::span<uint8_t> out, size_t* count) {
    return ReadBoolArray(reader, out, count);
  });
}

Status ReadStrings(JsonReader& reader, Arena& arena, Tensor& tensor) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  std::string wire;
  size_t count = 0;
  RETURN_IF_ERROR(ReadNestedArray(reader, [&](JsonReader& r) -> Status {
    std::string_view element;
    RETURN_IF_ERROR(r.ReadString(&element));
    AppendBytesElement(wire, element);
    ++count;
    return OkStatus();
  }));
  if (count != static_cast<uint64_t>(expected)) return WrongCount(tensor, expected, count);
  const std::span<std::byte> memory = arena.Allocate(wire.size());
  std::memcpy(memory.data(), wire.data(), wire.size());
  tensor.data = Buffer(memory);
  return OkStatus();
}

Status NoJsonForm(size_t element, std::string_view what) {
  return Error(Reason::kBadRequest,
               "element {} {}, which JSON cannot say; ask for this output as binary data", element,
               what);
}

/// @param value  index → the number to write.
template <typename Value>
Status AppendNumbers(std::string& out, size_t count, const Value& value) {
  const size_t written = AppendNumberArray(out, count, value);
  return written == count ? OkStatus() : NoJsonForm(written, "is NaN or infinite");
}

template <typename T>
Status AppendNumbers(const Tensor& tensor, std::string& out) {
  const std::span<const T> values = tensor.as<T>();
  return AppendNumbers(out, values.size(), [values](size_t i) { return values[i]; });
}

Status AppendBools(const Tensor& tensor, std::string& out) {
  out += '[';
  for (const uint8_t value : tensor.as<uint8_t>()) out += value != 0 ? "true," : "false,";
  if (out.back() == ',') out.pop_back();
  out += ']';
  return OkStatus();
}

Status AppendStrings(const Tensor& tensor, std::string& out) {
  BytesReader elements(tensor.data.bytes());
  std::string_view element;
  out += '[';
  for (size_t i = 0; elements.Next(&element); ++i) {
    if (!IsValidUtf8(element)) return NoJsonForm(i, "is not UTF-8");
    if (i > 0) out += ',';
    AppendJsonString(out, element);
  }
  out += ']';
  return OkStatus();
}

}  // namespace

Status ReadJsonData(JsonReader& reader, Arena& arena, Tensor& tensor) {
  switch (tensor.dtype) {
    case DType::kBool:
      return ReadBools(reader, arena, tensor);
    case DType::kUint8:
      return ReadNumbers<uint8_t>(reader, arena, tensor);
    case DType::kUint16:
      return ReadNumbers<uint16_t>(reader, arena, tensor);
    case DType::kUint32:
      return ReadNumbers<uint32_t>(reader, arena, tensor);
    case DType::kUint64:
      return ReadNumbers<uint64_t>(reader, arena, tensor);
    case DType::kInt8:
      return ReadNumbers<int8_t>(reader, arena, tensor);
    case DType::kInt16:
      return ReadNumbers<int16_t>(reader, arena, tensor);
    case DType::kInt32:
      return ReadNumbers<int32_t>(reader, arena, tensor);
    case DType::kInt64:
      return ReadNumbers<int64_t>(reader, arena, tensor);
    case DType::kFp16:
      return ReadHalves(reader, NarrowToFp16, arena, tensor);
    case DType::kBf16:
      return ReadHalves(reader, NarrowToBf16, arena, tensor);
    case DType::kFp32:
      return ReadNumbers<float>(reader, arena, tensor);
    case DType::kFp64:
      return ReadNumbers<double>(reader, arena, tensor);
    case DType::kBytes:
      return ReadStrings(reader, arena, tensor);
  }
  return UnknownType();
}

Status ReadBinaryData(std::span<const std::byte> bytes, Arena& arena, Tensor& tensor) {
  tensor.data = Buffer(bytes);
  RETURN_IF_ERROR(CheckData(tensor));
  if (tensor.dtype == DType::kBool) {
    const auto bad =
        std::find_if(bytes.begin(), bytes.end(), [](std::byte b) { return b > std::byte{1}; });
    if (bad != bytes.end())
      return Error(Reason::kBadRequest, "expected byte 0 or 1 for BOOL element {}, got {}",
                   bad - bytes.begin(), static_cast<int>(*bad));
  }
  const size_t alignment = std::max<size_t>(ElementSize(tensor.dtype), 1);
  if (reinterpret_cast<uintptr_t>(bytes.data()) % alignment == 0) return OkStatus();
  const std::span<std::byte> copy = arena.Allocate(bytes.size());
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  tensor.data = Buffer(copy);
  return OkStatus();
}

Status AppendJsonData(const Tensor& tensor, std::string& out) {
  const auto halves = tensor.as<uint16_t>();
  switch (tensor.dtype) {
    case DType::kBool:
      return AppendBools(tensor, out);
    case DType::kUint8:
      return AppendNumbers<uint8_t>(tensor, out);
    case DType::kUint16:
      return AppendNumbers<uint16_t>(tensor, out);
    case DType::kUint32:
      return AppendNumbers<uint32_t>(tensor, out);
    case DType::kUint64:
      return AppendNumbers<uint64_t>(tensor, out);
    case DType::kInt8:
      return AppendNumbers<int8_t>(tensor, out);
    case DType::kInt16:
      return AppendNumbers<int16_t>(tensor, out);
    case DType::kInt32:
      return AppendNumbers<int32_t>(tensor, out);
    case DType::kInt64:
      return AppendNumbers<int64_t>(tensor, out);
    // A half as the shortest text of the float it equals: it reads back as itself in either type.
    case DType::kFp16:
      return AppendNumbers(out, halves.size(),
                           [halves](size_t i) { return Fp16ToFloat(halves[i]); });
    case DType::kBf16:
      return AppendNumbers(out, halves.size(),
                           [halves](size_t i) { return Bf16ToFloat(halves[i]); });
    case DType::kFp32:
      return AppendNumbers<float>(tensor, out);
    case DType::kFp64:
      return AppendNumbers<double>(tensor, out);
    case DType::kBytes:
      return AppendStrings(tensor, out);
  }
  return UnknownType();
}

}  // namespace slipway::openinference
