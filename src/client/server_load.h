#pragma once
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "client/connection.h"
#include "client/load_report.h"
#include "client/wire.h"

namespace slipway::client {

struct LoadRequest {
  WireRequest wire;
  std::string expected = {};  // body of the answer; "" = any
  /// Whether another body is right as well; none = it is not.
  std::function<bool(std::string_view body)> is_right = nullptr;
};

struct ServerLoadOptions {
  Target target;
  LoadShape shape;
  std::vector<LoadRequest> requests;          // at least one; taken in turn
  std::chrono::milliseconds timeout{30'000};  // of one request
  /// That gRPC's calls share; 0: one for each hundred in flight. HTTP/1.1 has one for each.
  int connections = 0;
};

/// Loads a server from one thread over kept connections.
/// A server that cannot be reached any more ends it early: the report is of the time until then.
/// @return kIo when the server cannot be reached at the start, or goes before anything was
/// measured.
StatusOr<LoadReport> RunServerLoad(const ServerLoadOptions& options);

}  // namespace slipway::client
