#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/clock.h"

namespace slipway::client {

/// Counts of durations in log-linear buckets: 128 a power of two, so a quantile is at most 0.8 %
/// too high. Holds 1 ns to 2^42 ns (73 min); longer ones count as the longest. Threads: one at a
/// time; Merge joins.
class LatencyHistogram {
 public:
  void Record(Duration latency);
  void Merge(const LatencyHistogram& other);

  uint64_t count() const { return count_; }
  Duration min() const { return Duration(count_ == 0 ? 0 : min_); }
  Duration max() const { return Duration(max_); }
  Duration mean() const { return Duration(count_ == 0 ? 0 : static_cast<int64_t>(sum_ / count_)); }

  struct Bucket {
    Duration end;  // the longest that counts here
    uint64_t count;
    bool operator==(const Bucket&) const = default;
  };
  /// Those that hold something, from short to long.
  std::vector<Bucket> Buckets() const;

  /// The least recorded duration that a share `q` (0 to 1) of all does not exceed, rounded up to
  /// its bucket's end and never above max(); 0 when empty.
  Duration Quantile(double q) const;

 private:
  static constexpr int kSubBucketBits = 7;
  static constexpr int kMaxBits = 42;
  static constexpr size_t kBuckets = size_t{kMaxBits - kSubBucketBits + 1} << kSubBucketBits;

  static size_t BucketOf(uint64_t ns);
  static uint64_t EndOf(size_t bucket);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
  uint64_t sum_ = 0;  // wraps after 584 years of latency
  int64_t min_ = INT64_MAX;
  int64_t max_ = 0;
};

}  // namespace slipway::client
