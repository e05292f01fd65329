#pragma once
#include "protocol/tfserving/routes.h"

namespace slipway::tfserving {

/// Adds the methods of tensorflow.serving.PredictionService and ModelService.
void AddGrpcMethods(http::Router& router, const Services& services);

}  // namespace slipway::tfserving
