#pragma once
// What is there for people and their monitoring: the page, metrics, a plain health check.

#include <atomic>
#include <string>

#include "lifecycle/serving_table.h"
#include "routing/infer_service.h"
#include "telemetry/metrics.h"
#include "transport/http/router.h"

namespace slipway::admin {

/// All of it outlives the server.
struct Services {
  routing::InferService& infer;
  const Registry& registry;
  MetricNames metric_names;  // of "/metrics"
  const std::atomic<bool>& draining;
  std::string server_version;
  std::string engine;  // "onnxruntime 1.30.0"
};

/// "/", "/metrics", "/metrics/triton", "/monitoring/prometheus/metrics", "/healthz".
void AddRoutes(http::Router& router, const Services& services);

/// A curl line for one model that is ready, the first by name; "" when none is.
std::string SampleCommand(const lifecycle::ServingTable& table, std::string_view address);

}  // namespace slipway::admin
