#pragma once
// TensorFlow Serving's REST API and KServe's protocol v1, whose routes are the same ones.
// docs/protocols/tfserving.md

#include <string_view>
#include <vector>

#include "lifecycle/manager.h"
#include "protocol/calls/body_memory.h"
#include "protocol/dialect/model_registration.h"
#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::tfserving {

/// What the routes work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  const BodyMemory& memory;
  lifecycle::Manager& models;
  std::vector<dialect::Repository> repositories;
  int loops = 1;  // I/O threads
  /// As KServe's own servers: "inputs" are rows as "instances" are, both may be data frames, and a
  /// model that is not ready is 503.
  bool kserve = false;
};

/// Adds every route under /v1/models and every method of the gRPC API.
void AddRoutes(http::Router& router, const Services& services);

/// The schemas that the routes' contracts name (components.json).
std::string_view Components();

}  // namespace slipway::tfserving
