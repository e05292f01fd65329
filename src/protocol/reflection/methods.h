#pragma once

#include "transport/http/router.h"

namespace slipway::reflection {

/// Adds grpc.reflection.v1.ServerReflection and its v1alpha.
void AddMethods(http::Router& router);

}  // namespace slipway::reflection
