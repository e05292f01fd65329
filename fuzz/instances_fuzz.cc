// The reader of instances, by row and by column, for models with one input of each data type and
// for one with all of them. What it accepts must hold together, and must survive being written and
// read.

#include <cstdint>
#include <cstring>
#include <string>

#include "base/check.h"
#include "protocol/instances/rows.h"

namespace slipway::instances {
namespace {

constexpr JsonReader::Options kTokens{.allow_nan_tokens = true};

/// @param choice  below kDTypeCount: one input of that type; else all of them.
Signature MakeSignature(int choice) {
  Signature signature;
  for (int i = 0; i < kDTypeCount; ++i) {
    if (choice < kDTypeCount && choice != i) continue;
    const auto dtype = static_cast<DType>(i);
    const bool bytes = dtype == DType::kBytes;
    signature.inputs.push_back({bytes ? "t_bytes" : fmt::format("t{}", i), dtype, {-1}, i > 2});
  }
  return signature;
}

void CheckRoundTrip(const Signature& signature, const std::vector<NamedTensor>& tensors) {
  std::string text;
  if (!AppendColumns(tensors, {}, text).ok()) return;
  if (tensors.size() == 1) text = fmt::format("{{\"{}\":{}}}", tensors[0].name, text);
  InferRequest again;
  JsonReader json(text, kTokens);
  SLIPWAY_CHECK(ReadColumns(json, signature, again).ok(), "what is written can be read");
  SLIPWAY_CHECK(again.inputs.size() == tensors.size(), "every tensor comes back");
  for (size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& before = tensors[i].tensor;
    const Tensor& after = again.inputs[i].tensor;
    SLIPWAY_CHECK(after.shape == before.shape && after.data.size() == before.data.size() &&
                      (before.data.size() == 0 ||
                       std::memcmp(after.data.data(), before.data.data(), before.data.size()) == 0),
                  "a tensor survives JSON exactly");
  }
}

}  // namespace

void FuzzInstances(bool rows, int choice, std::string_view text) {
  const Signature signature = MakeSignature(choice);
  InferRequest request;
  JsonReader json(text, kTokens);
  const Status read =
      rows ? ReadRows(json, signature, request) : ReadColumns(json, signature, request);
  if (!read.ok()) return;
  size_t bytes = 0;
  for (const NamedTensor& input : request.inputs) {
    SLIPWAY_CHECK(CheckData(input.tensor).ok(), "an accepted tensor is as long as its shape says");
    bytes += input.tensor.data.size();
  }
  SLIPWAY_CHECK(bytes <= 4 * text.size() + 8, "memory follows the text");
  CheckRoundTrip(signature, request.inputs);
}

}  // namespace slipway::instances

/// The first byte says which reader and which signature.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  slipway::instances::FuzzInstances(data[0] & 0x80, data[0] % 16, text);
  return 0;
}
