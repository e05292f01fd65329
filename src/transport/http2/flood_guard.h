#pragma once
// What a peer may send that costs work and brings none: a bucket of tokens.

#include <algorithm>
#include <chrono>

#include "base/clock.h"

namespace slipway::http2 {

/// Frames that lead to no request: each takes a token; time and what is sent bring some back.
/// Threads: one.
class FloodGuard {
 public:
  static constexpr double kCapacity = 1000;
  static constexpr double kPerSecond = 100;
  // A client's pings and window updates grow with what it is sent.
  static constexpr double kPerRequest = 4;
  static constexpr double kPerData = 2;

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
  void OnRequestAnswered() { Give(kPerRequest); }
  void OnDataSent() { Give(kPerData); }

 private:
  void Give(double tokens) { tokens_ = std::min(kCapacity, tokens_ + tokens); }

  double tokens_ = kCapacity;
  TimePoint refilled_{};  // epoch: the first refill fills it
};

}  // namespace slipway::http2
