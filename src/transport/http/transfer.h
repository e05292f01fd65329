#pragma once
// What came of asking a socket to receive or to send.

#include <cstddef>

namespace slipway::http {

struct Received {
  size_t bytes = 0;
  bool more = false;  // ask again: there may be more, or an end to tell; else readiness will say so
  bool ended = false;  // nothing came and nothing will: the peer has shut its side, or it broke
};

struct Sent {
  size_t bytes = 0;      // taken, from the front
  bool blocked = false;  // goes on when writable, with the same bytes as before or more
  bool failed = false;   // nothing will be taken any more
};

}  // namespace slipway::http
