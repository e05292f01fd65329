// Requests with binary data after the JSON: the first two bytes choose the length of the JSON, the
// third where in memory the body begins.

#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/openinference/request_reader.h"

namespace slipway::openinference {

void FuzzBinaryTensor(std::span<const std::byte> input) {
  constexpr size_t kControlBytes = 3;
  if (input.size() < kControlBytes) return;
  const auto control = [&](size_t i) { return static_cast<size_t>(input[i]); };
  const std::string header = std::to_string(control(0) << 8 | control(1));
  std::byte* memory;
  const auto wire = input.subspan(kControlBytes);
  const size_t offset = control(2) % 16;
  const Buffer owner = Buffer::Allocate(offset + wire.size(), &memory);
  std::copy(wire.begin(), wire.end(), memory + offset);
  const std::span<const std::byte> body(memory + offset, wire.size());

  const StatusOr<size_t> json_size = JsonSize(header, body.size());
  if (!json_size.ok()) return;
  InferRequest request;
  if (*json_size == 0) {
    Signature signature;
    signature.inputs = {{"x", static_cast<DType>(control(2) % kDTypeCount), {-1, 3}}};
    if (!ReadRawRequest(body, signature, control(2) & 16, request).ok()) return;
  } else if (!ReadRequest(body, *json_size, request).ok()) {
    return;
  }
  for (const NamedTensor& named : request.inputs) {
    const Tensor& tensor = named.tensor;
    SLIPWAY_CHECK(CheckData(tensor).ok(), "an accepted tensor is as long as its shape says");
    const size_t alignment = std::max<size_t>(ElementSize(tensor.dtype), 1);
    SLIPWAY_CHECK(reinterpret_cast<uintptr_t>(tensor.data.data()) % alignment == 0,
                  "a tensor is aligned to its elements");
  }
}

}  // namespace slipway::openinference

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::openinference::FuzzBinaryTensor(std::as_bytes(std::span(data, size)));
  return 0;
}
