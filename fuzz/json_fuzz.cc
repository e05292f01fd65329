// The Open Inference Protocol's JSON reader. What it accepts must hold together, and whatever it
// can write back as JSON must read back as the same bytes.

#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"
#include "protocol/openinference/request_reader.h"
#include "protocol/openinference/tensor_data.h"

namespace slipway::openinference {
namespace {

void CheckRoundTrip(const Tensor& tensor) {
  std::string text;
  if (!AppendJsonData(tensor, text).ok()) return;
  Tensor again{tensor.dtype, tensor.shape, {}};
  Arena arena;
  JsonReader reader(text);
  SLIPWAY_CHECK(ReadJsonData(reader, arena, again).ok(), "what is written can be read");
  SLIPWAY_CHECK(again.data.size() == tensor.data.size() &&
                    std::memcmp(again.data.data(), tensor.data.data(), tensor.data.size()) == 0,
                "a tensor survives JSON exactly");
}

}  // namespace

void FuzzJson(std::span<const std::byte> body) {
  InferRequest request;
  if (!ReadRequest(body, body.size(), request).ok()) return;
  for (const NamedTensor& input : request.inputs) {
    SLIPWAY_CHECK(CheckData(input.tensor).ok(), "an accepted tensor is as long as its shape says");
    CheckRoundTrip(input.tensor);
  }
}

}  // namespace slipway::openinference

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::openinference::FuzzJson(std::as_bytes(std::span(data, size)));
  return 0;
}
