#pragma once
// What is counted for each model version, and for the versions' loads.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/status.h"
#include "telemetry/metrics.h"

namespace slipway {

/// The moments of one request that succeeded. The phases are the differences.
struct RequestTimes {
  TimePoint received;   // the read that completed the request returned
  TimePoint parsed;     // its tensors are ready
  TimePoint started;    // its execution began
  TimePoint computed;   // its execution ended
  TimePoint responded;  // its response is written or handed to the transport
};

enum class Phase { kParse, kQueue, kCompute, kRespond, kRequest };
inline constexpr size_t kPhaseCount = 5;
/// "parse", "queue", "compute", "respond", "request" (the whole of it).
std::string_view NameOf(Phase phase);

/// One model version. Threads: any. The Record methods never block and, once a thread has recorded
/// for this version before, never allocate (RecordExecution of more than kExactBatchSizes rows
/// may).
class ModelMetrics final : public MetricSource {
 public:
  static constexpr size_t kExactBatchSizes = 64;
  static constexpr size_t kMaxLargeBatchSizes = 256;  // distinct larger sizes kept for batch_stats

  ModelMetrics(std::string model, std::string version);
  ~ModelMetrics() override;

  const std::string& model() const { return model_; }
  const std::string& version() const { return version_; }

  /// A request of `rows` rows was answered. Whoever ran the engine for it has called
  /// RecordExecution, once for all requests of a batch.
  /// Cost: bench_telemetry; tens of nanoseconds.
  void RecordSuccess(const RequestTimes& times, uint64_t rows);

  /// A request was answered with an answer kept from an earlier one. It counts as a success and
  /// its wait as none; rows, runs and what they take are the earlier one's.
  /// @param lookup  what finding the answer took.
  void RecordCacheHit(const RequestTimes& times, Duration lookup);

  /// No answer was kept for a request. It was computed, counted by RecordSuccess, and kept.
  /// @param spent  on looking for it and on keeping it.
  void RecordCacheMiss(Duration spent);

  /// A request was refused or failed after `spent`.
  void RecordFailure(Reason reason, Duration spent);

  /// The engine ran once, on `rows` rows of one or several requests.
  void RecordExecution(uint64_t rows, Duration compute);

  void SetLoadDuration(Duration duration) { load_ns_.store(duration.count()); }

  /// Counts a request among those in flight for as long as it lives.
  class [[nodiscard]] InFlight {
   public:
    InFlight() = default;
    explicit InFlight(std::shared_ptr<ModelMetrics> metrics) : metrics_(std::move(metrics)) {
      if (metrics_) metrics_->in_flight_.Add(1);
    }
    InFlight(InFlight&&) noexcept = default;
    InFlight& operator=(InFlight&& other) noexcept {
      std::swap(metrics_, other.metrics_);
      return *this;
    }
    ~InFlight() {
      if (metrics_) metrics_->in_flight_.Add(-1);
    }

   private:
    std::shared_ptr<ModelMetrics> metrics_;
  };

  /// Requests waiting in the version's queue: +1 when one is put in, −1 when it leaves.
  void AddPending(int64_t amount) { pending_.Add(amount); }
  int64_t in_flight() const { return in_flight_.Value(); }

  struct Total {
    uint64_t count = 0;
    uint64_t ns = 0;
  };
  struct BatchStatistics {
    uint64_t batch_size = 0;
    Total compute;
  };
  /// What the statistics endpoint reports.
  struct Statistics {
    int64_t last_inference_unix_ms = 0;  // 0 = none yet
    uint64_t inference_count = 0;        // rows
    uint64_t execution_count = 0;
    std::array<LatencySnapshot, kPhaseCount> latencies{};  // by Phase, of the successes
    std::array<uint64_t, kReasonCount> failures{};         // by Reason
    Total failure;                                         // over all reasons
    Total cache_hit, cache_miss;
    std::vector<BatchStatistics> batches;  // by size, ascending
    int64_t in_flight = 0;
    int64_t pending = 0;
    Duration load_duration{};

    /// A cache was asked, so its counts mean something.
    bool has_cache() const { return cache_hit.count + cache_miss.count > 0; }
    const LatencySnapshot& latency(Phase phase) const {
      return latencies[static_cast<size_t>(phase)];
    }
    /// The successes and what they spent in `phase`. Those that a cache answered have only the
    /// phases queue and request.
    Total of(Phase phase) const { return {latency(phase).count(), latency(phase).sum_ns}; }
  };
  Statistics Snapshot() const;

  /// The slipway_… families, and the same values by the names that the scrape wants beside them.
  void Collect(MetricSink& sink) const override;

 private:
  struct Cells;
  static void CollectOwn(MetricSink& sink, const Labels& labels, const Statistics& now);
  static void CollectTriton(MetricSink& sink, const Labels& labels, const Statistics& now);
  static void CollectTfserving(MetricSink& sink, const std::string& model, const Statistics& now);
  static void CollectTorchserve(MetricSink& sink, const std::string& model,
                                const std::string& version, const Statistics& now);
  static void CollectMlserver(MetricSink& sink, const Labels& labels, const Statistics& now);

  std::string model_;
  std::string version_;
  Sharded<Cells> cells_;
  Gauge in_flight_;
  Gauge pending_;
  std::atomic<int64_t> load_ns_{0};
  Guarded<std::vector<BatchStatistics>> large_batches_;  // sizes above kExactBatchSizes, ascending
};

/// Hands out the ModelMetrics of each version and counts loads. A version that is loaded again
/// while its predecessor still drains goes on with the same counters.
/// Threads: any.
class LifecycleMetrics {
 public:
  explicit LifecycleMetrics(Registry& registry);
  ~LifecycleMetrics();

  /// The version's series are in the scrape for as long as somebody holds the pointer.
  std::shared_ptr<ModelMetrics> ForVersion(std::string_view model, std::string_view version);

  /// slipway_model_version_state{model,version,state} = 1 for the state it is in and no series for
  /// the others.
  /// @param state  lifecycle's own word: "loading", "ready", "draining", "failed", …
  void SetState(std::string_view model, std::string_view version, std::string_view state);

  /// slipway_model_load_seconds, a histogram over all versions.
  void RecordLoad(Duration duration);

  /// slipway_model_load_failures_total{model,version,reason}.
  void RecordLoadFailure(std::string_view model, std::string_view version, Reason reason);

  /// The version has left the repository: its state and failures leave the scrape.
  void Forget(std::string_view model, std::string_view version);

 private:
  class Versions;
  Registry& registry_;
  std::shared_ptr<Versions> versions_;
  std::shared_ptr<Histogram> load_seconds_;
};

}  // namespace slipway
