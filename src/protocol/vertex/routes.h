#pragma once
// Vertex AI's contract for custom containers: a health route and a prediction route, at paths that
// the platform chooses. docs/protocols/vertex.md

#include <atomic>
#include <string>
#include <string_view>

#include "protocol/dialect/infer_handler.h"
#include "transport/http/router.h"

namespace slipway::vertex {

struct Options {
  std::string health_route;   // "" = none
  std::string predict_route;  // "" = none
};

/// What the routes work with; all of it outlives the server.
struct Services {
  dialect::Services common;
  const std::atomic<bool>& draining;
};

/// Adds the routes that `options` names, in place of other APIs' routes at the same paths: to be
/// called last. Paths begin with a slash, and have at most 16 segments and no braces.
void AddRoutes(http::Router& router, const Services& services, const Options& options);

/// The schemas that the routes' contracts name (components.json).
std::string_view Components();

}  // namespace slipway::vertex
