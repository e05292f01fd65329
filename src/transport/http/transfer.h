#pragma once
// What a socket can do, and what came of asking it.

#include <cstddef>

namespace slipway::http {

/// Said once, when it changes (edge-triggered): whoever is told goes on until there is no more, or
/// asks to be called again.
struct Readiness {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // the peer's side is shut, or broken: reading comes to an end
  bool broken = false;   // both sides are: writing is of no use either
};

struct Received {
  size_t bytes = 0;
  bool more = false;  // ask again: there may be more, or an end to tell; else readiness will say so
  bool ended = false;  // nothing came and nothing will: the peer has shut its side, or it broke
};

struct Sent {
  size_t bytes = 0;      // taken, from the front
  bool blocked = false;  // none was; goes on when writable, with the same bytes as before or more
  bool failed = false;   // nothing will be taken any more
};

}  // namespace slipway::http
