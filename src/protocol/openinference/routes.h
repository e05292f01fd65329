#pragma once
// The Open Inference Protocol v2 over HTTP and gRPC, with Triton's extensions. COMPATIBILITY:
// docs/protocols/openinference.md, docs/protocols/openinference-grpc.md

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "lifecycle/manager.h"
#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::openinference {

class HealthWatches;
struct SharedMemory;

/// Whose habits the answers of inference have.
enum class Habit {
  kTriton,    // what the protocol says
  kMlserver,  // outputs [n] are [n,1], and name the codec "np" in their parameters
  kKserve,    // outputs are called "output-0", "output-1", …
};

/// What the routes work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  lifecycle::Manager& models;
  const std::atomic<bool>& draining;
  HealthWatches& health_watches;
  SharedMemory* shared_memory = nullptr;  // null: not offered
  int loops = 1;                          // I/O threads
  Habit habit = Habit::kTriton;
  std::string server_version;
  std::vector<std::string> grpc_services = {};  // "package.Service", whose health may be asked
};

/// Adds every route under /v2 and every method of inference.GRPCInferenceService and
/// grpc.health.v1.Health.
void AddRoutes(http::Router& router, const Services& services);

/// The schemas that the routes' contracts name (components.json).
std::string_view Components();

/// For http::ServerOptions::body_alignment: where the first binary tensor begins in the body.
size_t TensorOffset(const http::Request& request);

}  // namespace slipway::openinference
