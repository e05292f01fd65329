#include "telemetry/model_metrics.h"

#include <algorithm>

namespace slipway {
namespace {

uint64_t NonNegative(Duration duration) {
  return static_cast<uint64_t>(std::max<int64_t>(duration.count(), 0));
}

struct TotalCells {
  Cell count;
  Cell ns;

  void Add(uint32_t shard, Duration duration) {
    count.Add(shard, 1);
    ns.Add(shard, NonNegative(duration));
  }
  void AddTo(ModelMetrics::Total& total) const {
    total.count += count.Get();
    total.ns += ns.Get();
  }
};

/// Time has passed on two clocks since `moment`: tell it by the other one.
int64_t UnixMillis(TimePoint moment) {
  const auto ago = std::chrono::steady_clock::now() - moment;
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             (std::chrono::system_clock::now() - ago).time_since_epoch())
      .count();
}

}  // namespace

std::string_view NameOf(Phase phase) {
  constexpr std::array<std::string_view, kPhaseCount> kNames = {"parse", "queue", "compute",
                                                                "respond", "request"};
  return kNames[static_cast<size_t>(phase)];
}

struct ModelMetrics::Cells {
  std::array<LatencyCells, kPhaseCount> phases;
  Cell rows;
  Cell last_ns;  // high-water mark: steady clock, the latest response
  TotalCells executions;
  TotalCells failure;
  TotalCells cache_hit;
  TotalCells cache_miss;
  std::array<Cell, kReasonCount> failures;
  std::array<TotalCells, kExactBatchSizes> batches;  // by size − 1
};

ModelMetrics::ModelMetrics(std::string model, std::string version)
    : model_(std::move(model)), version_(std::move(version)) {}

ModelMetrics::~ModelMetrics() = default;

void ModelMetrics::RecordSuccess(const RequestTimes& times, uint64_t rows) {
  const uint32_t shard = ThreadShard();
  Cells& cells = cells_.Local(shard);
  const auto record = [&](Phase phase, Duration duration) {
    cells.phases[static_cast<size_t>(phase)].Record(shard, duration.count());
  };
  record(Phase::kParse, times.parsed - times.received);
  record(Phase::kQueue, times.started - times.parsed);
  record(Phase::kCompute, times.computed - times.started);
  record(Phase::kRespond, times.responded - times.computed);
  record(Phase::kRequest, times.responded - times.received);
  cells.rows.Add(shard, rows);
  cells.last_ns.RaiseTo(shard, NonNegative(times.responded.time_since_epoch()));
}

void ModelMetrics::RecordCacheHit(const RequestTimes& times, Duration lookup) {
  const uint32_t shard = ThreadShard();
  Cells& cells = cells_.Local(shard);
  cells.phases[static_cast<size_t>(Phase::kQueue)].Record(shard, 0);
  cells.phases[static_cast<size_t>(Phase::kRequest)].Record(
      shard, (times.responded - times.received).count());
  cells.cache_hit.Add(shard, lookup);
  cells.last_ns.RaiseTo(shard, NonNegative(times.responded.time_since_epoch()));
}

void ModelMetrics::RecordCacheMiss(Duration spent) {
  const uint32_t shard = ThreadShard();
  cells_.Local(shard).cache_miss.Add(shard, spent);
}

void ModelMetrics::RecordFailure(Reason reason, Duration spent) {
  const uint32_t shard = ThreadShard();
  Cells& cells = cells_.Local(shard);
  cells.failures[static_cast<size_t>(reason)].Add(shard, 1);
  cells.failure.Add(shard, spent);
}

void ModelMetrics::RecordExecution(uint64_t rows, Duration compute) {
  const uint32_t shard = ThreadShard();
  Cells& cells = cells_.Local(shard);
  cells.executions.Add(shard, compute);
  if (rows == 0) return;
  if (rows <= kExactBatchSizes) {
    cells.batches[rows - 1].Add(shard, compute);
    return;
  }
  large_batches_.With([&](std::vector<BatchStatistics>& batches) {
    auto it = std::lower_bound(batches.begin(), batches.end(), rows,
                               [](const auto& b, uint64_t size) { return b.batch_size < size; });
    if (it == batches.end() || it->batch_size != rows) {
      if (batches.size() >= kMaxLargeBatchSizes) return;  // clients choose the sizes
      it = batches.insert(it, {rows, {}});
    }
    ++it->compute.count;
    it->compute.ns += NonNegative(compute);
  });
}

// A request that is being recorded right now stands in some of its phases only.
static bool AreWhole(const ModelMetrics::Statistics& statistics) {
  const auto count = [&](Phase phase) { return statistics.latency(phase).count(); };
  return count(Phase::kParse) == count(Phase::kCompute) &&
         count(Phase::kParse) == count(Phase::kRespond) &&
         count(Phase::kQueue) == count(Phase::kRequest);
}

