#pragma once
// TorchServe's management API. docs/protocols/torchserve.md

#include "protocol/torchserve/management.h"
#include "transport/http/router.h"

namespace slipway::torchserve {

/// Adds GET /models and /models/{model}[/{version}|/all].
void AddDescribingRoutes(http::Router& router, ManagementServices services);

/// Adds these and POST /models, PUT and DELETE /models/{model}[/{version}], and
/// PUT /models/{model}/{version}/set-default.
void AddManagementRoutes(http::Router& router, ManagementServices services);

}  // namespace slipway::torchserve
