// PredictRequest messages, and the Input of classify and regress. The first byte says which, and
// where in memory the message begins. What is accepted must hold together, and its tensors must
// survive being written and read again.

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/tfserving/example_message.h"
#include "protocol/tfserving/predict_message.h"
#include "protocol/tfserving/tensor_proto.h"
#include "protocol/tfserving/testing/plenty.h"

namespace slipway::tfserving {
namespace {

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}},
                                  {"n", DType::kInt64, {-1}, /*optional=*/true},
                                  {"s", DType::kBytes, {-1, 1}, /*optional=*/true},
                                  {"u", DType::kUint8, {-1, 2, -1}, /*optional=*/true}},
                       .outputs = {}};
constexpr std::byte kExamples{16};  // of the first byte

void CheckTensor(const Tensor& tensor) {
  SLIPWAY_CHECK(CheckData(tensor).ok(), "an accepted tensor is as long as its shape says");
  const size_t alignment = std::max<size_t>(ElementSize(tensor.dtype), 1);
  SLIPWAY_CHECK(
      tensor.data.size() == 0 || reinterpret_cast<uintptr_t>(tensor.data.data()) % alignment == 0,
      "a tensor is aligned to its elements");
  const TensorProtoPieces pieces = WriteTensorProto(tensor);
  std::string message = pieces.head;
  message.append(reinterpret_cast<const char*>(pieces.data.data()), pieces.data.size());
  Arena arena;
  Plenty plenty;
  Tensor again;
  SLIPWAY_CHECK(TensorProtoReader(arena, plenty.repeated).Read(message, again).ok(),
                "what is written can be read");
  SLIPWAY_CHECK(again.dtype == tensor.dtype && again.shape == tensor.shape &&
                    std::ranges::equal(again.data.bytes(), tensor.data.bytes()),
                "a tensor survives exactly");
}

}  // namespace

void Fuzz(std::span<const std::byte> data) {
  if (data.empty()) return;
  const size_t offset = static_cast<size_t>(data[0]) % 16;
  const auto wire = data.subspan(1);
  std::byte* memory;
  const Buffer owner = Buffer::Allocate(offset + wire.size(), &memory);
  std::copy(wire.begin(), wire.end(), memory + offset);
  InferRequest request;
  Plenty plenty;
  const std::span<const std::byte> message(memory + offset, wire.size());
  if ((data[0] & kExamples) != std::byte{0}) {
    const std::string_view input(reinterpret_cast<const char*>(message.data()), message.size());
    if (!ReadExampleInput(input, kModel, request, plenty.repeated).ok()) return;
  } else {
    if (!ReadPredictMessage(message, request, plenty.repeated).ok()) return;
    SLIPWAY_CHECK(!request.model.empty(), "an accepted request names its model");
  }
  for (const NamedTensor& input : request.inputs) CheckTensor(input.tensor);
}

}  // namespace slipway::tfserving

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::tfserving::Fuzz(std::as_bytes(std::span(data, size)));
  return 0;
}
