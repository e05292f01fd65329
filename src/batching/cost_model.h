#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace slipway::batching {

/// How long a model's runs take, by size of input. A decayed mean for each power of two of input
/// bytes, fed by warm-up and by every run. Threads: any; two runs that end together may lose one of
/// the two observations, which is harmless.
class CostModel {
 public:
  void Observe(size_t input_bytes, Duration took);

  /// Expected time; a size never seen is scaled from the nearest smaller one that was, or taken
  /// from the nearest larger one. Zero when nothing was observed.
  Duration Predict(size_t input_bytes) const;
  /// A run of about that size was observed.
  bool HasSeen(size_t input_bytes) const;

 private:
  static constexpr int kBuckets = 40;
  std::array<std::atomic<int64_t>, kBuckets> mean_ns_{};  // 0 = never seen
};

}  // namespace slipway::batching
