// Arbitrary bytes as a skops file, and as the schema.json of one: an answer, never a crash, within
// memory that the bytes justify.
#include <cstdint>
#include <span>
#include <string>

#include "import/pickle/describe.h"
#include "import/sklearn/sklearn.h"
#include "import/skops/reader.h"
#include "import/skops/testing/archive.h"

namespace slipway {
namespace {

void CheckFile(std::string_view file) {
  const auto document =
      skops::Read(std::as_bytes(std::span(file)), {.max_values = 1 << 20, .max_bytes = 1 << 26});
  if (!document.ok()) return;
  static_cast<void>(pickle::Describe(**document));
  static_cast<void>(importing::ImportScikitLearn(**document));
}

}  // namespace
}  // namespace slipway

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using slipway::skops::testing::Archive;
  const std::string text(reinterpret_cast<const char*>(data), size);
  slipway::CheckFile(text);
  if (!text.starts_with("PK"))
    slipway::CheckFile(Archive({{"schema.json", text}, {"1.npy", text}}));
  return 0;
}
