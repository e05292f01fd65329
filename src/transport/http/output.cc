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
  size_t body_bytes = response.body.size();
  for (const BodyPart& part : response.parts) body_bytes += part.bytes.size();
  const bool in_one = !with_body || body_bytes <= kInOne;
  if (in_one && with_body) {
    head.append(response.body);
    for (const BodyPart& part : response.parts)
      head.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  }
  rest_ = in_one ? Pieces(head) : Pieces(head, response.body, response.parts);
  written_ = std::exchange(ahead_, 0);
  rest_.Advance(written_);
}

void Output::KeepHead() {
  const std::string_view head = rest_.unsent_head();
  if (head.empty() || head.data() == held_head_.data()) return;
  held_head_.assign(head);
  rest_.MoveHead(held_head_);
}

Sent Output::Send(Socket& socket) const {
  iovec list[kPiecesAtOnce];
  const size_t filled = rest_.List(list);
  if (filled == 1)
    return socket.Send({static_cast<const char*>(list[0].iov_base), list[0].iov_len});
  return socket.Send(std::span(list, filled));
}

Output::State Output::Write(Socket& socket) {
  while (!rest_.empty()) {
    const Sent sent = Send(socket);
    if (sent.failed) return State::kFailed;
    written_ += sent.bytes;
    rest_.Advance(sent.bytes);
    if (sent.blocked) {
      KeepHead();
      return State::kBlocked;
    }
  }
  return State::kDone;
}

}  // namespace slipway::http
