#include "protocol/openinference/model_handlers.h"

#include <algorithm>

#include "protocol/openinference/metadata.h"
#include "protocol/openinference/repository_reader.h"
#include "routing/resolver.h"
#include "text/json_writer.h"

namespace slipway::openinference {
namespace {

using http::Exchange;
using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;
using lifecycle::VersionHandle;
using lifecycle::VersionState;

void Refuse(Exchange& exchange, const Status& why) {
  http::RespondWithError(why, exchange.request_id(), exchange.response());
  exchange.Send();
}

/// A yes or no that load balancers read from the status and people from the body.
void Tell(Exchange& exchange, std::string_view what, bool yes) {
  exchange.response().status = yes ? 200 : 503;
  JsonWriter(exchange.response().body).BeginObject().Key(what).Bool(yes).EndObject();
  exchange.Send();
}

std::vector<std::string> VersionsOf(const ModelEntry& entry) {
  std::vector<std::string> versions;
  for (const VersionHandle& version : entry.ready) versions.push_back(version->version);
  return versions;
}

ModelConfigView ViewOf(const ServedVersion& version) {
  const auto& policy = version.config.version_policy;
  using From = repository::VersionPolicy::Kind;
  using To = ModelConfigView::VersionPolicy::Kind;
  ModelConfigView view{.name = version.name.str(),
                       .platform = version.platform,
                       .backend = "onnxruntime",
                       .max_batch_size = version.config.max_batch_size.value_or(0),
                       .signature = version.signature};
  for (const auto& output : version.signature.outputs) {
    const auto configured = std::ranges::find(version.config.outputs, output.name,
                                              [](const auto& o) { return o.spec.name; });
    view.label_filenames.push_back(
        configured == version.config.outputs.end() ? "" : configured->label_filename);
  }
  view.version_policy.kind = policy.kind == From::kAll        ? To::kAll
                             : policy.kind == From::kSpecific ? To::kSpecific
                                                              : To::kLatest;
  view.version_policy.latest = policy.latest;
  for (const VersionNumber number : policy.specific)
    view.version_policy.specific.push_back(number.value);
  view.instance_count = version.instances;
  return view;
}

ModelStatistics StatisticsOf(const ServedVersion& version) {
  return {version.name.str(), version.version, version.metrics->Snapshot()};
}

std::vector<IndexEntry> IndexOf(const ServingTable& table, bool only_ready) {
  std::vector<IndexEntry> index;
  for (const auto& [name, model] : table.models) {
    for (const auto& version : model->versions)
      if (!only_ready || version.state == VersionState::kReady)
        index.push_back({name, version.number.str(), std::string(NameOf(version.state)),
                         version.reason.empty() ? model->problem : version.reason});
    if (model->versions.empty() && !only_ready)
      index.push_back({name, "", "UNAVAILABLE", model->problem});
  }
  std::ranges::stable_sort(index, {}, &IndexEntry::name);
  return index;
}

StatusOr<const VersionHandle*> Resolve(const ServingTable& table, const Exchange& exchange) {
  return routing::Resolve(table, exchange.params()["model"], exchange.params()["version"]);
}

}  // namespace

const ServingTable& ModelHandlers::TableFor(const Exchange& exchange) const {
  return services_.infer.Table(exchange.loop());
}

bool ModelHandlers::IsReady(const ServingTable& table) const {
  return table.settled && !services_.draining.load(std::memory_order_relaxed);
}

void ModelHandlers::Live(Exchange& exchange) const { Tell(exchange, "live", true); }

void ModelHandlers::Ready(Exchange& exchange) const {
  Tell(exchange, "ready", IsReady(TableFor(exchange)));
}

void ModelHandlers::Server(Exchange& exchange) const {
  Write({.name = "slipway", .version = services_.server_version}, exchange.response().body);
  exchange.Send();
}

void ModelHandlers::List(Exchange& exchange) const {
  const ServingTable& table = TableFor(exchange);
  std::vector<std::string_view> names;
  for (const auto& [name, model] : table.models)
    if (!model->ready.empty()) names.push_back(name);
  std::ranges::sort(names);
  JsonWriter writer(exchange.response().body);
  writer.BeginObject().Key("models").BeginArray();
  for (const std::string_view name : names) writer.String(name);
  writer.EndArray().EndObject();
  exchange.Send();
}

void ModelHandlers::Metadata(Exchange& exchange) const {
  const ServingTable& table = TableFor(exchange);
  const auto resolved = Resolve(table, exchange);
  if (!resolved.ok()) return Refuse(exchange, resolved.status());
  const ServedVersion& version = ***resolved;
  const bool one = !exchange.params()["version"].empty();
  const auto& entry = *table.models.find(version.name.str())->second;
  Write({.name = version.name.str(),
         .versions = one ? std::vector{version.version} : VersionsOf(entry),
         .platform = version.platform,
         .signature = version.signature},
        exchange.response().body);
  exchange.Send();
}

void ModelHandlers::ModelReady(Exchange& exchange) const {
  const auto version = Resolve(TableFor(exchange), exchange);
  if (!version.ok()) return Refuse(exchange, version.status());
  JsonWriter(exchange.response().body)
      .BeginObject()
      .Key("name")
      .String((**version)->name.str())
      .Key("version")
      .String((**version)->version)
      .Key("ready")
      .Bool(true)
      .EndObject();
  exchange.Send();
}

void ModelHandlers::Config(Exchange& exchange) const {
  const auto version = Resolve(TableFor(exchange), exchange);
  if (!version.ok()) return Refuse(exchange, version.status());
  Write(ViewOf(***version), exchange.response().body);
  exchange.Send();
}

void ModelHandlers::Statistics(Exchange& exchange) const {
  const ServingTable& table = TableFor(exchange);
  std::vector<ModelStatistics> all;
  if (!exchange.params()["version"].empty()) {
    const auto version = Resolve(table, exchange);
    if (!version.ok()) return Refuse(exchange, version.status());
    all.push_back(StatisticsOf(***version));
  } else if (const auto model = exchange.params()["model"]; !model.empty()) {
    const auto newest = routing::Resolve(table, model, "");
    if (!newest.ok()) return Refuse(exchange, newest.status());
    for (const VersionHandle& version : table.models.find(model)->second->ready)
      all.push_back(StatisticsOf(*version));
  } else {
    for (const auto& [name, entry] : table.models)
      for (const VersionHandle& version : entry->ready) all.push_back(StatisticsOf(*version));
    std::ranges::stable_sort(all, {}, &ModelStatistics::name);
  }
  Write(all, exchange.response().body);
  exchange.Send();
}

void ModelHandlers::Index(Exchange& exchange) const {
  const auto only_ready = ReadIndexRequest(exchange.request().body_text());
  if (!only_ready.ok()) return Refuse(exchange, only_ready.status());
  services_.models.LookAgain(
      [held = exchange.Defer(), &models = services_.models, only_ready = *only_ready] {
        Write(IndexOf(*models.table().Get(), only_ready), held->response().body);
        held->Send();
      });
}

void ModelHandlers::Load(Exchange& exchange) const {
  if (const Status read = ReadLoadRequest(exchange.request().body_text()); !read.ok())
    return Refuse(exchange, read);
  services_.models.Load(std::string(exchange.params()["model"]),
                        [held = exchange.Defer()](const Status& done) {
                          if (!done.ok()) return Refuse(*held, done);
                          held->Send();
                        });
}

void ModelHandlers::Unload(Exchange& exchange) const {
  if (const Status read = ReadUnloadRequest(exchange.request().body_text()); !read.ok())
    return Refuse(exchange, read);
  services_.models.Unload(std::string(exchange.params()["model"]),
                          [held = exchange.Defer()](const Status& done) {
                            if (!done.ok()) return Refuse(*held, done);
                            held->Send();
                          });
}

}  // namespace slipway::openinference
