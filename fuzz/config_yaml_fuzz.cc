// Configuration files: any text is settings or problems.
#include "server/config_sources.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway::server;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Config config;
  for (const Setting& setting : ReadYaml(text, "f").values)
    (void)Set(*setting.field, setting.value, config).ok();
  return 0;
}
