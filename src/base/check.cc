#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace slipway {

void CheckFailed(const char* file, int line, const char* condition, const char* belief) {
  std::fprintf(stderr, "%s:%d: broken invariant: %s (%s)\n", file, line, belief, condition);
  std::abort();
}

}  // namespace slipway
