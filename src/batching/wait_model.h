#pragma once
#include <algorithm>
#include <atomic>

#include "base/clock.h"

namespace slipway::batching {

/// How long requests wait, by what they have waited: the costs of the runs ahead say nothing of
/// models that share the threads, of I/O threads that share the processors, nor of threads that
/// come late. Keeps the factor between the two that 19 of 20 waits stay below.
/// Threads: any; of two observations that come together one may be lost, which is harmless.
class WaitModel {
 public:
  /// @param ahead  what the costs say until a run could begin.
  Duration Predict(Duration ahead) const {
    return std::chrono::duration_cast<Duration>(ahead *
                                                double{factor_.load(std::memory_order_relaxed)});
  }

  void Observe(Duration ahead, Duration waited) {
    if (ahead <= Duration::zero()) return;
    const float seen = static_cast<float>(waited.count()) / static_cast<float>(ahead.count());
    const float factor = factor_.load(std::memory_order_relaxed);
    const float next = factor * (1 + kStep * (seen > factor ? kQuantile : kQuantile - 1));
    factor_.store(std::clamp(next, kLeast, kMost), std::memory_order_relaxed);
  }

 private:
  static constexpr float kQuantile = 0.95f;
  static constexpr float kStep = 1.0f / 16;
  static constexpr float kLeast = 0.25f, kMost = 32;

  std::atomic<float> factor_{1};
};

}  // namespace slipway::batching
