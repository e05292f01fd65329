#pragma once
// The routes that MLflow, SageMaker and TorchServe share. docs/dialects.md

#include <atomic>
#include <string>
#include <string_view>

#include "protocol/dialect/infer_handler.h"
#include "protocol/instances/csv_table.h"
#include "transport/http/router.h"

namespace slipway::invocations {

struct Services {
  const dialect::Services& common;
  const std::atomic<bool>& draining;
  instances::CsvHeader csv_header = instances::CsvHeader::kAuto;
  std::string server_version;
};

/// Adds POST /invocations and /models/{model}/invoke, GET /ping, /health and /version.
void AddRoutes(http::Router& router, const Services& services);

/// What a route takes and gives whose bodies are BodyFormat's.
http::Contract ScoringContract();

/// The schemas that the routes' contracts name (components.json).
std::string_view Components();

}  // namespace slipway::invocations
