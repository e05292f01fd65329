#pragma once

#include "protocol/openinference/routes.h"

namespace slipway::openinference {

/// Adds the routes and methods by which clients register regions of system shared memory; those
/// that say so where it is not offered.
void AddSharedMemoryRoutes(http::Router& router, const Services& services);

}  // namespace slipway::openinference
