#include "server/config_sources.h"

namespace slipway::server {

Settings ReadSagemakerEnvironment(const Environment& environment) {
  constexpr std::string_view kVariable = "SAGEMAKER_MULTI_MODEL";
  Settings settings;
  const auto found = environment.find(kVariable);
  if (found != environment.end() && found->second == "true")
    settings.values.push_back({FindField("dialects.models"),
                               {{"sagemaker"}, false},
                               Source::kEnvironment,
                               std::string(kVariable)});
  return settings;
}

}  // namespace slipway::server
