// TensorFlow Serving's names for what ModelMetrics holds. Names, labels and units are those of
// servables/tensorflow/util.cc and batching/batching_session.cc there; versions of a model add up,
// as there. What API or door a request came by is not kept: "API" is Predict and "entrypoint" is
// any.

#include "telemetry/model_metrics.h"

namespace slipway {
namespace {

/// google.rpc.Code by number.
constexpr std::string_view kCodes[] = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

}  // namespace

void ModelMetrics::CollectTfserving(MetricSink& sink, const std::string& model,
                                    const Statistics& now) {
  const auto count = [&](std::string_view status, uint64_t requests) {
    sink.AddCounter(":tensorflow:serving:request_count", "Requests, by model and status.",
                    {{"model_name", model}, {"status", std::string(status)}},
                    static_cast<double>(requests));
  };
  count(kCodes[0], now.of(Phase::kRequest).count);
  for (size_t i = 0; i < now.failures.size(); ++i)
    if (now.failures[i] > 0)
      count(kCodes[InfoOf(static_cast<Reason>(i)).grpc_code], now.failures[i]);
  sink.AddHistogram(":tensorflow:serving:request_latency",
                    "Time of requests that succeeded, in microseconds.",
                    {{"model_name", model}, {"API", "Predict"}, {"entrypoint", "any"}},
                    now.latency(Phase::kRequest), MetricSink::Unit::kMicroseconds);
  sink.AddHistogram(":tensorflow:serving:runtime_latency", "Time in the engine, in microseconds.",
                    {{"model_name", model}, {"API", "Predict"}, {"runtime", "onnxruntime"}},
                    now.latency(Phase::kCompute), MetricSink::Unit::kMicroseconds);
  sink.AddCounter(":tensorflow:serving:request_example_count_total", "Rows inferred.",
                  {{"model", model}}, static_cast<double>(now.inference_count));
  // Of all models together; the pool has the name that it has there unless it is given another.
  sink.AddHistogram(":tensorflow:serving:batching_session:queuing_latency",
                    "Time in the queue, in microseconds.", {{"thread_pool_name", "batch_threads"}},
                    now.latency(Phase::kQueue), MetricSink::Unit::kMicroseconds);
  sink.AddCounter(":tensorflow:serving:batching_session:wrapped_run_count", "Runs of the engine.",
                  {}, static_cast<double>(now.execution_count));
}

}  // namespace slipway
