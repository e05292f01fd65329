#pragma once
#include "protocol/tfserving/routes.h"

namespace slipway::tfserving {

/// Adds Classify, Regress and MultiInference, which run models on examples.
void AddExampleMethods(http::Router& router, const Services& services);

}  // namespace slipway::tfserving
