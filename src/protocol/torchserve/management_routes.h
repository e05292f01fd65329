#pragma once
// TorchServe's management API. docs/protocols/torchserve.md

#include <string>
#include <vector>

#include "lifecycle/manager.h"
#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::torchserve {

/// What the routes work with; all of it outlives the server.
struct ManagementServices {
  routing::InferService& infer;
  lifecycle::Manager& models;
  std::vector<std::string> repositories;  // as dialect::ModelToLoad takes them
  int64_t queue_size = 0;                 // requests of one model that may wait
};

/// Adds GET /models and /models/{model}[/{version}|/all].
void AddDescribingRoutes(http::Router& router, const ManagementServices& services);

/// Adds these and POST /models, PUT and DELETE /models/{model}[/{version}], and
/// PUT /models/{model}/{version}/set-default.
void AddManagementRoutes(http::Router& router, const ManagementServices& services);

}  // namespace slipway::torchserve
