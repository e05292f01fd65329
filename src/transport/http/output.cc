#include "transport/http/output.h"

#include <utility>

namespace slipway::http {
namespace {
constexpr size_t kPiecesAtOnce = 16;
constexpr size_t kInOne = 4u << 10;  // copying that much is cheaper than a list for the kernel
}  // namespace

bool Output::SendAhead(Socket& socket) {
  if (ahead_ > 0) return true;
  const Sent sent = socket.Send("H");
  ahead_ = sent.bytes;
  return !sent.failed;
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

Sent Output::Send(Socket& socket) const {
  if (in_one_) return socket.Send(head_.substr(offset_));
  iovec pieces_now[kPiecesAtOnce];
  size_t count = 0;
  size_t offset = offset_;
  for (size_t i = piece_; i < pieces() && count < kPiecesAtOnce; ++i) {
    const std::string_view piece = Piece(i).substr(offset);
    offset = 0;
    if (!piece.empty()) pieces_now[count++] = {const_cast<char*>(piece.data()), piece.size()};
  }
  return socket.Send(std::span(pieces_now, count));
}

Output::State Output::Write(Socket& socket) {
  while (piece_ < pieces()) {
    const Sent sent = Send(socket);
    if (sent.failed) return State::kFailed;
    Advance(sent.bytes);
    if (sent.blocked) {
      KeepHead();
      return State::kBlocked;
    }
  }
  return State::kDone;
}

}  // namespace slipway::http
