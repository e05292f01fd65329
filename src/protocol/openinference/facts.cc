#include "protocol/openinference/facts.h"

#include <algorithm>

#include "base/log.h"
#include "routing/resolver.h"

namespace slipway::openinference {
namespace {

constexpr size_t kMostToldBytes = size_t{1} << 20;  // of an input's columns

using lifecycle::ModelEntry;
using lifecycle::ServedVersion;
using lifecycle::ServingTable;
using lifecycle::VersionHandle;
using lifecycle::VersionState;

std::vector<std::string> VersionsOf(const ModelEntry& entry) {
  std::vector<std::string> versions;
  for (const VersionHandle& version : entry.ready) versions.push_back(version->version);
  return versions;
}

/// "tabular" of "slipway_tabular"; an ensemble has none.
std::string_view BackendOf(std::string_view platform) {
  constexpr std::string_view kNative = "slipway_";
  if (platform.starts_with(kNative)) return platform.substr(kNative.size());
  return platform == "ensemble" ? "" : "onnxruntime";
}

ModelConfigView ViewOf(const ServedVersion& version) {
  const auto& policy = version.config.version_policy;
  using From = repository::VersionPolicy::Kind;
  using To = ModelConfigView::VersionPolicy::Kind;
  ModelConfigView view{.name = version.name.str(),
                       .platform = version.platform,
                       .backend = BackendOf(version.platform),
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

ModelStatistics CountsOf(const ServedVersion& version) {
  return {version.name.str(), version.version, version.metrics->Snapshot()};
}

}  // namespace

std::span<const std::string> ColumnsToTell(const TensorSpec& input) {
  size_t bytes = 0;
  for (const std::string& name : input.columns) bytes += name.size() + sizeof("\"\",");
  return bytes <= kMostToldBytes ? std::span(input.columns) : std::span<const std::string>();
}

std::vector<size_t> TimesToTell(const TensorSpec& input) {
  constexpr size_t kMost = kMostToldBytes / 8;  // a place below 10^7 and its comma
  std::vector<size_t> places;
  for (size_t place = 0; place < input.times.size(); ++place)
    if (input.times[place]) places.push_back(place);
  if (places.size() > kMost) places.clear();
  return places;
}

ServerMetadata MetadataOf(const Services& services) {
  static constexpr std::string_view kExtensions[] = {
      "classification", "model_repository", "model_configuration", "binary_tensor_data",
      "parameters",     "statistics",       "system_shared_memory"};
  const size_t without = services.shared_memory == nullptr ? 1 : 0;
  return {.name = "slipway",
          .version = services.server_version,
          .extensions = std::span(kExtensions).first(std::size(kExtensions) - without)};
}

LogSettings CurrentLogSettings() {
  return {.info = log::Enabled(log::Level::kInfo),
          .warning = log::Enabled(log::Level::kWarn),
          .verbose_level = log::Enabled(log::Level::kDebug) ? 1u : 0u};
}

Status RefuseLogChange() {
  return MakeError(Reason::kNotOffered,
                   "not offered: logging settings by request; send the process SIGUSR1 or SIGUSR2");
}

Status RefuseTraceChange() {
  return MakeError(Reason::kNotOffered, "not offered: tracing by request");
}

StatusOr<std::string_view> TraceLevelOf(const lifecycle::ServingTable& table,
                                        std::string_view model) {
  if (!model.empty()) RETURN_IF_ERROR(routing::Resolve(table, model, "").status());
  return "OFF";
}

bool IsReady(const ServingTable& table, bool draining) {
  return table.settled && !draining && !lifecycle::HasStuckRun(table);
}

StatusOr<const VersionHandle*> ReadyVersion(const ServingTable& table, std::string_view model,
                                            std::string_view version) {
  ASSIGN_OR_RETURN(const VersionHandle* handle, routing::Resolve(table, model, version));
  if ((*handle)->IsStuck())
    return Error(Reason::kOverloaded, "model \"{}\": a run does not come back",
                 (*handle)->name.str());
  for (const auto& step : (*handle)->config.ensemble)
    if (const auto member = routing::Resolve(table, step.model, step.version); !member.ok())
      return Error(Reason::kLoading, "ensemble \"{}\": {}", (*handle)->name.str(),
                   MessageOf(member.status()));
  return handle;
}

StatusOr<ModelMetadata> MetadataOf(const ServingTable& table, std::string_view model,
                                   std::string_view version) {
  ASSIGN_OR_RETURN(const VersionHandle* handle, routing::Resolve(table, model, version));
  const ServedVersion& served = **handle;
  return ModelMetadata{.name = served.name.str(),
                       .versions = version.empty() ? VersionsOf(*table.models.find(model)->second)
                                                   : std::vector{served.version},
                       .platform = served.platform,
                       .signature = served.signature};
}

StatusOr<ModelConfigView> ConfigOf(const ServingTable& table, std::string_view model,
                                   std::string_view version) {
  ASSIGN_OR_RETURN(const VersionHandle* handle, routing::Resolve(table, model, version));
  return ViewOf(**handle);
}

StatusOr<std::vector<ModelStatistics>> StatisticsOf(const ServingTable& table,
                                                    std::string_view model,
                                                    std::string_view version) {
  std::vector<ModelStatistics> all;
  if (model.empty()) {
    for (const auto& [name, entry] : table.models)
      for (const VersionHandle& each : entry->ready) all.push_back(CountsOf(*each));
    std::ranges::stable_sort(all, {}, &ModelStatistics::name);
    return all;
  }
  ASSIGN_OR_RETURN(const VersionHandle* handle, routing::Resolve(table, model, version));
  if (!version.empty()) {
    all.push_back(CountsOf(**handle));
    return all;
  }
  for (const VersionHandle& each : table.models.find(model)->second->ready)
    all.push_back(CountsOf(*each));
  return all;
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

}  // namespace slipway::openinference
