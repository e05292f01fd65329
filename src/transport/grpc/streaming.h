#pragma once
// gRPC methods with any number of messages in either direction.

#include <string>

#include "transport/http/router.h"
#include "transport/http/streaming.h"

namespace slipway::grpc {

/// Adds "/package.Service/Method" as a streaming method: of the client, of the server, or of both.
void AddStreaming(http::Router& router, std::string path, http::Access access,
                  http::StreamOpener open, std::string summary);

}  // namespace slipway::grpc
