#pragma once
// Counters, gauges and latency histograms that cost a few nanoseconds to record, and the registry
// that renders them as Prometheus text.

#include <array>
#include <bit>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "telemetry/sharded.h"

namespace slipway {

/// Threads: any.
class Counter {
 public:
  void Add(uint64_t amount = 1) {
    const uint32_t shard = ThreadShard();
    cells_.Local(shard).Add(shard, amount);
  }
  uint64_t Value() const;

 private:
  Sharded<Cell> cells_;
};

/// Goes up and down. Threads: any; Add may come from another thread than the Add it undoes.
class Gauge {
 public:
  void Add(int64_t amount) {
    const uint32_t shard = ThreadShard();
    cells_.Local(shard).Add(shard, static_cast<uint64_t>(amount));
  }
  int64_t Value() const;

 private:
  Sharded<Cell> cells_;
};

/// Upper bounds of the latency buckets: 1, 2 and 5 of each decade from 1 µs to 50 s. A value above
/// the last bound counts under +Inf.
inline constexpr size_t kLatencyBounds = 24;
inline constexpr std::array<int64_t, kLatencyBounds> kLatencyBoundsNs = [] {
  std::array<int64_t, kLatencyBounds> bounds{};
  int64_t decade = 1'000;
  for (size_t i = 0; i < kLatencyBounds; i += 3, decade *= 10) {
    bounds[i] = decade;
    bounds[i + 1] = 2 * decade;
    bounds[i + 2] = 5 * decade;
  }
  return bounds;
}();

namespace internal {
/// By bit width: the first bucket whose bound is not below the smallest number of that width.
/// Bounds lie at least a factor of two apart, so the right bucket is this one or the next.
inline constexpr std::array<uint8_t, 65> kFirstBucketOfWidth = [] {
  std::array<uint8_t, 65> first{};
  for (size_t width = 1; width <= 64; ++width) {
    while (first[width] < kLatencyBounds &&
           static_cast<uint64_t>(kLatencyBoundsNs[first[width]]) < uint64_t{1} << (width - 1))
      ++first[width];
  }
  return first;
}();
}  // namespace internal

/// Bucket of a duration: the first whose bound is not below it, kLatencyBounds for +Inf; 0 for a
/// negative one.
inline size_t LatencyBucket(int64_t ns) {
  if (ns <= 0) return 0;
  const size_t first = internal::kFirstBucketOfWidth[std::bit_width(static_cast<uint64_t>(ns))];
  return first + (first < kLatencyBounds && ns > kLatencyBoundsNs[first] ? 1 : 0);
}

/// What a histogram held at one moment.
struct LatencySnapshot {
  std::array<uint64_t, kLatencyBounds + 1> buckets{};  // not cumulative; the last is +Inf
  uint64_t sum_ns = 0;

  uint64_t count() const;
  /// Interpolated within its bucket; 0 when empty; at most the last finite bound.
  /// @param q  0 … 1
  double QuantileNs(double q) const;
};

/// The cells of one histogram in one shard: a building block for structs that record many at once.
struct LatencyCells {
  std::array<Cell, kLatencyBounds + 1> buckets;
  Cell sum_ns;

  void Record(uint32_t shard, int64_t ns) {
    buckets[LatencyBucket(ns)].Add(shard, 1);
    sum_ns.Add(shard, ns > 0 ? static_cast<uint64_t>(ns) : 0);
  }
  void AddTo(LatencySnapshot& total) const;
};

/// Threads: any.
class Histogram {
 public:
  void Record(Duration duration) {
    const uint32_t shard = ThreadShard();
    cells_.Local(shard).Record(shard, duration.count());
  }
  LatencySnapshot Read() const;

 private:
  Sharded<LatencyCells> cells_;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Whose names a scrape has. Ours are always there; another server's break the rules that `promtool
/// check metrics` lints ("_us", counters without "_total"), so a scrape is lint-clean without them.
enum class MetricNames { kOwn, kTriton, kTfserving, kTorchserve, kMlserver };

/// Where collectors put what they read. Samples of one name are rendered as one family, whoever
/// delivers them; two samples with the same name and labels add up.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  /// @param name    a Prometheus name ([a-zA-Z_:][a-zA-Z0-9_:]*) of our own; CHECKed.
  /// @param help    one sentence of our own.
  /// @param labels  names of our own; values may be hostile: they are escaped, and bytes that are
  /// not
  ///                UTF-8 become '?'.
  virtual void AddCounter(std::string_view name, std::string_view help, const Labels& labels,
                          double value) = 0;
  virtual void AddGauge(std::string_view name, std::string_view help, const Labels& labels,
                        double value) = 0;
  /// Rendered in seconds, or in microseconds.
  enum class Unit { kSeconds, kMicroseconds };
  virtual void AddHistogram(std::string_view name, std::string_view help, const Labels& labels,
                            const LatencySnapshot& value, Unit unit) = 0;
  void AddHistogram(std::string_view name, std::string_view help, const Labels& labels,
                    const LatencySnapshot& value) {
    AddHistogram(name, help, labels, value, Unit::kSeconds);
  }
  /// Whose names are wanted beside ours.
  virtual MetricNames names() const = 0;
};

/// An object with several series, which leave the scrape when it is destroyed.
class MetricSource {
 public:
  virtual ~MetricSource() = default;
  /// Threads: called by whoever scrapes, while others record.
  virtual void Collect(MetricSink& sink) const = 0;
};

/// Threads: any. What it hands out may outlive it.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  /// One series; it leaves the scrape when the last pointer to it is dropped.
  /// @param name  counters end in "_total", histograms in "_seconds".
  std::shared_ptr<Counter> AddCounter(std::string name, std::string help, Labels labels = {});
  std::shared_ptr<Gauge> AddGauge(std::string name, std::string help, Labels labels = {});
  std::shared_ptr<Histogram> AddHistogram(std::string name, std::string help, Labels labels = {});

  /// Collected as long as somebody else holds it.
  void AddSource(std::weak_ptr<const MetricSource> source);

  /// Called at every scrape for the registry's whole life, for values that are read rather than
  /// recorded. Two scrapes may call it at the same time.
  void AddCollector(std::function<void(MetricSink&)> collector);

  /// Prometheus text format 0.0.4, families sorted by name. Cost: linear in the series, a few µs
  /// each; never blocks a recording thread.
  std::string Scrape(MetricNames names = MetricNames::kTriton) const;
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace slipway
