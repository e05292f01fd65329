#pragma once

namespace slipway::cli {

/// While it lives, Ctrl-C is counted instead of ending the program; the fourth ends it, for a
/// person who is not heard. One at a time.
class InterruptCount {
 public:
  InterruptCount();
  ~InterruptCount();
  InterruptCount(const InterruptCount&) = delete;

  /// How often it was pressed. Threads: any.
  static int count();
};

}  // namespace slipway::cli
