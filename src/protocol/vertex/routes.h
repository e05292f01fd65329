#pragma once
// Vertex AI's contract for custom containers: a health route and a prediction route, at paths that
// the platform chooses. docs/protocols/vertex.md

#include <atomic>
#include <string>

#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::vertex {

struct Options {
  std::string health_route;   // "" = none
  std::string predict_route;  // "" = none
  std::string model;          // who answers; "" = the only model there is
};

/// What the routes work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  const std::atomic<bool>& draining;
  int loops = 1;  // I/O threads
};

/// Adds the routes that `options` names, in place of other APIs' routes at the same paths: to be
/// called last. Paths begin with a slash, and have at most 16 segments and no braces.
void AddRoutes(http::Router& router, const Services& services, const Options& options);

}  // namespace slipway::vertex
