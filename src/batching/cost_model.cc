#include "batching/cost_model.h"

#include <algorithm>
#include <bit>

namespace slipway::batching {
namespace {

constexpr auto kLongest = std::chrono::minutes(1);  // predicted: sums over a queue stay exact
constexpr float kWeight = 1.0f / 8;                 // of a new observation
// Where sizes are compared, a run that was preempted for 10 ms says nothing: it counts as this many
// times the usual. Where a run is placed it does: what has become slow leaves the I/O threads at
// once.
constexpr float kOutlier = 4;
// A quantile is the level that this many observations in a hundred stay below: it climbs a step
// for each above it and sinks a nineteenth of one for each below.
constexpr float kQuantile = 0.95f;
constexpr float kQuantileStep = 1.0f / 16;
constexpr float kNearBest = 1.05f;
constexpr float kWorthwhile = 0.9f;

Duration ToDuration(double ns) {
  const double longest = std::chrono::duration<double, std::nano>(kLongest).count();
  return Duration(static_cast<int64_t>(std::min(ns, longest)));
}

}  // namespace

int CostModel::RowBucket(int64_t rows) {
  const auto above = static_cast<uint64_t>(std::max<int64_t>(rows, 1) - 1);
  return std::min(static_cast<int>(std::bit_width(above)), kRowBuckets - 1);
}

int CostModel::ByteBucket(size_t bytes) {
  return std::min(static_cast<int>(std::bit_width(bytes)), kByteBuckets - 1);
}

void CostModel::Observe(RunSize size, Duration took) {
  Column& column = columns_[ByteBucket(size.row_bytes)];
  Cell& cell = column.cells[RowBucket(size.rows)];
  const float seen = static_cast<float>(std::max<int64_t>(took.count(), 1)) / size.rows;
  const float mean = cell.mean.load(std::memory_order_relaxed);
  if (mean == 0) {
    for (auto* const quantity : {&cell.slow, &cell.usual, &cell.mean})
      quantity->store(seen, std::memory_order_relaxed);
  } else {
    const float slow = cell.slow.load(std::memory_order_relaxed);
    const float usual = cell.usual.load(std::memory_order_relaxed);
    const float step = slow * kQuantileStep * (seen > slow ? kQuantile : kQuantile - 1);
    const float next = usual + (std::min(seen, usual * kOutlier) - usual) * kWeight;
    cell.slow.store(std::max(slow + step, next), std::memory_order_relaxed);
    cell.usual.store(next, std::memory_order_relaxed);
    cell.mean.store(mean + (seen - mean) * kWeight, std::memory_order_relaxed);
  }
  if (const uint8_t runs = cell.seen.load(std::memory_order_relaxed); runs < kKnown)
    cell.seen.store(runs + 1, std::memory_order_relaxed);
  column.knee.store(FindKnee(column), std::memory_order_relaxed);
}

uint8_t CostModel::FindKnee(const Column& column) {
  const float single = column.cells[0].usual.load(std::memory_order_relaxed);
  if (single == 0) return 0;
  float best = single;
  for (const Cell& cell : column.cells)
    if (const float usual = cell.usual.load(std::memory_order_relaxed); usual != 0)
      best = std::min(best, usual);
  if (best > single * kWorthwhile) return 0;
  for (uint8_t bucket = 1; bucket < kRowBuckets; ++bucket) {
    const float usual = column.cells[bucket].usual.load(std::memory_order_relaxed);
    if (usual != 0 && usual <= best * kNearBest) return bucket;
  }
  return 0;
}

int64_t CostModel::Knee(size_t row_bytes) const {
  return int64_t{1} << columns_[ByteBucket(row_bytes)].knee.load(std::memory_order_relaxed);
}

bool CostModel::Knows(RunSize size) const {
  const Cell& cell = columns_[ByteBucket(size.row_bytes)].cells[RowBucket(size.rows)];
  return cell.seen.load(std::memory_order_relaxed) >= kKnown;
}

Duration CostModel::Predict(RunSize size) const { return Predict(size, &Cell::mean); }

Duration CostModel::PredictSlow(RunSize size) const { return Predict(size, &Cell::slow); }

Duration CostModel::Predict(RunSize size, Quantity quantity) const {
  const int bytes = ByteBucket(size.row_bytes), rows = RowBucket(size.rows);
  const auto seen = [&](int column, int bucket) {
    return (columns_[column].cells[bucket].*quantity).load(std::memory_order_relaxed);
  };
  // Smaller rows first, then larger ones; in each column fewer rows first, then more.
  for (int distance = 0; distance < kByteBuckets; ++distance) {
    for (const int column : {bytes - distance, bytes + distance}) {
      if (column < 0 || column >= kByteBuckets) continue;
      const double scale = column < bytes ? static_cast<double>(int64_t{1} << (bytes - column)) : 1;
      for (int bucket = rows; bucket >= 0; --bucket)
        if (const float mean = seen(column, bucket); mean != 0)
          return ToDuration(mean * scale * static_cast<double>(size.rows));
      for (int bucket = rows + 1; bucket < kRowBuckets; ++bucket)
        if (const float mean = seen(column, bucket); mean != 0)
          return ToDuration(mean * scale * static_cast<double>(int64_t{1} << bucket));
    }
  }
  return Duration(0);
}

}  // namespace slipway::batching
