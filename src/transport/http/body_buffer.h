#pragma once
// Where a request body is put together: one contiguous piece, placed so that a chosen offset in it
// lies on 64 bytes, growing with what has arrived.

#include <cstddef>
#include <span>

#include "base/status.h"
#include "transport/http/block.h"
#include "transport/http/budget.h"

namespace slipway::http {

/// Of a body over `limit` bytes: kTooLarge.
Status BodyTooLarge(size_t limit);
/// When a BodyBuffer does not grow: kOverloaded.
Status OutOfBodyMemory();

class BodyBuffer {
 public:
  static constexpr size_t kAlignment = 64;

  BodyBuffer(BlockPool& pool, Budget& budget) : pool_(pool), budget_(budget) {}
  ~BodyBuffer() { Uncharge(); }
  BodyBuffer(const BodyBuffer&) = delete;
  BodyBuffer& operator=(const BodyBuffer&) = delete;

  /// Begins an empty body in which byte `aligned_offset` will lie on 64 bytes.
  void Start(size_t aligned_offset, size_t budget_limit);

  /// Makes room for `more` bytes beyond those committed; `expected` is the size the whole body
  /// claims to have, taken only from memory that is at hand anyway. False when the budget or the
  /// memory is used up.
  bool Reserve(size_t more, size_t expected);

  /// The room after the committed bytes. Valid until the next Reserve or Release.
  std::span<char> room() const {
    if (!block_) return {};
    return {block_.data() + pad_ + size_, block_.size() - pad_ - size_};
  }
  void Commit(size_t bytes) { size_ += bytes; }
  /// Copies `bytes` to the end. False as for Reserve.
  bool Append(std::span<const char> bytes, size_t expected);

  std::span<const std::byte> bytes() const {
    if (size_ == 0) return {};
    return {reinterpret_cast<const std::byte*>(block_.data() + pad_), size_};
  }
  size_t size() const { return size_; }

  /// Gives the memory back to the pool. The loop's thread only.
  void Release();

 private:
  bool Charge();
  void Uncharge();

  BlockPool& pool_;
  Budget& budget_;
  Block block_;
  size_t pad_ = 0;
  size_t size_ = 0;
  size_t charged_ = 0;
  size_t limit_ = 0;
};

}  // namespace slipway::http
