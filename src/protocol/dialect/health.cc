#include "protocol/dialect/health.h"

#include "routing/resolver.h"
#include "text/json_writer.h"

namespace slipway::dialect {

bool IsHealthy(const lifecycle::ServingTable& table, bool draining, const Target& default_model) {
  if (!table.settled || draining || lifecycle::HasStuckRun(table)) return false;
  if (!default_model.model.empty())
    return routing::Resolve(table, default_model.model, default_model.version).ok();
  if (table.models.size() != 1) return true;
  const lifecycle::ModelEntry& only = *table.models.begin()->second;
  return !only.wanted || !only.ready.empty();
}

http::Contract HealthContract(std::vector<std::string_view> dialects) {
  const std::vector<http::BodyForm> forms = {{http::kJsonType, "Health"}};
  return {.dialects = std::move(dialects), .gives = {{200, forms}, {503, forms}}};
}

void WriteHealth(bool healthy, std::string& out) {
  JsonWriter(out).BeginObject().Key("status").String(healthy ? "Healthy" : "Unhealthy").EndObject();
}

void TellHealth(bool healthy, http::Exchange& exchange) {
  exchange.response().status = healthy ? 200 : 503;
  WriteHealth(healthy, exchange.response().body);
  exchange.Send();
}

}  // namespace slipway::dialect
