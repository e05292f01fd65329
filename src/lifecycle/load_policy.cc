#include "lifecycle/load_policy.h"

#include <algorithm>
#include <ranges>

namespace slipway::lifecycle {

Decision NextAction(std::span<const VersionView> versions) {
  for (const VersionView& version : versions | std::views::reverse) {
    const bool served = version.loaded == version.wanted;
    const bool refused = version.failed == version.wanted;
    if (version.wanted && !served && !refused) return {Action::kLoad, version.number};
  }
  const bool all_served = std::ranges::all_of(
      versions, [](const VersionView& v) { return !v.wanted || v.loaded == v.wanted; });
  if (!all_served) return {};
  for (const VersionView& version : versions)
    if (!version.wanted && version.loaded) return {Action::kUnload, version.number};
  return {};
}

}  // namespace slipway::lifecycle
