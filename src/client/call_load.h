#pragma once
#include <cstdint>
#include <functional>

#include "base/status.h"
#include "client/load_report.h"

namespace slipway::client {

/// Loads a function from shape.concurrency threads, as RunServerLoad loads a server.
/// @param call  given the thread's index and how many calls were begun before; from any of the
/// threads
LoadReport RunCallLoad(const LoadShape& shape,
                       const std::function<Status(int thread, uint64_t index)>& call);

}  // namespace slipway::client
