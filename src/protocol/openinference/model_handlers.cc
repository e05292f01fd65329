#include "protocol/openinference/model_handlers.h"

#include <algorithm>

#include "protocol/openinference/metadata.h"
#include "protocol/openinference/repository_reader.h"
#include "routing/resolver.h"
#include "text/json_writer.h"

namespace slipway::openinference {
namespace {

using http::Exchange;
using lifecycle::ServingTable;

/// As it is: Triton compresses answers of inference alone, and its asyncio client, whose requests
/// all ask for codings, undoes them there alone.
void SendAsItIs(Exchange& exchange) {
  exchange.response().AddHeader("Cache-Control", "no-transform");
  exchange.Send();
}

/// A yes or no that load balancers read from the status and people from the body.
void Tell(Exchange& exchange, std::string_view what, bool yes) {
  exchange.response().status = yes ? 200 : 503;
  JsonWriter(exchange.response().body).BeginObject().Key(what).Bool(yes).EndObject();
  exchange.Send();
}

/// Writes what was looked up, or why there is nothing.
template <typename Facts>
void Answer(Exchange& exchange, const StatusOr<Facts>& facts) {
  if (!facts.ok()) return http::Refuse(exchange, facts.status());
  Write(*facts, exchange.response().body);
  SendAsItIs(exchange);
}

/// A body that sets nothing asks what is set. @return what `refuse` says of any other.
Status CheckSettings(const Exchange& exchange, Status (*refuse)()) {
  ASSIGN_OR_RETURN(const bool sets, ReadSettings(exchange.request().body_text()));
  return sets ? refuse() : OkStatus();
}

std::string_view ModelIn(const Exchange& exchange) { return exchange.params()["model"]; }
std::string_view VersionIn(const Exchange& exchange) { return exchange.params()["version"]; }

}  // namespace

const ServingTable& ModelHandlers::TableFor(const Exchange& exchange) const {
  return services_.infer.Table(exchange.loop());
}

void ModelHandlers::Live(Exchange& exchange) const { Tell(exchange, "live", true); }

void ModelHandlers::Ready(Exchange& exchange) const {
  const bool draining = services_.draining.load(std::memory_order_relaxed);
  Tell(exchange, "ready", IsReady(TableFor(exchange), draining));
}

void ModelHandlers::Server(Exchange& exchange) const {
  Write(MetadataOf(services_), exchange.response().body);
  SendAsItIs(exchange);
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
  SendAsItIs(exchange);
}

void ModelHandlers::Metadata(Exchange& exchange) const {
  Answer(exchange, MetadataOf(TableFor(exchange), ModelIn(exchange), VersionIn(exchange)));
}

void ModelHandlers::ModelReady(Exchange& exchange) const {
  const auto version = ReadyVersion(TableFor(exchange), ModelIn(exchange), VersionIn(exchange));
  if (!version.ok()) return http::Refuse(exchange, version.status());
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
  Answer(exchange, ConfigOf(TableFor(exchange), ModelIn(exchange), VersionIn(exchange)));
}

void ModelHandlers::Statistics(Exchange& exchange) const {
  Answer(exchange, StatisticsOf(TableFor(exchange), ModelIn(exchange), VersionIn(exchange)));
}

void ModelHandlers::Index(Exchange& exchange) const {
  const auto only_ready = ReadIndexRequest(exchange.request().body_text());
  if (!only_ready.ok()) return http::Refuse(exchange, only_ready.status());
  services_.models.LookAgain(
      [held = exchange.Defer(), &models = services_.models, only_ready = *only_ready] {
        Write(IndexOf(*models.table().Get(), only_ready), held->response().body);
        SendAsItIs(*held);
      });
}

void ModelHandlers::LogSettings(Exchange& exchange) const {
  Write(CurrentLogSettings(), exchange.response().body);
  exchange.Send();
}

void ModelHandlers::ChangeLogSettings(Exchange& exchange) const {
  const Status allowed = CheckSettings(exchange, RefuseLogChange);
  allowed.ok() ? LogSettings(exchange) : http::Refuse(exchange, allowed);
}

void ModelHandlers::TraceSettings(Exchange& exchange) const {
  const auto level = TraceLevelOf(TableFor(exchange), ModelIn(exchange));
  if (!level.ok()) return http::Refuse(exchange, level.status());
  JsonWriter writer(exchange.response().body);
  writer.BeginObject().Key("trace_level").BeginArray().String(*level).EndArray().EndObject();
  exchange.Send();
}

void ModelHandlers::ChangeTraceSettings(Exchange& exchange) const {
  const Status allowed = CheckSettings(exchange, RefuseTraceChange);
  allowed.ok() ? TraceSettings(exchange) : http::Refuse(exchange, allowed);
}

void ModelHandlers::Load(Exchange& exchange) const {
  if (const Status read = ReadLoadRequest(exchange.request().body_text()); !read.ok())
    return http::Refuse(exchange, read);
  services_.models.Load(std::string(ModelIn(exchange)),
                        [held = exchange.Defer()](const Status& done) {
                          if (!done.ok()) return http::Refuse(*held, done);
                          held->Send();
                        });
}

void ModelHandlers::Unload(Exchange& exchange) const {
  const auto with_members = ReadUnloadRequest(exchange.request().body_text());
  if (!with_members.ok()) return http::Refuse(exchange, with_members.status());
  const auto unload =
      *with_members ? &lifecycle::Manager::UnloadWithMembers : &lifecycle::Manager::Unload;
  (services_.models.*unload)(std::string(ModelIn(exchange)),
                             [held = exchange.Defer()](const Status& done) {
                               if (!done.ok()) return http::Refuse(*held, done);
                               held->Send();
                             });
}

}  // namespace slipway::openinference
