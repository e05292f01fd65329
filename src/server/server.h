#pragma once
// The server process: wiring, start, and stop in reverse order.

#include <functional>

#include "base/status.h"
#include "server/config.h"

namespace slipway::server {

/// Reads the configuration again from the sources it first came from (file, environment, flags).
using ConfigReader = std::function<StatusOr<Config>()>;

/// Serves until SIGTERM or SIGINT, then drains; a second one cuts the drain. A load in progress is
/// left behind. SIGHUP calls `reread` and applies what can change
/// live (config_diff.h); what cannot is logged as needing a restart.
/// @param config  loaded and validated (config_loader.h)
/// @return the process's exit code: 0 drained cleanly, 1 it could not start or the drain was cut.
int Serve(const Config& config, const ConfigReader& reread);

}  // namespace slipway::server
