// Inspection of arbitrary bytes: an answer, never a crash. The skeleton and the whole message must
// tell the same signature; its facts are told or refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "onnx/graph_facts.h"
#include "onnx/model_info.h"
#include "onnx/skeleton.h"

namespace slipway::onnx {
namespace {

void Check(std::span<const std::byte> bytes) {
  const Limits limits{.max_nodes = 10'000};
  const auto info = Inspect(bytes, limits);
  const auto whole = ParseModel(bytes);
  if (!whole.ok()) return;
  (void)FactsOf({bytes, {}});
  const auto expected = InspectSkeleton(*whole, limits);
  if (info.ok() != expected.ok()) std::abort();
  if (info.ok() && info->signature != expected->signature) std::abort();
}

}  // namespace
}  // namespace slipway::onnx

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  slipway::onnx::Check(std::as_bytes(std::span(data, size)));
  return 0;
}
