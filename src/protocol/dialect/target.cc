#include "protocol/dialect/target.h"

#include "routing/resolver.h"
#include "transport/http/query.h"

namespace slipway::dialect {
Target Target::Parse(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

StatusOr<Target> TargetOf(const http::Exchange& exchange, const lifecycle::ServingTable& table,
                          const Target& fallback) {
  const std::string_view query = exchange.request().query;
  ASSIGN_OR_RETURN(const auto version, http::QueryValue(query, "version"));
  Target target{std::string(exchange.params()["model"]), version.value_or("")};
  if (!target.model.empty()) return target;
  ASSIGN_OR_RETURN(auto named, http::QueryValue(query, "model_name"));
  if (named) {
    target.model = *std::move(named);
  } else if (!fallback.model.empty()) {
    target.model = fallback.model;
    if (!version) target.version = fallback.version;
  } else {
    ASSIGN_OR_RETURN(target.model, routing::OnlyModel(table));
  }
  return target;
}

}  // namespace slipway::dialect
