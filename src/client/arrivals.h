#pragma once
#include <cstdint>
#include <random>

#include "base/clock.h"

namespace slipway::client {

/// How the requests of an open loop follow each other.
enum class ArrivalKind : uint8_t {
  kConstant,  // at even distances
  kPoisson,   // independently: distances are exponential, from a fixed seed
};

/// When the requests of an open loop are due, one after the other. Threads: one at a time.
class Arrivals {
 public:
  /// The first is due at `start`. @param rate  a second, above 0
  Arrivals(TimePoint start, double rate, ArrivalKind kind)
      : start_(start), interval_s_(1 / rate), kind_(kind), next_(start) {}

  TimePoint next() const { return next_; }
  void Advance();

 private:
  const TimePoint start_;
  const double interval_s_;
  const ArrivalKind kind_;
  TimePoint next_;
  double offset_s_ = 0;  // of next_ from start_
  uint64_t index_ = 0;
  std::mt19937_64 random_{20'260'101};
};

}  // namespace slipway::client
