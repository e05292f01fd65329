#include "transport/http/input.h"

#include <algorithm>
#include <cstring>

namespace slipway::http {

void Input::Piece::Compact() {
  if (begin == 0) return;
  std::memmove(block.data(), block.data() + begin, unread());
  end -= begin;
  begin = 0;
}

bool Input::MakeRoom(Piece& piece, size_t bytes) {
  if (!piece.block) {
    piece.block = pool_.Take(bytes, bytes);
    return static_cast<bool>(piece.block);
  }
  piece.Compact();
  return piece.block.size() - piece.end >= bytes ||
         piece.block.Grow(std::max(piece.end + bytes, piece.block.size() * 2), piece.end);
}

std::span<char> Input::Room(size_t wanted) {
  Piece& piece = pinned_ ? second_ : first_;
  if (piece.block && piece.unread() == 0) piece.begin = piece.end = 0;
  if (!piece.block || piece.end == piece.block.size()) {
    if (pinned_ && piece.block) return {};
    if (!MakeRoom(piece, piece.block ? 1 : wanted)) return {};
  }
  return {piece.block.data() + piece.end, piece.block.size() - piece.end};
}

bool Input::Unpin() {
  pinned_ = false;
  if (!second_.block) return true;
  if (first_.unread() == 0) {
    Give(first_);
    std::swap(first_, second_);
    return true;
  }
  const size_t more = second_.unread();
  if (more > 0) {
    if (first_.block.size() - first_.end < more && !MakeRoom(first_, more)) return false;
    std::memcpy(first_.block.data() + first_.end, second_.view().data(), more);
    first_.end += more;
  }
  Give(second_);
  return true;
}

void Input::ReleaseIfEmpty() {
  if (first_.block && first_.unread() == 0) Give(first_);
}

void Input::Give(Piece& piece) {
  pool_.Give(std::move(piece.block));
  piece = Piece();
}

}  // namespace slipway::http
