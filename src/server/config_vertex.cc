#include <fmt/format.h>

#include "server/config_sources.h"

namespace slipway::server {
namespace {

constexpr std::string_view kDefaultPort = "8080";

}  // namespace

Settings ReadVertexEnvironment(const Environment& environment) {
  Settings settings;
  if (LookUp(environment, "AIP_MODE") != "PREDICTION") return settings;
  const auto set = [&](std::string_view path, std::string text, std::string variable) {
    const Field* field = FindField(path);
    const bool is_list = std::holds_alternative<ListField>(field->type);
    settings.values.push_back(
        {field, {{std::move(text)}, is_list}, Source::kEnvironment, std::move(variable)});
  };
  const std::string port = LookUp(environment, "AIP_HTTP_PORT");
  set("http.listen", fmt::format("0.0.0.0:{}", port.empty() ? kDefaultPort : port),
      "AIP_HTTP_PORT");
  set("http.public_inference", "true", "AIP_MODE");
  set("vertex.health_route", LookUp(environment, "AIP_HEALTH_ROUTE"), "AIP_HEALTH_ROUTE");
  set("vertex.predict_route", LookUp(environment, "AIP_PREDICT_ROUTE"), "AIP_PREDICT_ROUTE");
  return settings;
}

}  // namespace slipway::server
