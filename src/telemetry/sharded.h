#pragma once
// Per-thread cells that are summed when somebody looks. A thread that has a shard of its own adds
// with a plain load and store (~1 ns); threads beyond kOwnedShards share the last shard and add
// atomically. A shard's cells are made when its first thread records.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace slipway {

inline constexpr size_t kOwnedShards = 64;           // one bit each in a 64-bit mask
inline constexpr size_t kShards = kOwnedShards + 1;  // the last one is shared

namespace internal {
inline constexpr uint32_t kNoShard = ~uint32_t{0};
inline constinit thread_local uint32_t thread_shard = kNoShard;
uint32_t ClaimShard();
}  // namespace internal

/// The calling thread's shard, 0 … kShards − 1. Claimed at the first call, given back at thread
/// exit.
inline uint32_t ThreadShard() {
  const uint32_t shard = internal::thread_shard;
  return shard != internal::kNoShard ? shard : internal::ClaimShard();
}

/// A number in a shard. Unsigned arithmetic wraps, so a gauge may fall in one shard and rise in
/// another; only the sum means something.
class Cell {
 public:
  /// @param shard  the caller's ThreadShard(); decides whether others may write here.
  void Add(uint32_t shard, uint64_t amount) {
    if (shard < kOwnedShards) [[likely]] {
      value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    } else {
      value_.fetch_add(amount, std::memory_order_relaxed);
    }
  }
  /// For a cell that holds a high-water mark instead of a sum.
  void RaiseTo(uint32_t shard, uint64_t mark) {
    uint64_t seen = value_.load(std::memory_order_relaxed);
    if (shard < kOwnedShards) [[likely]] {
      if (mark > seen) value_.store(mark, std::memory_order_relaxed);
      return;
    }
    while (mark > seen && !value_.compare_exchange_weak(seen, mark, std::memory_order_relaxed)) {
    }
  }
  uint64_t Get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

/// One T a shard, T being a struct of Cells. Threads: Local and ForEach from any.
template <typename T>
class Sharded {
 public:
  Sharded() = default;
  Sharded(const Sharded&) = delete;
  Sharded& operator=(const Sharded&) = delete;
  ~Sharded() {
    for (auto& slot : slots_) delete slot.load(std::memory_order_relaxed);
  }

  /// The cells of `shard`, the caller's ThreadShard(). Allocates at the shard's first use.
  T& Local(uint32_t shard) {
    Aligned* cells = slots_[shard].load(std::memory_order_acquire);
    return cells != nullptr ? cells->value : Make(shard);
  }

  template <typename F>
  void ForEach(F&& f) const {
    for (const auto& slot : slots_)
      if (const Aligned* cells = slot.load(std::memory_order_acquire)) f(cells->value);
  }

 private:
  struct alignas(64) Aligned {
    T value{};
  };

  T& Make(uint32_t shard) {
    auto* fresh = new Aligned;
    Aligned* expected = nullptr;
    if (slots_[shard].compare_exchange_strong(expected, fresh, std::memory_order_acq_rel))
      return fresh->value;
    delete fresh;  // two threads met in the shared shard
    return expected->value;
  }

  std::array<std::atomic<Aligned*>, kShards> slots_{};
};

}  // namespace slipway
