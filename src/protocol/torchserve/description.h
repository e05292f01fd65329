#pragma once
#include <span>
#include <string>

#include "lifecycle/served_version.h"

namespace slipway::torchserve {

/// Appends TorchServe's description of versions, a list. A worker is a run that may be in progress
/// beside others; nothing is batched between requests.
/// @param queue_size  requests of one model that may wait.
/// Source: TorchServe docs/management_api.md, "Describe model"
void WriteDescriptions(std::span<const lifecycle::VersionHandle> versions, int64_t queue_size,
                       std::string& out);

}  // namespace slipway::torchserve
