#pragma once
// What a peer may send that costs work and brings none: a bucket of tokens.

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace slipway::http2 {

/// Frames that lead to no request: each takes a token; time and answered requests bring some back.
/// Threads: one.
class FloodGuard {
 public:
  static constexpr double kCapacity = 1000;
  static constexpr double kPerSecond = 100;
  static constexpr double kPerRequest = 4;  // a client's pings and updates grow with its requests

  /// False when the bucket is empty.
  bool Take(TimePoint now) {
    if (tokens_ < 1) {
      const std::chrono::duration<double> passed = now - refilled_;
      tokens_ = std::min(kCapacity, tokens_ + passed.count() * kPerSecond);
      refilled_ = now;
      if (tokens_ < 1) return false;
    }
    --tokens_;
    return true;
  }
  void OnRequestAnswered() { tokens_ = std::min(kCapacity, tokens_ + kPerRequest); }

 private:
  double tokens_ = kCapacity;
  TimePoint refilled_{};  // epoch: the first refill fills it
};

}  // namespace slipway::http2
