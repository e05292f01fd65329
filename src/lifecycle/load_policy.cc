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
  const auto leaves = [&](const VersionView& v) {
    return !v.wanted && v.loaded && (all_served || v.dismissed);
  };
  const auto leaving = std::ranges::find_if(versions, leaves);
  if (leaving != versions.end()) return {Action::kUnload, leaving->number};
  return {};
}

}  // namespace slipway::lifecycle
