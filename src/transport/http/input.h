#pragma once
// Bytes received and not yet consumed, of one connection.

#include <span>
#include <string_view>

#include "transport/http/block.h"

namespace slipway::http {

/// While a request is open its head is pinned, for there are views into it; what is received
/// meanwhile goes to a second block, and becomes the first one afterwards.
class Input {
 public:
  explicit Input(BlockPool& pool) : pool_(pool) {}

  std::string_view unread() const { return first_.unread() > 0 ? first_.view() : second_.view(); }
  void Consume(size_t bytes) { (first_.unread() > 0 ? first_ : second_).begin += bytes; }

  /// Where to receive; at least one byte unless pinned and full, or out of memory.
  /// @param wanted  size of the block to take when a new one is needed.
  std::span<char> Room(size_t wanted = Block::kSmallest);
  void Commit(size_t bytes) { (pinned_ ? second_ : first_).end += bytes; }

  void Pin() { pinned_ = true; }
  /// Views into what was consumed die. False when out of memory.
  bool Unpin();
  /// An idle connection holds no memory.
  void ReleaseIfEmpty();

 private:
  struct Piece {
    Block block;
    size_t begin = 0;
    size_t end = 0;
    size_t unread() const { return end - begin; }
    std::string_view view() const { return {block.data() + begin, unread()}; }
    void Compact();
  };
  bool MakeRoom(Piece& piece, size_t bytes);
  void Give(Piece& piece);

  BlockPool& pool_;
  Piece first_;
  Piece second_;
  bool pinned_ = false;
};

}  // namespace slipway::http
