// Arbitrary bytes as a pickle of a scikit-learn estimator: an answer, never a crash, within memory
// that the bytes justify.
#include <cstdint>
#include <span>

#include "import/sklearn/sklearn.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const auto document = pickle::Read(std::as_bytes(std::span(data, size)),
                                     {.max_values = 1 << 20, .max_bytes = 1 << 26});
  if (document.ok()) static_cast<void>(importing::ImportScikitLearn(**document));
  return 0;
}
