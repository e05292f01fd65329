#pragma once
#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace slipway::tabular {

/// Memory for what steps make of a size that only the values of a block tell. Threads: one at a
/// time.
class Arena {
 public:
  /// Everything taken so far is given back, and `limit_bytes` may be taken from now on.
  void Reset(size_t limit_bytes);
  /// Room for `count` of T, uninitialised, until Reset; null when the limit is passed.
  template <typename T>
  T* Take(size_t count) {
    return static_cast<T*>(TakeBytes(count * sizeof(T)));
  }
  /// Gives memory beyond `bytes` back to the system.
  void Shrink(size_t bytes);

 private:
  struct Chunk {
    std::unique_ptr<std::byte[]> data;
    size_t size;
  };
  void* TakeBytes(size_t bytes);

  std::vector<Chunk> chunks_;
  size_t chunk_ = 0;  // the one that is filled
  size_t used_ = 0;   // of it
  size_t taken_ = 0;
  size_t limit_ = 0;
};

}  // namespace slipway::tabular
