#pragma once
// The bytes that all request bodies of the server may hold together.

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace slipway::http {

/// Threads: any.
class Budget {
 public:
  /// Blocks up to this size are not counted: the number of connections bounds them, and a small
  /// request then touches no memory that the loops share.
  static constexpr size_t kFree = 16u << 10;

  bool Charge(size_t bytes, size_t limit) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
    Release(bytes);
    return false;
  }
  void Release(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::atomic<size_t> used_{0};
};

}  // namespace slipway::http
