#include "batching/cost_model.h"

#include <algorithm>
#include <bit>

namespace slipway::batching {
namespace {

constexpr Duration kLongest = std::chrono::minutes(1);  // predicted: sums over a queue stay exact
constexpr int kDecayShift = 3;                          // a new observation weighs 1/8
// A run that was preempted for 10 ms says nothing of the model: it counts as four times the mean,
// so that one of them cannot make a short model look long.
constexpr int64_t kOutlier = 4;

int BucketOf(size_t bytes, int buckets) {
  return std::min(static_cast<int>(std::bit_width(bytes)), buckets - 1);
}

}  // namespace

void CostModel::Observe(size_t input_bytes, Duration took) {
  auto& mean = mean_ns_[BucketOf(input_bytes, kBuckets)];
  const int64_t seen = std::max<int64_t>(took.count(), 1);
  const int64_t before = mean.load(std::memory_order_relaxed);
  const int64_t after = before == 0 ? seen : before + (seen - before) / (1 << kDecayShift);
  mean.store(std::max<int64_t>(after, 1), std::memory_order_relaxed);
}

bool CostModel::HasSeen(size_t input_bytes) const {
  return mean_ns_[BucketOf(input_bytes, kBuckets)].load(std::memory_order_relaxed) != 0;
}

Duration CostModel::Predict(size_t input_bytes) const {
  const int wanted = BucketOf(input_bytes, kBuckets);
  for (int bucket = wanted; bucket >= 0; --bucket) {
    const int64_t mean = mean_ns_[bucket].load(std::memory_order_relaxed);
    if (mean == 0) continue;
    const int shift = wanted - bucket;
    return mean > kLongest.count() >> shift ? kLongest : Duration(mean << shift);
  }
  for (int bucket = wanted + 1; bucket < kBuckets; ++bucket)
    if (const int64_t mean = mean_ns_[bucket].load(std::memory_order_relaxed); mean != 0)
      return std::min(Duration(mean), kLongest);
  return Duration(0);
}

}  // namespace slipway::batching
