#pragma once
// A broken invariant of our own ends the process; bad input never does.

namespace slipway {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const char* belief);
}

/// States a belief about our own code: SLIPWAY_CHECK(n > 0, "an open queue has a worker").
#define SLIPWAY_CHECK(condition, belief)                              \
  do {                                                                \
    if (!(condition)) [[unlikely]]                                    \
      ::slipway::CheckFailed(__FILE__, __LINE__, #condition, belief); \
  } while (false)
