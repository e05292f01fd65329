#include "protocol/dialect/target.h"

#include <algorithm>
#include <vector>

#include "transport/http/query.h"

namespace slipway::dialect {
namespace {

Status NoModelNamed(const lifecycle::ServingTable& table) {
  if (!table.settled) return Error(Reason::kLoading, "models are still being loaded");
  if (table.models.empty()) return Error(Reason::kNotFound, "no model is served");
  constexpr size_t kListed = 20;
  std::vector<std::string_view> names;
  for (const auto& [name, model] : table.models) names.push_back(name);
  std::ranges::sort(names);
  if (names.size() > kListed) names.resize(kListed);
  std::string list;
  for (const std::string_view name : names)
    list += fmt::format("{}\"{}\"", list.empty() ? "" : ", ", name.substr(0, 30));
  return Error(
      Reason::kBadRequest,
      "no model is named and {} are served ({}{}): add ?model_name=, or set a default with "
      "--default-model",
      table.models.size(), list, table.models.size() > kListed ? ", …" : "");
}

}  // namespace

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
  } else if (table.models.size() == 1) {
    target.model = table.models.begin()->first;
  } else {
    return NoModelNamed(table);
  }
  return target;
}

}  // namespace slipway::dialect
