#pragma once
// Raw memory for what arrives. A connection holds a block only while a request is on its way; an
// idle one holds none.

#include <cstddef>
#include <utility>
#include <vector>

namespace slipway::http {

/// Memory aligned to 64 bytes. Large blocks are mappings of their own: growing one moves pages, not
/// bytes, and letting go returns it to the system at once.
class Block {
 public:
  static constexpr size_t kSmallest = 8u << 10;  // holds an ordinary request as a whole
  static constexpr size_t kMapped = 256u << 10;  // from this size on

  Block() = default;
  Block(Block&& other) noexcept { swap(other); }
  Block& operator=(Block&& other) noexcept {
    Block(std::move(other)).swap(*this);
    return *this;
  }
  ~Block() { Release(); }

  /// At least `size` bytes, uninitialised; empty when there is no memory.
  static Block Allocate(size_t size);

  /// Grows to at least `size`, keeping the first `used` bytes. False when there is no memory.
  bool Grow(size_t size, size_t used);

  char* data() const { return data_; }
  size_t size() const { return size_; }
  explicit operator bool() const { return data_ != nullptr; }
  void swap(Block& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

 private:
  void Release();

  char* data_ = nullptr;
  size_t size_ = 0;
};

/// Blocks of one loop that wait to be used again, the warmest last. Bounded; Trim returns those
/// that lay unused since the Trim before. Threads: the loop's own.
class BlockPool {
 public:
  static constexpr size_t kMaxBytes = 8u << 20;
  static constexpr size_t kMaxBlocks = 64;

  /// A block of at least `least` bytes, of `wanted` when one is at hand. Empty when out of memory.
  Block Take(size_t least, size_t wanted);
  void Give(Block block);
  void Trim();
  size_t bytes() const { return bytes_; }

 private:
  Block Remove(size_t index);

  std::vector<Block> blocks_;
  size_t bytes_ = 0;
  size_t unused_ = 0;  // the least number of blocks here since the last Trim: the first ones
};

}  // namespace slipway::http
