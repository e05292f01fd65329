#pragma once
// Azure ML's custom containers: three routes at paths that the deployment chooses
// (inference_config). docs/protocols/azureml.md

#include <atomic>
#include <memory>
#include <string>

#include "protocol/dialect/infer_handler.h"
#include "transport/http/router.h"

namespace slipway::azureml {

struct Options {
  std::string liveness_route;  // "" = none, as for the others
  std::string readiness_route;
  std::string scoring_route;
  std::shared_ptr<const dialect::BodyFormat> scoring_format;
  http::Contract scoring_contract;  // of that format; whose route it is is replaced
};

/// Adds the routes that `options` names, in place of other APIs' routes at the same paths: to be
/// called last. Paths begin with a slash, and have at most 16 segments and no braces.
void AddRoutes(http::Router& router, const dialect::Services& services,
               const std::atomic<bool>& draining, const Options& options);

}  // namespace slipway::azureml
