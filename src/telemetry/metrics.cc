#include "telemetry/metrics.h"

#include <algorithm>
#include <numeric>

namespace slipway {
namespace {

uint64_t SumOf(const Sharded<Cell>& cells) {
  uint64_t sum = 0;
  cells.ForEach([&](const Cell& cell) { sum += cell.Get(); });
  return sum;
}

}  // namespace

uint64_t Counter::Value() const { return SumOf(cells_); }

int64_t Gauge::Value() const { return static_cast<int64_t>(SumOf(cells_)); }

uint64_t LatencySnapshot::count() const {
  return std::accumulate(buckets.begin(), buckets.end(), uint64_t{0});
}

double LatencySnapshot::QuantileNs(double q) const {
  const uint64_t total = count();
  if (total == 0) return 0;
  const double rank = std::clamp(q, 0.0, 1.0) * static_cast<double>(total);
  double below = 0;
  for (size_t i = 0; i < kLatencyBounds; ++i) {
    const auto here = static_cast<double>(buckets[i]);
    if (here > 0 && below + here >= rank) {
      const double low = i == 0 ? 0 : static_cast<double>(kLatencyBoundsNs[i - 1]);
      const auto high = static_cast<double>(kLatencyBoundsNs[i]);
      return low + (high - low) * (rank - below) / here;
    }
    below += here;
  }
  return static_cast<double>(kLatencyBoundsNs.back());
}

void LatencyCells::AddTo(LatencySnapshot& total) const {
  for (size_t i = 0; i < buckets.size(); ++i) total.buckets[i] += buckets[i].Get();
  total.sum_ns += sum_ns.Get();
}

LatencySnapshot Histogram::Read() const {
  LatencySnapshot total;
  cells_.ForEach([&](const LatencyCells& cells) { cells.AddTo(total); });
  return total;
}

}  // namespace slipway
