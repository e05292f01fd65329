#pragma once
// SageMaker's multi-model containers: models are loaded and unloaded by the platform.
// docs/protocols/sagemaker.md

#include <vector>

#include "lifecycle/manager.h"
#include "protocol/dialect/model_registration.h"
#include "routing/infer_service.h"
#include "transport/http/router.h"

namespace slipway::sagemaker {

/// What the routes work with; all of it outlives the server.
struct Services {
  routing::InferService& infer;
  lifecycle::Manager& models;
  std::vector<dialect::Repository> repositories;
  http::Access access = http::Access::kControl;  // of what loads and unloads
};

/// Adds GET and POST /models, GET and DELETE /models/{model}.
/// POST /models/{model}/invoke is protocol/invocations'.
void AddMultiModelRoutes(http::Router& router, const Services& services);

}  // namespace slipway::sagemaker
