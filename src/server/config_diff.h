#pragma once
#include <vector>

#include "server/config_schema.h"

namespace slipway::server {

/// What a reload changes.
struct ConfigDiff {
  std::vector<const Field*> live;           // take effect at once
  std::vector<const Field*> needs_restart;  // keep their old value until then

  bool empty() const { return live.empty() && needs_restart.empty(); }
};

ConfigDiff Diff(const Config& before, const Config& after);

/// `before` with the live fields of `after`: what the running server is to work by now.
Config WithLiveFields(Config before, const Config& after);

}  // namespace slipway::server
