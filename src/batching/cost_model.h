#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace slipway::batching {

/// What the cost of a run goes by.
struct RunSize {
  int64_t rows = 1;      // ≥ 1
  size_t row_bytes = 0;  // of input, a row: stands for the shape

  static RunSize Of(int64_t rows, size_t input_bytes) {
    return {rows, input_bytes / static_cast<size_t>(rows)};
  }
};

/// How long a model's runs take: for each power of two of rows and of bytes a row, a decayed mean
/// and a decayed 95th percentile, fed by warm-up and by every run.
/// Threads: any; of two runs that end together one observation may be lost, which is harmless.
class CostModel {
 public:
  void Observe(RunSize size, Duration took);

  /// Expected time. A size never seen is scaled from one with fewer rows or smaller rows, row by
  /// row and byte by byte, or taken from one with more. Zero when nothing was observed.
  Duration Predict(RunSize size) const;
  /// As Predict; 19 of 20 runs are faster.
  Duration PredictSlow(RunSize size) const;
  /// Runs of about that size were observed, and more than two: one or two may have been unlucky.
  bool Knows(RunSize size) const;

  /// How many rows are best run together: the fewest whose cost a row is within 5 % of the lowest
  /// observed, a power of two. 1 when that saves less than a tenth, or is not known.
  int64_t Knee(size_t row_bytes) const;

 private:
  static constexpr uint8_t kKnown = 3;
  static constexpr int kRowBuckets = 12;  // 1, 2, 3–4, 5–8, …, more than 1024
  static constexpr int kByteBuckets = 40;

  struct Cell {
    std::atomic<float> mean{0};    // ns a row; 0 = never seen
    std::atomic<float> usual{0};   // mean that outliers do not move
    std::atomic<float> slow{0};    // 95th percentile
    std::atomic<uint8_t> seen{0};  // runs, up to kKnown
  };
  using Quantity = std::atomic<float> Cell::*;
  struct Column {
    std::array<Cell, kRowBuckets> cells;
    std::atomic<uint8_t> knee{0};  // bucket
  };

  static int RowBucket(int64_t rows);
  static int ByteBucket(size_t bytes);
  static uint8_t FindKnee(const Column& column);
  Duration Predict(RunSize size, Quantity quantity) const;

  std::array<Column, kByteBuckets> columns_{};
};

}  // namespace slipway::batching
