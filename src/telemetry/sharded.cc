#include "telemetry/sharded.h"

#include <bit>

namespace slipway::internal {
namespace {

// Bit i set = shard i is free. A claim acquires what the release of the last owner published, so
// plain load-and-store adds never lose a count across a change of owner.
constinit std::atomic<uint64_t> free_shards{~uint64_t{0}};

struct Lease {
  uint32_t shard = kOwnedShards;

  Lease() {
    uint64_t free = free_shards.load(std::memory_order_relaxed);
    while (free != 0 &&
           !free_shards.compare_exchange_weak(free, free & (free - 1), std::memory_order_acquire,
                                              std::memory_order_relaxed)) {
    }
    if (free != 0) shard = static_cast<uint32_t>(std::countr_zero(free));
  }
  ~Lease() {
    thread_shard = kOwnedShards;  // for destructors of this thread that still record
    if (shard < kOwnedShards) free_shards.fetch_or(uint64_t{1} << shard, std::memory_order_release);
  }
};

}  // namespace

uint32_t ClaimShard() {
  thread_local const Lease lease;
  thread_shard = lease.shard;
  return lease.shard;
}

}  // namespace slipway::internal
