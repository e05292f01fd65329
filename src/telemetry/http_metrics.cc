#include "telemetry/http_metrics.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/string_map.h"

namespace slipway {
namespace {

constexpr std::array<std::string_view, 8> kMethods = {"GET",    "HEAD",    "POST",  "PUT",
                                                      "DELETE", "OPTIONS", "PATCH", "other"};

/// Every status that is sent (base/status.h and the successes), then one slot for each class.
constexpr std::array kStatuses = {100, 200, 201, 202, 204, 206, 301, 302, 304, 307, 308, 400,
                                  401, 403, 404, 405, 408, 409, 411, 412, 413, 414, 415, 417,
                                  422, 429, 431, 499, 500, 501, 503, 504, 505, 507};
constexpr std::string_view kUnmatched = "unmatched";
constexpr size_t kStatusSlots = kStatuses.size() + 5;

size_t MethodSlot(std::string_view method) {
  for (size_t i = 0; i + 1 < kMethods.size(); ++i)
    if (kMethods[i] == method) return i;
  return kMethods.size() - 1;
}

size_t StatusSlot(int status) {
  const auto it = std::lower_bound(kStatuses.begin(), kStatuses.end(), status);
  if (it != kStatuses.end() && *it == status) return static_cast<size_t>(it - kStatuses.begin());
  return kStatuses.size() + static_cast<size_t>(std::clamp(status / 100, 1, 5) - 1);
}

std::string StatusLabel(size_t slot) {
  if (slot < kStatuses.size()) return std::to_string(kStatuses[slot]);
  return std::to_string(slot - kStatuses.size() + 1) + "xx";
}

struct RouteCells {
  std::array<std::array<Cell, kStatusSlots>, kMethods.size()> requests;
  LatencyCells seconds;
  Cell request_bytes;
  Cell response_bytes;
};

/// The paths of MLServer's that it counts no requests to, and ours of that kind.
constexpr std::string_view kUncountedByMlserver[] = {"/metrics", "/metrics/triton",
                                                     "/v2/health/live", "/v2/health/ready"};

struct RouteMetrics {
  explicit RouteMetrics(std::string p) : pattern(std::move(p)) {}

  std::string pattern;
  Sharded<RouteCells> cells;
};

using Requests = std::array<std::array<uint64_t, kStatusSlots>, kMethods.size()>;

/// Calls `take(method, status, count)` with what is not 0.
template <typename Take>
void ForEach(const Requests& requests, const Take& take) {
  for (size_t method = 0; method < kMethods.size(); ++method)
    for (size_t slot = 0; slot < kStatusSlots; ++slot)
      if (const uint64_t count = requests[method][slot]; count > 0)
        take(std::string(kMethods[method]), StatusLabel(slot), static_cast<double>(count));
}

/// A route as MLServer writes it: its parameters have other names.
std::string MlserverPath(std::string_view pattern) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"{model}", "{model_name}"}, {"{version}", "{model_version}"}};
  std::string path(pattern);
  for (const auto& [ours, theirs] : kNames)
    if (const size_t at = path.find(ours); at != path.npos) path.replace(at, ours.size(), theirs);
  return path;
}

/// "/package.Service/Method"
bool IsGrpcMethod(std::string_view pattern) {
  const size_t dot = pattern.find('.'), slash = pattern.find('/', 1);
  return dot != pattern.npos && slash != pattern.npos && dot < slash;
}

/// MLServer's names: those that mlserver/rest/app.py there asks of its middleware. The duration has
/// no method and no status.
void CollectMlserver(const RouteMetrics& route, const Requests& requests,
                     const LatencySnapshot& seconds, MetricSink& sink) {
  if (route.pattern == kUnmatched || IsGrpcMethod(route.pattern) ||
      std::ranges::find(kUncountedByMlserver, route.pattern) != std::end(kUncountedByMlserver))
    return;
  const std::pair<std::string, std::string> path{"path", MlserverPath(route.pattern)};
  const std::pair<std::string, std::string> name{"app_name", "mlserver"};
  ForEach(requests, [&](std::string method, std::string status, double count) {
    sink.AddCounter("rest_server_requests_total", "HTTP requests answered.",
                    {{"method", std::move(method)}, path, {"status_code", std::move(status)}, name},
                    count);
  });
  sink.AddHistogram("rest_server_request_duration_seconds",
                    "Time from a request's last byte read to its response's last byte handed over.",
                    {path, name}, seconds);
}

void CollectRoute(const RouteMetrics& route, MetricSink& sink) {
  Requests requests{};
  LatencySnapshot seconds;
  uint64_t request_bytes = 0;
  uint64_t response_bytes = 0;
  route.cells.ForEach([&](const RouteCells& cells) {
    for (size_t method = 0; method < kMethods.size(); ++method)
      for (size_t slot = 0; slot < kStatusSlots; ++slot)
        requests[method][slot] += cells.requests[method][slot].Get();
    cells.seconds.AddTo(seconds);
    request_bytes += cells.request_bytes.Get();
    response_bytes += cells.response_bytes.Get();
  });
  const Labels labels = {{"route", route.pattern}};
  if (seconds.count() == 0) return;
  ForEach(requests, [&](std::string method, std::string status, double count) {
    sink.AddCounter(
        "slipway_http_requests_total", "HTTP requests answered.",
        {{"route", route.pattern}, {"method", std::move(method)}, {"status", std::move(status)}},
        count);
  });
  sink.AddHistogram("slipway_http_request_seconds",
                    "Time from a request's last byte read to its response's last byte handed over.",
                    labels, seconds);
  sink.AddCounter("slipway_http_request_bytes_total", "Bytes of request bodies.", labels,
                  static_cast<double>(request_bytes));
  sink.AddCounter("slipway_http_response_bytes_total", "Bytes of response bodies.", labels,
                  static_cast<double>(response_bytes));
  if (sink.names() == MetricNames::kMlserver) CollectMlserver(route, requests, seconds, sink);
}

}  // namespace

struct HttpMetrics::Routes {
  RouteMetrics unmatched{std::string(kUnmatched)};
  StringMap<std::unique_ptr<RouteMetrics>> by_pattern;

  RouteMetrics& Of(std::string_view pattern) {
    const auto it = by_pattern.find(pattern);
    return it == by_pattern.end() ? unmatched : *it->second;
  }
};

HttpMetrics::HttpMetrics(const std::vector<std::string>& routes)
    : routes_(std::make_unique<Routes>()) {
  for (const std::string& pattern : routes)
    routes_->by_pattern.try_emplace(pattern, std::make_unique<RouteMetrics>(pattern));
}

HttpMetrics::~HttpMetrics() = default;

void HttpMetrics::Record(const Answered& answered) {
  const uint32_t shard = ThreadShard();
  RouteCells& cells = routes_->Of(answered.route).cells.Local(shard);
  cells.requests[MethodSlot(answered.method)][StatusSlot(answered.status)].Add(shard, 1);
  cells.seconds.Record(shard, answered.spent.count());
  cells.request_bytes.Add(shard, answered.request_bytes);
  cells.response_bytes.Add(shard, answered.response_bytes);
}

void HttpMetrics::Collect(MetricSink& sink) const {
  CollectRoute(routes_->unmatched, sink);
  for (const auto& [pattern, route] : routes_->by_pattern) CollectRoute(*route, sink);
}

}  // namespace slipway
