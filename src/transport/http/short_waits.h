#pragma once
// Whether a loop should ask again for a moment before it sleeps (docs/adr/0087).

#include "base/clock.h"

namespace slipway::http {

/// Learns from the waits of one kind on one thread. To ask again and again while a wait is short
/// costs less processor time than to fall asleep and be woken; while it is long, kShort in vain.
class ShortWaits {
 public:
  static constexpr Duration kShort = std::chrono::microseconds(30);

  /// So many were short of late that asking costs no more than it saves.
  bool AreExpected() const { return share_ > kWorthwhile; }

  /// What a wait took.
  void Note(Duration took) { share_ += ((took <= kShort ? 1.0f : 0.0f) - share_) / kMemory; }

 private:
  static constexpr float kMemory = 16;
  static constexpr float kWorthwhile = 0.9f;

  float share_ = 0;  // decayed
};

}  // namespace slipway::http
