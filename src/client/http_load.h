#pragma once
#include <chrono>
#include <string>
#include <vector>

#include "base/status.h"
#include "client/endpoint.h"
#include "client/load_report.h"

namespace slipway::client {

struct LoadRequest {
  std::string wire;      // as Serialise made it
  std::string expected;  // body of the answer; "" = any
};

struct HttpLoadOptions {
  Endpoint endpoint;
  LoadShape shape;
  std::vector<LoadRequest> requests;          // at least one; taken in turn
  std::chrono::milliseconds timeout{30'000};  // of one request
};

/// Loads a server from one thread, with shape.concurrency kept-alive connections.
/// @return kIo when the server cannot be reached at all, at the start or later on.
StatusOr<LoadReport> RunHttpLoad(const HttpLoadOptions& options);

}  // namespace slipway::client
