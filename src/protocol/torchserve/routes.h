#pragma once
// TorchServe's inference API. docs/protocols/torchserve.md

#include <string>
#include <string_view>

#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::torchserve {

/// What the routes work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  int loops = 1;  // I/O threads
  std::string server_version;
};

/// Adds OPTIONS /, /predictions/{model}[/{version}] and /explanations/{model}[/{version}].
/// GET /ping is shared with other APIs: protocol/invocations.
void AddRoutes(http::Router& router, const Services& services);

/// The schemas that these routes' contracts and the management API's name (components.json).
std::string_view Components();

}  // namespace slipway::torchserve
