// Inspection of arbitrary bytes: an answer, never a crash. The skeleton and the whole message must tell
// the same signature.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "onnx/model_info.h"
#include "onnx/skeleton.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const auto bytes = std::as_bytes(std::span(data, size));
  const onnx::Limits limits{.max_nodes = 10'000};
  const auto info = onnx::Inspect(bytes, limits);
  const auto whole = onnx::ParseModel(bytes);
  if (!whole.ok()) return 0;
  const auto expected = onnx::InspectSkeleton(*whole, limits);
  if (info.ok() != expected.ok()) std::abort();
  if (info.ok() && info->signature != expected->signature) std::abort();
  return 0;
}
