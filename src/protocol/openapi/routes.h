#pragma once
// The description of the HTTP API, made of the route table that dispatches. docs/openapi.md

#include <span>
#include <string_view>

#include "transport/http/router.h"

namespace slipway::openapi {

/// What every dialect's description needs: the schema of errors, parameters of paths, headers.
std::string_view Components();

/// Adds GET /openapi.json: the routes of `router`, as far as the listener that is asked offers
/// them.
/// @param router      stays where it is.
/// @param components  the dialects' Components(), which stay.
void AddRoutes(http::Router& router, std::span<const std::string_view> components,
               std::string_view version);

}  // namespace slipway::openapi
