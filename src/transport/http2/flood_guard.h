#pragma once
// What a peer may send that costs work and brings none: a bucket of tokens.

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <limits>

#include "base/clock.h"

namespace slipway::http2 {

/// Frames that lead to no request: each takes a token; time and what is sent bring some back.
/// Threads: one.
class FloodGuard {
 public:
  static constexpr double kCapacity = 1000;
  static constexpr double kPerSecond = 100;
  // A client's pings and window updates grow with what it is sent.
  static constexpr double kPerAnswer = 4;  // for each message of it, two to either window
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
  /// @param count  whole answers: of requests, and messages of streaming calls.
  void OnAnswered(size_t count = 1) {
    if (count == 0) return;
    Give(kPerAnswer * static_cast<double>(count));
    known_ = true;
  }
  void OnDataSent() { Give(kPerData); }

  /// How many bytes of a turn the peer is worth: what it sends may be small frames that cost much,
  /// and its neighbours wait meanwhile.
  size_t BytesAtOnce() const {
    if (tokens_ < kCapacity / 2) return 4u << 10;
    return known_ ? kAnyBytes : 16u << 10;
  }
  static constexpr size_t kAnyBytes = std::numeric_limits<size_t>::max();

 private:
  void Give(double tokens) { tokens_ = std::min(kCapacity, tokens_ + tokens); }

  double tokens_ = kCapacity;
  bool known_ = false;    // it has been answered
  TimePoint refilled_{};  // epoch: the first refill fills it
};

}  // namespace slipway::http2
