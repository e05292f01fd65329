// TorchServe's names for what ModelMetrics holds: those of the model metrics in
// ts/configs/metrics.yaml there, in its mode "prometheus", without the label "hostname".

#include "telemetry/model_metrics.h"

namespace slipway {

void ModelMetrics::CollectTorchserve(MetricSink& sink, const std::string& model,
                                     const std::string& version, const Statistics& now) {
  const Labels labels = {{"model_name", model}, {"model_version", version}};
  const auto count = [&](std::string_view name, std::string_view help, double value) {
    sink.AddCounter(name, help, labels, value);
  };
  const auto micros = [](const Total& total) { return static_cast<double>(total.ns / 1'000); };
  count("ts_inference_requests_total", "Requests, whatever became of them.",
        static_cast<double>(now.of(Phase::kRequest).count + now.failure.count));
  count("ts_inference_latency_microseconds", "Cumulative time of requests that succeeded.",
        micros(now.of(Phase::kRequest)));
  count("ts_queue_latency_microseconds", "Cumulative time in the queue.",
        micros(now.of(Phase::kQueue)));
  double by_class[3] = {static_cast<double>(now.of(Phase::kRequest).count), 0, 0};
  for (size_t i = 0; i < now.failures.size(); ++i)
    by_class[InfoOf(static_cast<Reason>(i)).http_status >= 500 ? 2 : 1] +=
        static_cast<double>(now.failures[i]);
  constexpr std::string_view kClasses[] = {"Requests2XX", "Requests4XX", "Requests5XX"};
  for (size_t i = 0; i < std::size(kClasses); ++i)
    sink.AddCounter(kClasses[i], "Requests to models, by class of their status.",
                    {{"Level", "Host"}}, by_class[i]);
}

}  // namespace slipway
