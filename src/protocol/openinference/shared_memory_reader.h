#pragma once
// The body of a request that registers a shared memory region.
// Source: Triton docs/protocol/extension_shared_memory.md

#include <string_view>

#include "base/status.h"
#include "shm/region.h"

namespace slipway::openinference {

/// POST /v2/systemsharedmemory/region/{region}/register:
/// {"key": "/input", "offset": 0, "byte_size": 64}; offset may be left out, other members are
/// ignored.
/// @return the region without its name; kBadRequest.
StatusOr<shm::RegionSpec> ReadRegisterRequest(std::string_view body);

}  // namespace slipway::openinference
