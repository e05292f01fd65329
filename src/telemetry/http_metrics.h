#pragma once
// What is counted for each HTTP route.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "telemetry/metrics.h"

namespace slipway {

/// slipway_http_requests_total{route,method,status}, slipway_http_request_seconds{route} and
/// slipway_http_{request,response}_bytes_total{route}. The label set is bounded by the route table,
/// whatever clients send: an unknown route is "unmatched", an unknown method "other", and a status
/// that no reason uses is counted by its class ("5xx").
class HttpMetrics final : public MetricSource {
 public:
  /// @param routes  the patterns of the route table; duplicates are one.
  explicit HttpMetrics(const std::vector<std::string>& routes);
  ~HttpMetrics() override;

  struct Answered {
    std::string_view route;   // the pattern matched, "" when none
    std::string_view method;  // "GET"
    int status = 0;
    Duration spent{};  // from the read that completed the request to the last byte handed over
    uint64_t request_bytes = 0;
    uint64_t response_bytes = 0;
  };
  /// Threads: any. Never blocks.
  void Record(const Answered& answered);

  void Collect(MetricSink& sink) const override;

 private:
  struct Routes;
  std::unique_ptr<Routes> routes_;
};

}  // namespace slipway
