#pragma once
// Bytes received and not yet consumed, of one connection.

#include <span>
#include <string_view>

#include "transport/http/block.h"

namespace slipway::http {

class Input {
 public:
  explicit Input(BlockPool& pool) : pool_(pool) {}

  std::string_view unread() const { return {block_.data() + begin_, end_ - begin_}; }
  void Consume(size_t bytes) { begin_ += bytes; }

  /// Where to receive: at least one byte, unless out of memory. Views of unread() die.
  /// @param wanted  size of the block to take when a new one is needed.
  std::span<char> Room(size_t wanted = Block::kSmallest);
  /// The same without growing: empty when there are Block::kSmallest bytes unread.
  std::span<char> RoomAhead();
  void Commit(size_t bytes) { end_ += bytes; }

  /// An idle connection holds no memory.
  void ReleaseIfEmpty();

 private:
  std::span<char> Free() const { return {block_.data() + end_, block_.size() - end_}; }
  void Compact();

  BlockPool& pool_;
  Block block_;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace slipway::http
