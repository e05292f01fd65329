#include "client/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace slipway::client {

// Values below 2^7 have a bucket each. Above, the seven bits after the leading one choose among the
// 128 buckets of that power of two.
size_t LatencyHistogram::BucketOf(uint64_t ns) {
  ns = std::min(ns, (uint64_t{1} << kMaxBits) - 1);
  const int shift = std::max(0, static_cast<int>(std::bit_width(ns)) - kSubBucketBits - 1);
  return (size_t(shift) << kSubBucketBits) + static_cast<size_t>(ns >> shift);
}

uint64_t LatencyHistogram::EndOf(size_t bucket) {
  constexpr size_t kPerPower = size_t{1} << kSubBucketBits;
  if (bucket < 2 * kPerPower) return bucket;
  const size_t shift = bucket / kPerPower - 1;
  const uint64_t top = kPerPower + bucket % kPerPower;
  return ((top + 1) << shift) - 1;
}

void LatencyHistogram::Record(Duration latency) {
  const int64_t ns = std::max<int64_t>(latency.count(), 0);
  ++buckets_[BucketOf(static_cast<uint64_t>(ns))];
  ++count_;
  sum_ += static_cast<uint64_t>(ns);
  min_ = std::min(min_, ns);
  max_ = std::max(max_, ns);
}

void LatencyHistogram::Merge(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
}

std::vector<LatencyHistogram::Bucket> LatencyHistogram::Buckets() const {
  std::vector<Bucket> filled;
  for (size_t i = 0; i < kBuckets; ++i)
    if (buckets_[i] > 0) filled.push_back({Duration(static_cast<int64_t>(EndOf(i))), buckets_[i]});
  return filled;
}

Duration LatencyHistogram::Quantile(double q) const {
  if (count_ == 0) return Duration(0);
  const auto rank = std::clamp<uint64_t>(
      static_cast<uint64_t>(std::ceil(q * static_cast<double>(count_))), 1, count_);
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return Duration(std::min(static_cast<int64_t>(EndOf(i)), max_));
  }
  return max();
}

}  // namespace slipway::client
