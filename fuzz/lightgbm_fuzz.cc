// Arbitrary bytes as a LightGBM model: an answer, never a crash, within memory that the bytes
// justify.
#include <cstdint>
#include <string_view>

#include "import/lightgbm/lightgbm.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(slipway::importing::ImportLightgbm(text, {.max_objects = 1 << 20}));
  return 0;
}
