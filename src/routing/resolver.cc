#include "routing/resolver.h"

#include <algorithm>
#include <vector>

#include "base/nearest_word.h"

namespace slipway::routing {
namespace {

using lifecycle::ModelEntry;
using lifecycle::VersionHandle;
using lifecycle::VersionState;
using lifecycle::VersionStatus;

/// Why no version of the model can answer.
Status NothingReady(const ModelEntry& entry) {
  const auto loading =
      std::ranges::find(entry.versions, VersionState::kLoading, &VersionStatus::state);
  if (loading != entry.versions.end())
    return Error(Reason::kLoading, "model \"{}\" is being loaded", entry.name);
  for (const VersionStatus& version : entry.versions)
    if (!version.reason.empty())
      return Error(Reason::kNotFound, "model \"{}\" has no version that can serve; version {}: {}",
                   entry.name, version.number.value, version.reason);
  if (!entry.problem.empty())
    return Error(Reason::kNotFound, "model \"{}\" cannot be served: {}", entry.name, entry.problem);
  return Error(Reason::kNotFound, "model \"{}\" has no version", entry.name);
}

std::string ReadyVersions(const ModelEntry& entry) {
  std::string list;
  for (const VersionHandle& version : entry.ready)
    list += (list.empty() ? "" : ", ") + version->version;
  return list.empty() ? "none" : list;
}

Status NotReady(const ModelEntry& entry, VersionNumber number) {
  const auto known = std::ranges::find(entry.versions, number, &VersionStatus::number);
  if (known == entry.versions.end())
    return Error(Reason::kNotFound, "model \"{}\" has no version {}; ready: {}", entry.name,
                 number.value, ReadyVersions(entry));
  if (known->state == VersionState::kLoading)
    return Error(Reason::kLoading, "model \"{}\" version {} is being loaded", entry.name,
                 number.value);
  return Error(Reason::kNotFound, "model \"{}\" version {} is not served: {}", entry.name,
               number.value, known->reason);
}

/// The model, ready or not.
StatusOr<const ModelEntry*> FindModel(const lifecycle::ServingTable& table,
                                      std::string_view model) {
  const auto found = table.models.find(model);
  if (found != table.models.end()) return found->second.get();
  RETURN_IF_ERROR(ModelName::Parse(model).status());
  if (!table.settled) return Error(Reason::kLoading, "models are still being loaded");
  std::vector<std::string_view> names;
  for (const auto& [name, entry] : table.models) names.push_back(name);
  return Error(Reason::kNotFound, "no model \"{}\"{}", model, DidYouMean(model, names));
}

}  // namespace

StatusOr<const VersionHandle*> Resolve(const lifecycle::ServingTable& table, std::string_view model,
                                       std::string_view version) {
  ASSIGN_OR_RETURN(const ModelEntry* entry, FindModel(table, model));
  if (version.empty() || version == kLatestAlias) {
    if (entry->ready.empty()) return NothingReady(*entry);
    return version.empty() ? entry->Default() : &entry->ready.back();
  }
  if (const auto number = VersionNumber::Parse(version)) {
    if (const VersionHandle* handle = entry->Find(*number)) return handle;
    return NotReady(*entry, *number);
  }
  if (!IsAlias(version))
    return Error(Reason::kBadRequest, "version \"{}\": expected a whole number or an alias",
                 version);
  const auto alias = entry->aliases.find(version);
  if (alias == entry->aliases.end())
    return Error(Reason::kNotFound, "model \"{}\" has no alias \"{}\"", model, version);
  if (const VersionHandle* handle = entry->Find(alias->second)) return handle;
  return Annotate(NotReady(*entry, alias->second), fmt::format("alias \"{}\"", version));
}

}  // namespace slipway::routing
