// MLmodel and model-settings.json: read or refused, whatever they say; a declared column has a name
// and survives the feature schema of a bundle.
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "bundle/folder_model.h"
#include "bundle/manifest.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace slipway;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto model = bundle::ParseMlmodel(text); model.ok() && !model->columns.empty()) {
    const auto again = bundle::DeclaredColumns(bundle::RenderColumns(model->columns));
    SLIPWAY_CHECK(again == model->columns, "columns are kept as they are");
  }
  if (const auto settings = bundle::ParseModelSettings(text); settings.ok()) {
    (void)settings->folder_model();
    (void)settings->PlaceBeneath("/models");
  }
  return 0;
}
