#pragma once
#include "protocol/openinference/routes.h"

namespace slipway::openinference {

/// Adds the unary methods of inference.GRPCInferenceService, and those that KServe's contract has
/// under TorchServe's name for the service.
void AddGrpcMethods(http::Router& router, const Services& services);

}  // namespace slipway::openinference
