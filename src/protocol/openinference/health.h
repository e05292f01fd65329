#pragma once
// grpc.health.v1.Health: whether the server, one of its services or a model can answer.
// Source: grpc doc/health-checking.md

#include <memory>
#include <vector>

#include "protocol/openinference/routes.h"

namespace slipway::openinference {

class HealthWatch;

/// Calls of Watch that are open. Threads: each I/O thread has its own.
class HealthWatches {
 public:
  explicit HealthWatches(int loops) : loops_(static_cast<size_t>(loops)) {}

  /// Tells those of I/O thread `loop` what has changed for them. Threads: that one.
  void LookAgain(int loop);

 private:
  friend class HealthWatch;
  struct alignas(64) Loop {
    std::vector<HealthWatch*> open;
  };
  std::vector<Loop> loops_;
};

/// Adds Check and Watch.
void AddHealthMethods(http::Router& router, const Services& services);

}  // namespace slipway::openinference
