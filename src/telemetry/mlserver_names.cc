// MLServer's names for what ModelMetrics holds: those of mlserver/handlers/dataplane.py there, as
// its Prometheus client writes them. Durations are in seconds.

#include "telemetry/model_metrics.h"

namespace slipway {

void ModelMetrics::CollectMlserver(MetricSink& sink, const Labels& labels, const Statistics& now) {
  const Total requests = now.of(Phase::kRequest);
  const auto count = [&](std::string_view name, std::string_view help, double value) {
    sink.AddCounter(name, help, labels, value);
  };
  count("model_infer_request_success_total", "Requests that succeeded.",
        static_cast<double>(requests.count));
  count("model_infer_request_failure_total", "Requests that failed.",
        static_cast<double>(now.failure.count));
  count("model_infer_request_duration_count", "Requests that were timed.",
        static_cast<double>(requests.count));
  count("model_infer_request_duration_sum", "Time of these requests, in seconds.",
        static_cast<double>(requests.ns) / 1e9);
}

}  // namespace slipway
