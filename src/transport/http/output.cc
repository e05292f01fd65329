#include "transport/http/output.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <utility>

namespace slipway::http {
namespace {
constexpr size_t kPiecesAtOnce = 16;
constexpr size_t kInOne = 4u << 10;  // copying that much is cheaper than a list for the kernel
}  // namespace

bool Output::SendAhead(int fd) {
  if (ahead_ > 0) return true;
  const ssize_t n = ::send(fd, "H", 1, MSG_NOSIGNAL);
  if (n > 0) ahead_ = 1;
  return n > 0 || errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

void Output::Start(std::string& head, const Response& response, bool with_body) {
  response_ = &response;
  piece_ = 0;
  offset_ = written_ = std::exchange(ahead_, 0);
  size_t body_bytes = response.body.size();
  for (const BodyPart& part : response.parts) body_bytes += part.bytes.size();
  in_one_ = !with_body || body_bytes <= kInOne;
  if (in_one_ && with_body) {
    head.append(response.body);
    for (const BodyPart& part : response.parts)
      head.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  head_ = head;
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

ssize_t Output::Send(int fd) const {
  if (in_one_) return ::send(fd, head_.data() + offset_, head_.size() - offset_, MSG_NOSIGNAL);
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
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

Output::State Output::Write(int fd) {
  while (piece_ < pieces()) {
    const ssize_t n = Send(fd);
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
