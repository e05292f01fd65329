#pragma once

#include "protocol/openinference/routes.h"

namespace slipway::openinference {

/// Adds ModelStreamInfer: requests on one stream, run at the same time, answered in their order.
void AddStreamInfer(http::Router& router, const Services& services);

}  // namespace slipway::openinference
