// ModelInferRequest messages. The first byte says where in memory the message begins. What is
// accepted must hold together, mean what the generated classes make of it, and read back from what
// the response writer makes of it.

#include <inference/grpc_service.pb.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "protocol/openinference/grpc_contents.h"
#include "protocol/openinference/grpc_request_reader.h"

namespace slipway::openinference {
namespace {

bool Same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::ranges::equal(a, b);
}

void CheckTensor(const Tensor& tensor) {
  SLIPWAY_CHECK(CheckData(tensor).ok(), "an accepted tensor is as long as its shape says");
  const size_t alignment = std::max<size_t>(ElementSize(tensor.dtype), 1);
  SLIPWAY_CHECK(
      tensor.data.size() == 0 || reinterpret_cast<uintptr_t>(tensor.data.data()) % alignment == 0,
      "a tensor is aligned to its elements");
  std::string contents;
  if (!AppendContents(tensor, contents).ok()) return;
  Arena arena;
  Tensor again{tensor.dtype, tensor.shape, {}};
  SLIPWAY_CHECK(ReadContents(contents, arena, again).ok(), "what is written can be read");
  SLIPWAY_CHECK(Same(again.data.bytes(), tensor.data.bytes()), "a tensor survives exactly");
}

void CompareInput(const ::inference::ModelInferRequest& parsed, int i, const NamedTensor& input) {
  const auto& wanted = parsed.inputs(i);
  SLIPWAY_CHECK(wanted.name() == input.name && wanted.datatype() == NameOf(input.tensor.dtype) &&
                    std::ranges::equal(wanted.shape(), input.tensor.shape),
                "an input is what the generated classes say");
  if (parsed.raw_input_contents_size() == 0) return;
  SLIPWAY_CHECK(
      Same(std::as_bytes(std::span(parsed.raw_input_contents(i))), input.tensor.data.bytes()),
      "raw contents belong to the input of the same place");
}

}  // namespace

void FuzzGrpcInfer(std::span<const std::byte> data) {
  if (data.empty()) return;
  const size_t offset = static_cast<size_t>(data[0]) % 16;
  const auto wire = data.subspan(1);
  std::byte* memory;
  const Buffer owner = Buffer::Allocate(offset + wire.size(), &memory);
  std::copy(wire.begin(), wire.end(), memory + offset);

  InferRequest request;
  if (!ReadInferMessage({memory + offset, wire.size()}, request).ok()) return;
  ::inference::ModelInferRequest parsed;
  // They refuse numbers written with more bytes than needed, which the encoding allows.
  if (!parsed.ParseFromArray(wire.data(), static_cast<int>(wire.size()))) return;
  SLIPWAY_CHECK(parsed.model_name() == request.model && parsed.id() == request.id &&
                    parsed.inputs_size() == static_cast<int>(request.inputs.size()) &&
                    parsed.outputs_size() == static_cast<int>(request.outputs.size()),
                "a request is what the generated classes say");
  for (size_t i = 0; i < request.inputs.size(); ++i) {
    CheckTensor(request.inputs[i].tensor);
    CompareInput(parsed, static_cast<int>(i), request.inputs[i]);
  }
}

}  // namespace slipway::openinference

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::openinference::FuzzGrpcInfer(std::as_bytes(std::span(data, size)));
  return 0;
}
