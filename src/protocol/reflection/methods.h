#pragma once

#include <memory>

#include "protocol/reflection/descriptor_index.h"
#include "transport/http/router.h"

namespace slipway::reflection {

/// Of the contracts that were built in.
std::shared_ptr<const DescriptorIndex> BuiltInContracts();

/// Adds grpc.reflection.v1.ServerReflection and its v1alpha.
void AddMethods(http::Router& router, std::shared_ptr<const DescriptorIndex> contracts);

}  // namespace slipway::reflection
