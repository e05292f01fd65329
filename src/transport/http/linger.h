#pragma once
// What a connection does after its last byte: what the peer still sends is read and dropped, for a
// while and up to a bound. Closing over unread bytes would reset the connection, and the reset
// could destroy the last answer on its way.

#include <algorithm>

#include "transport/http/loop.h"
#include "transport/http/socket.h"

namespace slipway::http {

/// Threads: the loop's own.
class Linger {
 public:
  /// Shuts our side.
  void Start(Socket& socket, Loop& io, TimePoint now) {
    socket.ShutdownWrite();
    Duration patience = std::min<Duration>(kPatience, io.limits().header_timeout);
    const Shared& shared = io.shared();
    if (shared.draining.load(std::memory_order_relaxed))
      patience = std::min(patience, Duration(shared.idle_grace_ns.load(std::memory_order_relaxed)));
    deadline_ = now + patience;
    dropped_ = 0;
  }
  /// True: what comes is to be read. Past the bound the sender stalls instead, and can see the
  /// answer.
  bool takes_more() const { return dropped_ < kMaxBytes; }
  void Drop(size_t bytes) { dropped_ += bytes; }
  bool IsOver(TimePoint now) const { return now > deadline_; }

 private:
  static constexpr size_t kMaxBytes = 256u << 10;
  static constexpr auto kPatience = std::chrono::seconds(2);

  TimePoint deadline_{};
  size_t dropped_ = 0;
};

}  // namespace slipway::http
