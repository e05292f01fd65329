#include "transport/http/input.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace slipway::http {

void Input::Compact() {
  if (begin_ == 0) return;
  std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
}

std::span<char> Input::Room(size_t wanted) {
  if (!block_) block_ = pool_.Take(wanted, wanted);
  if (!block_) return {};
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == block_.size()) Compact();
  if (end_ == block_.size() && !block_.Grow(block_.size() * 2, end_)) return {};
  return Free();
}

std::span<char> Input::RoomAhead() {
  const size_t unread = end_ - begin_;
  if (unread >= Block::kSmallest) return {};
  const std::span<char> room = Room();
  return room.first(std::min(room.size(), Block::kSmallest - unread));
}

void Input::ReleaseIfEmpty() {
  if (!block_ || begin_ != end_) return;
  pool_.Give(std::exchange(block_, Block()));
  begin_ = end_ = 0;
}

}  // namespace slipway::http
