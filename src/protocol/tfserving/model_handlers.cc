#include "protocol/tfserving/model_handlers.h"

#include <algorithm>
#include <vector>

#include "protocol/tfserving/infer_handler.h"
#include "protocol/tfserving/metadata.h"
#include "routing/resolver.h"
#include "text/json_writer.h"

namespace slipway::tfserving {
namespace {

using http::Exchange;
using lifecycle::ModelEntry;
using lifecycle::ServingTable;
using lifecycle::VersionStatus;

StatusOr<const ModelEntry*> FindModel(const ServingTable& table, std::string_view model) {
  const auto found = table.models.find(model);
  if (found == table.models.end() && !table.settled)
    return Error(Reason::kLoading, "models are still being loaded");
  if (found != table.models.end() && !found->second->versions.empty()) return found->second.get();
  return Error(Reason::kNotFound, "Could not find any versions of model {}{}", model,
               found == table.models.end() || found->second->problem.empty()
                   ? ""
                   : ": " + found->second->problem);
}

/// The number that a path's version or label stands for, whether it is served or not.
StatusOr<VersionNumber> NumberOf(const ModelEntry& entry, std::string_view version) {
  if (const auto number = VersionNumber::Parse(version)) return *number;
  if (version == kLatestAlias)
    return entry.ready.empty() ? entry.versions.back().number : entry.ready.back()->number;
  if (const auto alias = entry.aliases.find(version); alias != entry.aliases.end())
    return alias->second;
  return Error(Reason::kNotFound, "model \"{}\" has no label \"{}\"", entry.name, version);
}

StatusOr<VersionStatus> FindVersion(const ModelEntry& entry, std::string_view version) {
  ASSIGN_OR_RETURN(const VersionNumber number, NumberOf(entry, version));
  const auto found = std::ranges::find(entry.versions, number, &VersionStatus::number);
  if (found != entry.versions.end()) return *found;
  return Error(Reason::kNotFound, "Could not find version {} of model {}", number.value,
               entry.name);
}

Status TellMetadata(const ServingTable& table, const Exchange& exchange, std::string& out) {
  ASSIGN_OR_RETURN(const std::string_view wanted, VersionIn(exchange));
  ASSIGN_OR_RETURN(const auto* handle, routing::Resolve(table, exchange.params()["model"], wanted));
  const lifecycle::ServedVersion& version = **handle;
  WriteMetadata(version.name.str(), version.version, version.signature, out);
  return OkStatus();
}

}  // namespace

StatusOr<std::vector<VersionStatus>> FindVersions(const ServingTable& table, std::string_view model,
                                                  std::string_view version) {
  ASSIGN_OR_RETURN(const ModelEntry* entry, FindModel(table, model));
  if (version.empty()) return std::vector(entry->versions.rbegin(), entry->versions.rend());
  ASSIGN_OR_RETURN(VersionStatus status, FindVersion(*entry, version));
  return std::vector{std::move(status)};
}

Status TellStatus(const ServingTable& table, std::string_view model, std::string_view version,
                  bool need_ready, std::string& out) {
  ASSIGN_OR_RETURN(const auto versions, FindVersions(table, model, version));
  if (!version.empty()) {
    WriteVersions(versions, out);
    return OkStatus();
  }
  const bool ready = !table.models.find(model)->second->ready.empty();
  if (need_ready && !ready) {
    const std::string& reason = versions.front().reason;
    return Error(Reason::kLoading, "model \"{}\" is not ready: {}", model,
                 reason.empty() ? "loading" : reason);
  }
  WriteModel(model, ready, versions, out);
  return OkStatus();
}

void ModelHandlers::List(Exchange& exchange) const {
  std::vector<std::string_view> names;
  for (const auto& [name, model] : infer_.Table(exchange.loop()).models)
    if (!model->ready.empty()) names.push_back(name);
  std::ranges::sort(names);
  JsonWriter json(exchange.response().body);
  json.BeginObject().Key("models").BeginArray();
  for (const std::string_view name : names) json.String(name);
  json.EndArray().EndObject();
  exchange.Send();
}

void ModelHandlers::ModelStatus(Exchange& exchange) const {
  const auto version = VersionIn(exchange);
  if (!version.ok()) return http::Refuse(exchange, version.status());
  const Status written = TellStatus(infer_.Table(exchange.loop()), exchange.params()["model"],
                                    *version, kserve_, exchange.response().body);
  if (!written.ok()) return http::Refuse(exchange, written);
  exchange.Send();
}

void ModelHandlers::Metadata(Exchange& exchange) const {
  const Status written =
      TellMetadata(infer_.Table(exchange.loop()), exchange, exchange.response().body);
  if (!written.ok()) return http::Refuse(exchange, written);
  exchange.Send();
}

}  // namespace slipway::tfserving
