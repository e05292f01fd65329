#pragma once
// Memory for what a request's tensors hold, used again by the next request.

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>
#include <vector>

#include "tensor/tensor.h"

namespace slipway {

/// Hands out 64-byte aligned pieces of one block; what does not fit gets memory of its own until
/// Clear. Movable, so that a request can be handed to another thread; pieces stay where they are.
class Arena {
 public:
  static constexpr size_t kBlockBytes = 8 << 10;  // kept between requests; 16 rows of 128 floats

  Arena() = default;
  Arena(Arena&& other) noexcept { Swap(other); }
  Arena& operator=(Arena&& other) noexcept {
    Arena taken(std::move(other));
    Swap(taken);
    return *this;
  }

  /// `size` uninitialised bytes, valid until Clear or the arena's end.
  std::span<std::byte> Allocate(size_t size) {
    if (size > kBlockBytes - used_) return AllocateOwn(size);
    if (start_ == nullptr) block_ = Buffer::Allocate(kBlockBytes, &start_);
    const std::span<std::byte> piece(start_ + used_, size);
    used_ += RoundUp(size);
    return piece;
  }

  /// A piece of `size` bytes that begins with the first `used` of `piece`, which is given back: the
  /// same memory when it was the last piece and there is room behind it.
  /// @param piece  came from this arena, or is empty; `size` is at least its size.
  std::span<std::byte> Grow(std::span<std::byte> piece, size_t used, size_t size) {
    if (!piece.empty() && piece.data() + RoundUp(piece.size()) == start_ + used_) {
      const size_t from = static_cast<size_t>(piece.data() - start_);
      if (size <= kBlockBytes - from) {
        used_ = from + RoundUp(size);
        return {piece.data(), size};
      }
    }
    const std::span<std::byte> grown = Allocate(size);
    std::copy_n(piece.begin(), used, grown.begin());
    const auto owner = std::ranges::find(own_, piece.data(), &Buffer::data);
    if (owner != own_.end()) {
      *owner = std::move(own_.back());
      own_.pop_back();
    }
    return grown;
  }

  /// Ready for the next request: gives back all but the one block.
  void Clear() {
    used_ = 0;
    own_.clear();
  }

 private:
  static size_t RoundUp(size_t size) {
    constexpr size_t kAlignment = 64;
    return (size + kAlignment - 1) / kAlignment * kAlignment;
  }

  void Swap(Arena& other) {
    std::swap(block_, other.block_);
    std::swap(start_, other.start_);
    std::swap(used_, other.used_);
    std::swap(own_, other.own_);
  }

  std::span<std::byte> AllocateOwn(size_t size) {
    std::byte* start;
    own_.push_back(Buffer::Allocate(size, &start));
    return {start, size};
  }

  Buffer block_;
  std::byte* start_ = nullptr;
  size_t used_ = 0;
  std::vector<Buffer> own_;
};

}  // namespace slipway
