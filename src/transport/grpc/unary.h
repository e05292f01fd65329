#pragma once
// gRPC methods with one message each way. To its handler such a call is an http::Exchange whose
// request().body is the message, framing and compression undone.

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/status.h"
#include "transport/http/router.h"

namespace slipway::grpc {

/// Adds "/package.Service/Method" as a unary method.
void AddUnary(http::Router& router, std::string path, http::Access access, http::Handler handler,
              std::string summary);

/// How long the client of a call, unary or not, waits for its end (grpc-timeout); nullopt when it
/// does not say. Handlers find it in Request::deadline.
/// @return kBadRequest when what it says is malformed.
StatusOr<std::optional<Duration>> Timeout(const http::Request& request);

/// Sends response().body and parts as the one message of an answer with status OK. http::Refuse
/// sends any other status, without a message.
void Reply(http::Exchange& exchange);

}  // namespace slipway::grpc
