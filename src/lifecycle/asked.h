#pragma once
// What clients asked of models, besides what their folders say.

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/ids.h"
#include "repository/version_policy.h"

namespace slipway::lifecycle {

using repository::VersionPolicy;

/// What was asked of one model; forgotten when it is unloaded.
struct Asked {
  std::optional<VersionPolicy> policy = {};           // instead of the model's own
  std::map<std::string, VersionNumber> aliases = {};  // they win over the model's own
  std::set<VersionNumber> unloaded = {};              // until the model is loaded again
  std::optional<VersionNumber> default_version = {};  // while it is served
};

/// A model that is to be served.
struct WantedModel {
  std::string name;
  std::optional<VersionPolicy> policy = {};           // nullopt = the model's own
  std::map<std::string, VersionNumber> aliases = {};  // besides the model's own
};

}  // namespace slipway::lifecycle
