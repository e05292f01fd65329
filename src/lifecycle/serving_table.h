#pragma once
// What is served right now, as one immutable value.

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/string_map.h"
#include "lifecycle/served_version.h"

namespace slipway::lifecycle {

enum class VersionState : uint8_t { kLoading, kReady, kUnloading, kUnavailable };
/// "LOADING", "READY", "UNLOADING", "UNAVAILABLE", as the repository index spells them.
std::string_view NameOf(VersionState state);

struct VersionStatus {
  VersionNumber number;
  VersionState state = VersionState::kUnavailable;
  std::string reason;  // why it is not served; "" when it is
};

struct ModelEntry {
  std::string name;
  std::vector<VersionHandle> ready;              // ascending
  std::optional<VersionNumber> default_version;  // that a client chose
  std::map<std::string, VersionNumber, std::less<>> aliases;
  std::vector<VersionStatus> versions;  // every one that is known, ascending
  std::string problem;                  // the model as a whole cannot be served
  bool wanted = true;                   // false: it lies there, and nobody asked for it

  /// nullptr when that version is not ready.
  const VersionHandle* Find(VersionNumber number) const;
  /// What answers who names no version: the one that a client chose while it is ready, else the
  /// newest; nullptr when none is ready.
  const VersionHandle* Default() const;
};

struct ServingTable {
  StringMap<std::shared_ptr<const ModelEntry>> models;
  std::vector<std::weak_ptr<const ServedVersion>> leaving;  // served no more, in use perhaps
  bool settled = false;  // the first pass over everything wanted is done
};

/// A run of some version does not come back: the server has lost a worker.
bool HasStuckRun(const ServingTable& table);

}  // namespace slipway::lifecycle
