// What recording costs on the request path, and what a scrape costs beside it.

#include <benchmark/benchmark.h>

#include "infer/validate.h"
#include "telemetry/http_metrics.h"
#include "telemetry/model_metrics.h"
#include "telemetry/trace.h"

namespace slipway {
namespace {

void BM_CounterAdd(benchmark::State& state) {
  static Counter counter;
  for (auto _ : state) counter.Add();
}
BENCHMARK(BM_CounterAdd)->ThreadRange(1, 2);

void BM_HistogramRecord(benchmark::State& state) {
  static Histogram histogram;
  int64_t ns = 1;
  for (auto _ : state) histogram.Record(Duration(ns = (ns * 5 + 1) & 0xFFFFFF));
}
BENCHMARK(BM_HistogramRecord)->ThreadRange(1, 2);

/// All that one answered request records.
void BM_RequestRecorded(benchmark::State& state) {
  static const auto metrics = std::make_shared<ModelMetrics>("digits", "1");
  int64_t ns = 1;
  for (auto _ : state) {
    ns = (ns * 5 + 1) & 0xFFFF;
    const TimePoint start{Duration(1'000'000)};
    const RequestTimes times{start, start + Duration(ns), start + Duration(2 * ns),
                             start + Duration(5 * ns), start + Duration(6 * ns)};
    const ModelMetrics::InFlight in_flight(metrics);
    metrics->RecordExecution(1, times.computed - times.started);
    metrics->RecordSuccess(times, 1);
  }
}
BENCHMARK(BM_RequestRecorded)->ThreadRange(1, 2);

void BM_RecordSuccess(benchmark::State& state) {
  static ModelMetrics metrics("digits", "1");
  int64_t ns = 1;
  for (auto _ : state) {
    ns = (ns * 5 + 1) & 0xFFFF;
    const TimePoint start{Duration(1'000'000)};
    metrics.RecordSuccess({start, start + Duration(ns), start + Duration(2 * ns),
                           start + Duration(5 * ns), start + Duration(6 * ns)},
                          1);
  }
}
BENCHMARK(BM_RecordSuccess);

void BM_HttpRecord(benchmark::State& state) {
  HttpMetrics http({"/v2", "/v2/models/{model}/infer", "/v2/models/{model}/ready"});
  for (auto _ : state)
    http.Record({"/v2/models/{model}/infer", "POST", 200, std::chrono::microseconds(9), 300, 200});
}
BENCHMARK(BM_HttpRecord);

void BM_TraceparentParsedAndReturned(benchmark::State& state) {
  for (auto _ : state) {
    const auto context =
        TraceContext::Parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
    benchmark::DoNotOptimize(context->Child().ToString());
  }
}
BENCHMARK(BM_TraceparentParsedAndReturned);

void BM_Bind(benchmark::State& state) {
  Signature signature;
  InferRequest request;
  for (int i = 0; i < state.range(0); ++i) {
    signature.inputs.push_back({"feature" + std::to_string(i), DType::kFp32, {-1, 4}});
    request.inputs.push_back(
        {signature.inputs.back().name, {DType::kFp32, {1, 4}, Buffer::Own(std::string(16, '\0'))}});
  }
  signature.outputs = {{"y", DType::kFp32, {-1, 1}}};
  BoundRequest bound;
  for (auto _ : state) benchmark::DoNotOptimize(Bind(request, signature, bound));
}
BENCHMARK(BM_Bind)->Arg(1)->Arg(4)->Arg(100);

void BM_Scrape(benchmark::State& state) {
  Registry registry;
  LifecycleMetrics lifecycle(registry);
  std::vector<std::shared_ptr<ModelMetrics>> versions;
  for (int i = 0; i < state.range(0); ++i) {
    versions.push_back(lifecycle.ForVersion("model" + std::to_string(i), "1"));
    versions.back()->RecordFailure(Reason::kBadRequest, {});
  }
  for (auto _ : state) benchmark::DoNotOptimize(registry.Scrape());
}
BENCHMARK(BM_Scrape)->Arg(1)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace slipway

BENCHMARK_MAIN();
