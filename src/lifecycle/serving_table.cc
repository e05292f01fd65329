#include "lifecycle/serving_table.h"

#include <algorithm>

namespace slipway::lifecycle {

std::string_view NameOf(VersionState state) {
  switch (state) {
    case VersionState::kLoading:
      return "LOADING";
    case VersionState::kReady:
      return "READY";
    case VersionState::kUnloading:
      return "UNLOADING";
    case VersionState::kUnavailable:
      return "UNAVAILABLE";
  }
  return "UNAVAILABLE";
}

const VersionHandle* ModelEntry::Find(VersionNumber number) const {
  for (const VersionHandle& version : ready)
    if (version->number == number) return &version;
  return nullptr;
}

const VersionHandle* ModelEntry::Default() const {
  const VersionHandle* const chosen = default_version ? Find(*default_version) : nullptr;
  if (chosen != nullptr) return chosen;
  return ready.empty() ? nullptr : &ready.back();
}

bool HasStuckRun(const ServingTable& table) {
  for (const auto& [name, model] : table.models)
    for (const VersionHandle& version : model->ready)
      if (version->IsStuck()) return true;
  return std::ranges::any_of(table.leaving, [](const auto& leaving) {
    const VersionHandle version = leaving.lock();
    return version && version->IsStuck();
  });
}

}  // namespace slipway::lifecycle
