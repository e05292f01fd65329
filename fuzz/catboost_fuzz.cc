// Arbitrary bytes as a CatBoost model in both of its encodings: an answer, never a crash, within
// memory that the bytes justify.
#include <cstdint>
#include <span>

#include "import/catboost/catboost.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway::importing;
  static_cast<void>(ImportCatboost(std::as_bytes(std::span(data, size)), {.max_objects = 1 << 20}));
  return 0;
}
