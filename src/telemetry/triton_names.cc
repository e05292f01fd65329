// Triton's names for what ModelMetrics holds, so that dashboards made for it keep working. Names,
// labels and units are Triton's (docs/user_guide/metrics.md); the phases map as: compute_input is
// our parse, compute_infer our compute, compute_output our respond.

#include "telemetry/model_metrics.h"

namespace slipway {
namespace {

std::string_view TritonReason(Reason reason) {
  switch (reason) {
    case Reason::kQueueFull:
    case Reason::kOverloaded:
    case Reason::kRateLimited:
    case Reason::kLoading:
    case Reason::kDraining:
    case Reason::kDeadlineExceeded:
      return "REJECTED";
    case Reason::kCancelled:
      return "CANCELED";
    case Reason::kInternal:
    case Reason::kIo:
      return "BACKEND";
    default:
      return "OTHER";
  }
}

double Micros(const ModelMetrics::Total& total) { return static_cast<double>(total.ns / 1'000); }

}  // namespace

void ModelMetrics::CollectTriton(MetricSink& sink, const Labels& labels, const Statistics& now) {
  const auto count = [&](std::string_view name, std::string_view help, double value) {
    sink.AddCounter(name, help, labels, value);
  };
  count("nv_inference_request_success", "Requests that succeeded.",
        static_cast<double>(now.of(Phase::kRequest).count));
  for (const std::string_view reason : {"REJECTED", "CANCELED", "BACKEND", "OTHER"}) {
    uint64_t failures = 0;
    for (size_t i = 0; i < now.failures.size(); ++i)
      if (TritonReason(static_cast<Reason>(i)) == reason) failures += now.failures[i];
    Labels with_reason = labels;
    with_reason.emplace_back("reason", reason);
    sink.AddCounter("nv_inference_request_failure", "Requests that failed, by Triton's reasons.",
                    with_reason, static_cast<double>(failures));
  }
  count("nv_inference_count", "Rows inferred.", static_cast<double>(now.inference_count));
  count("nv_inference_exec_count", "Runs of the engine.", static_cast<double>(now.execution_count));
  count("nv_inference_request_duration_us", "Cumulative time of requests, in microseconds.",
        Micros(now.of(Phase::kRequest)));
  count("nv_inference_queue_duration_us", "Cumulative time in the queue, in microseconds.",
        Micros(now.of(Phase::kQueue)));
  count("nv_inference_compute_input_duration_us",
        "Cumulative time reading inputs, in microseconds.", Micros(now.of(Phase::kParse)));
  count("nv_inference_compute_infer_duration_us", "Cumulative time in the engine, in microseconds.",
        Micros(now.of(Phase::kCompute)));
  count("nv_inference_compute_output_duration_us",
        "Cumulative time writing outputs, in microseconds.", Micros(now.of(Phase::kRespond)));
  if (now.has_cache()) {
    count("nv_cache_num_hits_per_model", "Requests that the response cache answered.",
          static_cast<double>(now.cache_hit.count));
    count("nv_cache_num_misses_per_model", "Requests that the response cache did not answer.",
          static_cast<double>(now.cache_miss.count));
    count("nv_cache_hit_duration_per_model", "Cumulative time of finding answers, in microseconds.",
          Micros(now.cache_hit));
    count("nv_cache_miss_duration_per_model",
          "Cumulative time of looking for answers and keeping them, in microseconds.",
          Micros(now.cache_miss));
  }
  sink.AddGauge("nv_inference_pending_request_count", "Requests waiting in the version's queue.",
                labels, static_cast<double>(now.pending));
  sink.AddGauge("nv_model_load_duration_secs", "What loading this version took, in seconds.",
                labels, static_cast<double>(now.load_duration.count()) / 1e9);
}

}  // namespace slipway
