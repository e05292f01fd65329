#include "transport/http/output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace slipway::http {
namespace {
constexpr size_t kPiecesAtOnce = 16;
}

void Output::Start(std::string_view head, const Response& response, bool with_body) {
  head_ = head;
  response_ = &response;
  with_body_ = with_body;
  piece_ = offset_ = written_ = 0;
}

std::string_view Output::Piece(size_t index) const {
  if (index == 0) return head_;
  if (index == 1) return response_->body;
  const auto bytes = response_->parts[index - 2].bytes;
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void Output::Advance(size_t bytes) {
  written_ += bytes;
  offset_ += bytes;
  while (piece_ < pieces() && offset_ >= Piece(piece_).size()) offset_ -= Piece(piece_++).size();
}

void Output::KeepHead() {
  if (piece_ > 0 || head_.data() == held_head_.data()) return;
  held_head_.assign(head_);
  head_ = held_head_;
}

Output::State Output::Write(int fd) {
  while (piece_ < pieces()) {
    iovec pieces_now[kPiecesAtOnce];
    msghdr message{};
    message.msg_iov = pieces_now;
    size_t offset = offset_;
    for (size_t i = piece_; i < pieces() && message.msg_iovlen < kPiecesAtOnce; ++i) {
      const std::string_view piece = Piece(i).substr(offset);
      offset = 0;
      if (!piece.empty())
        pieces_now[message.msg_iovlen++] = {const_cast<char*>(piece.data()), piece.size()};
    }
    if (message.msg_iovlen == 0) break;
    const ssize_t n = ::sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n >= 0) {
      Advance(static_cast<size_t>(n));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      KeepHead();
      return State::kBlocked;
    } else if (errno != EINTR) {
      return State::kFailed;
    }
  }
  return State::kDone;
}

}  // namespace slipway::http
