#include "protocol/openinference/tensor_data.h"

#include <algorithm>
#include <cstring>

#include "protocol/instances/elements.h"
#include "text/number_array.h"

namespace slipway::openinference {

Status WrongCount(const Tensor& tensor, int64_t expected, size_t got) {
  return Error(Reason::kBadRequest, "expected {} elements for {}, got {}", expected,
               ToString(tensor.dtype, tensor.shape), got);
}

Status ReadJsonData(JsonReader& reader, Arena& arena, Tensor& tensor) {
  ASSIGN_OR_RETURN(const int64_t expected, ElementCount(tensor.shape));
  const size_t possible = reader.rest().size() / 2;  // "[1" and ",1" at the least
  instances::ElementReader elements(tensor.dtype, arena);
  elements.Reserve(std::min(static_cast<uint64_t>(expected), uint64_t{possible}));
  RETURN_IF_ERROR(
      ReadNestedArray(reader, [&](JsonReader& r) { return elements.Read(r, SIZE_MAX).status(); }));
  if (elements.count() != static_cast<uint64_t>(expected))
    return WrongCount(tensor, expected, elements.count());
  tensor.data = elements.data();
  return OkStatus();
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
  ASSIGN_OR_RETURN(const int64_t count, ElementCount(tensor.shape));
  out += '[';
  const Status written =
      instances::ElementWriter(tensor, {}).Append(static_cast<size_t>(count), out);
  if (!written.ok())
    return Error(Reason::kBadRequest, "{}; ask for this output as binary data", MessageOf(written));
  out += ']';
  return OkStatus();
}

}  // namespace slipway::openinference
