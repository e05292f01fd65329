// Arbitrary bytes as manifest.json and as an example: an answer, never a crash. What was read is
// written and read again as the same.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "bundle/example.h"
#include "bundle/manifest.h"

namespace slipway::bundle {
namespace {

/// What was read is written and read again as the same tensors.
void CheckRendering(const Example& example) {
  const auto files = RenderExample(example);
  if (!files.ok()) std::abort();
  const auto again = ParseExample(
      example.name, files->at("examples/fuzz.json"),
      [&](const std::string& path) -> StatusOr<Buffer> { return Buffer::Own(files->at(path)); });
  if (!again.ok() || again->outputs.size() != example.outputs.size()) std::abort();
  for (size_t i = 0; i < example.outputs.size(); ++i) {
    const auto was = example.outputs[i].tensor.data.bytes();
    const auto is = again->outputs[i].tensor.data.bytes();
    if (!std::ranges::equal(was, is)) std::abort();
  }
}

}  // namespace
}  // namespace slipway::bundle

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto manifest = bundle::ParseManifest(text); manifest.ok()) {
    const auto again = bundle::ParseManifest(bundle::RenderManifest(*manifest));
    if (!again.ok() || !(*again == *manifest)) std::abort();
  }
  const bundle::ReadRaw no_files = [](const std::string&) -> StatusOr<Buffer> {
    return Error(Reason::kBadModel, "no such file");
  };
  const auto example = bundle::ParseExample("fuzz", text, no_files);
  if (!example.ok()) return 0;
  for (const auto& output : example->outputs) {
    if (!CheckData(output.tensor).ok()) std::abort();
  }
  std::vector<Tensor> same;
  for (const auto& output : example->outputs) same.push_back(output.tensor);
  if (!bundle::Compare(example->outputs, same, example->tolerances).ok()) std::abort();
  bundle::CheckRendering(*example);
  return 0;
}
