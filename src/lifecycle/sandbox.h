#pragma once
// What the probe child may not do. Linux only.

#include <chrono>
#include <cstddef>

#include "base/status.h"

namespace slipway::lifecycle {

struct SandboxLimits {
  size_t memory_bytes = size_t{4} << 30;  // address space
  std::chrono::seconds cpu_time{60};
};

/// Stage 1, before the model's bytes are looked at: resource limits, no core dumps, no new
/// privileges, dies with its parent, lowest scheduling priority; no network, no new programs, no
/// ptrace, no writing opens. Closes every descriptor above 2.
Status EnterSandbox(const SandboxLimits& limits);

/// Stage 2, before the engine sees them: nothing can be opened any more; only memory, threads,
/// clocks and the descriptors that are already open are left.
Status SealSandbox();

}  // namespace slipway::lifecycle
