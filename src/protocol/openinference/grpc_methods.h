#pragma once
#include "protocol/openinference/routes.h"

namespace slipway::openinference {

/// Adds the unary methods of inference.GRPCInferenceService and grpc.health.v1.Health.
void AddGrpcMethods(http::Router& router, const Services& services);

}  // namespace slipway::openinference
