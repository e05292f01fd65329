// Arbitrary bytes as config.pbtxt, aliases.json and a label file: an answer, never a crash.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "repository/model_config.h"
#include "repository/model_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto config = repository::ParseModelConfig(text, "config.pbtxt");
  if (config.ok() && (config->instance_count < 0 || config->max_batch_size.value_or(0) < 0))
    std::abort();
  (void)repository::ParseAliases(text).ok();
  (void)repository::ParseLabels(text).ok();
  return 0;
}
