#pragma once
#include <vector>

#include "base/ids.h"
#include "base/status.h"
#include "repository/config_reader.h"

namespace slipway::repository {

/// Which of the versions found are served.
struct VersionPolicy {
  enum class Kind { kLatest, kAll, kSpecific } kind = Kind::kLatest;
  int latest = 1;                       // kLatest: how many, newest first
  std::vector<VersionNumber> specific;  // kSpecific

  /// The wanted ones of `found`, ascending, each once. Pure.
  std::vector<VersionNumber> Select(std::vector<VersionNumber> found) const;
  bool operator==(const VersionPolicy&) const = default;
};

/// Reads `{ latest { num_versions: 2 } }`, `{ all { } }` or `{ specific { versions: [1, 3] } }`, as
/// Triton and TensorFlow Serving write it. kBadModel naming the line.
Status ReadVersionPolicy(const ConfigReader& reader, const TextField& field, VersionPolicy* policy);

}  // namespace slipway::repository
