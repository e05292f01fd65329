#pragma once
// One question of a client of gRPC's server reflection, and its answer.
// Source: grpc doc/server-reflection.md; proto/grpc/reflection/v1/reflection.proto

#include <string>
#include <string_view>

#include "base/status.h"
#include "protocol/reflection/descriptor_index.h"

namespace slipway::reflection {

/// @param request  a ServerReflectionRequest of v1 or v1alpha, whose bytes are the same.
/// @return a ServerReflectionResponse, with an error in it for what is not declared or not asked;
///   kBadRequest for bytes that are no message.
StatusOr<std::string> Answer(const DescriptorIndex& index, std::string_view request);

}  // namespace slipway::reflection
