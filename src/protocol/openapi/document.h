#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/openapi/components.h"
#include "transport/http/router.h"

namespace slipway::openapi {

/// The OpenAPI 3.1 document of the routes that a listener offers; gRPC methods are no part of it.
/// @param offered     Bit()s of http::Access.
/// @param components  has what the routes' contracts name, the parameters of their paths, the
///   headers "X-Request-Id" and "Retry-After", and the schema "Error".
/// CHECK-fails on a route without summary or contract, and on a name that `components` does not
/// have: the table is our own code.
std::string WriteDocument(std::span<const http::Route> routes, uint8_t offered,
                          const ComponentTable& components, std::string_view version);

}  // namespace slipway::openapi