ModelMetrics::Statistics ModelMetrics::Snapshot() const {
  constexpr int kTries = 8;  // clients end on counts that differ (Triton's perf_analyzer)
  Statistics statistics;
  for (int tries = 0; tries == 0 || (tries < kTries && !AreWhole(statistics)); ++tries) {
    statistics.latencies = {};
    cells_.ForEach([&](const Cells& cells) {
      for (size_t i = 0; i < kPhaseCount; ++i) cells.phases[i].AddTo(statistics.latencies[i]);
    });
  }
  std::array<Total, kExactBatchSizes> batches;
  uint64_t last_ns = 0;
  cells_.ForEach([&](const Cells& cells) {
    for (size_t i = 0; i < kExactBatchSizes; ++i) cells.batches[i].AddTo(batches[i]);
    for (size_t i = 0; i < cells.failures.size(); ++i)
      statistics.failures[i] += cells.failures[i].Get();
    cells.failure.AddTo(statistics.failure);
    cells.cache_hit.AddTo(statistics.cache_hit);
    cells.cache_miss.AddTo(statistics.cache_miss);
    statistics.inference_count += cells.rows.Get();
    statistics.execution_count += cells.executions.count.Get();
    last_ns = std::max(last_ns, cells.last_ns.Get());
  });
  for (size_t i = 0; i < kExactBatchSizes; ++i)
    if (batches[i].count > 0) statistics.batches.push_back({i + 1, batches[i]});
  large_batches_.With([&](const std::vector<BatchStatistics>& large) {
    statistics.batches.insert(statistics.batches.end(), large.begin(), large.end());
  });
  if (last_ns != 0)
    statistics.last_inference_unix_ms =
        UnixMillis(TimePoint(Duration(static_cast<int64_t>(last_ns))));
  statistics.in_flight = in_flight_.Value();
  statistics.pending = pending_.Value();
  statistics.load_duration = Duration(load_ns_.load(std::memory_order_relaxed));
  return statistics;
}

void ModelMetrics::Collect(MetricSink& sink) const {
  const Labels labels = {{"model", model_}, {"version", version_}};
  const Statistics now = Snapshot();
  CollectOwn(sink, labels, now);
  switch (sink.names()) {
    case MetricNames::kOwn:
      break;
    case MetricNames::kTriton:
      return CollectTriton(sink, labels, now);
    case MetricNames::kTfserving:
      return CollectTfserving(sink, model_, now);
    case MetricNames::kTorchserve:
      return CollectTorchserve(sink, model_, version_, now);
    case MetricNames::kMlserver:
      return CollectMlserver(sink, labels, now);
  }
}

void ModelMetrics::CollectOwn(MetricSink& sink, const Labels& labels, const Statistics& now) {
  sink.AddHistogram("slipway_request_seconds",
                    "Time from a request's last byte to its response, for requests that succeeded.",
                    labels, now.latency(Phase::kRequest));
  for (const Phase phase : {Phase::kParse, Phase::kQueue, Phase::kCompute, Phase::kRespond}) {
    Labels with_phase = labels;
    with_phase.emplace_back("phase", NameOf(phase));
    sink.AddHistogram("slipway_request_phase_seconds",
                      "Time spent in each phase of a request that succeeded.", with_phase,
                      now.latency(phase));
  }
  sink.AddCounter("slipway_requests_succeeded_total", "Requests answered with a result.", labels,
                  static_cast<double>(now.of(Phase::kRequest).count));
  for (size_t i = 0; i < now.failures.size(); ++i) {
    if (now.failures[i] == 0) continue;
    Labels with_reason = labels;
    with_reason.emplace_back("reason", InfoOf(static_cast<Reason>(i)).label);
    sink.AddCounter("slipway_requests_failed_total", "Requests refused or failed, by reason.",
                    with_reason, static_cast<double>(now.failures[i]));
  }
  sink.AddCounter("slipway_inference_rows_total", "Rows inferred.", labels,
                  static_cast<double>(now.inference_count));
  sink.AddCounter("slipway_model_executions_total", "Runs of the engine; a batch is one run.",
                  labels, static_cast<double>(now.execution_count));
  if (now.has_cache()) {
    sink.AddCounter("slipway_response_cache_hits_total",
                    "Requests answered with an answer kept from an earlier one.", labels,
                    static_cast<double>(now.cache_hit.count));
    sink.AddCounter("slipway_response_cache_misses_total",
                    "Requests computed because no answer was kept for them.", labels,
                    static_cast<double>(now.cache_miss.count));
  }
  sink.AddGauge("slipway_requests_in_flight", "Requests between arrival and answer.", labels,
                static_cast<double>(now.in_flight));
  sink.AddGauge("slipway_requests_pending", "Requests waiting in the version's queue.", labels,
                static_cast<double>(now.pending));
  sink.AddGauge("slipway_model_version_load_seconds", "What loading this version took.", labels,
                static_cast<double>(now.load_duration.count()) / 1e9);
  sink.AddGauge("slipway_last_inference_timestamp_seconds",
                "When the last answer was given, Unix time; 0 before the first.", labels,
                static_cast<double>(now.last_inference_unix_ms) / 1e3);
}

}  // namespace slipway
