// Answering: from a filled response to the next request.

#include "transport/http/connection.h"

namespace slipway::http {
namespace {
constexpr size_t kKeptBody =
    4u << 10;  // capacity that an idle connection keeps for its next answer
}

void Connection::OnAnswer() {
  now_ = std::chrono::steady_clock::now();
  if (closed_) {
    phase_ = Phase::kClosed;
    EndCancelled(0);
    io_.Remove(*this);
    return;
  }
  if (StartWrite()) Pump();
}

bool Connection::StartWrite() {
  phase_ = Phase::kWriting;
  Shared& shared = io_.shared();
  if (shared.draining.load(std::memory_order_relaxed)) keep_alive_ = false;
  const bool preflight = request_.method == Method::kOptions &&
                         request_.header("Access-Control-Request-Method").has_value();
  size_t body_bytes = response_.body.size();
  for (const BodyPart& part : response_.parts) body_bytes += part.bytes.size();
  std::string& head = io_.head_scratch();
  AppendResponseHead(response_, body_bytes,
                     {.date_line = io_.date_line(),
                      .request_id = request_id_,
                      .cors_origin = policy_->host_check.CorsOrigin(facts_),
                      .preflight = preflight,
                      .minor_version = request_.minor_version,
                      .keep_alive = keep_alive_},
                     head);
  output_.Start(head, response_,
                request_.method != Method::kHead && StatusHasBody(response_.status));
  taken_bytes_ = 0;
  deadline_ = now_ + io_.limits().write_timeout;
  return ContinueWrite();
}

// True when the connection goes on at once.
bool Connection::ContinueWrite() {
  switch (output_.Write(socket_)) {
    case Output::State::kDone:
      return FinishExchange();
    case Output::State::kBlocked:
      io_.poller().WatchWritable(socket_.fd(), *this);
      return false;
    case Output::State::kFailed:
      Close();
      return false;
  }
  return false;
}

// Nobody was there to take the answer.
void Connection::EndCancelled(size_t bytes_out) {
  on_sent_ = nullptr;
  EndExchange(InfoOf(Reason::kCancelled).http_status, bytes_out);
}

void Connection::EndExchange(int status, size_t bytes_out) {
  if (on_sent_) {
    on_sent_(std::chrono::steady_clock::now());
    on_sent_ = nullptr;
  }
  LoopCounters::Add(io_.mutable_counters().requests, 1);
  if (const auto& finished = io_.shared().options.on_finished) finished(*this, status, bytes_out);
  EndAnswer();
  refused_ = false;
  body_.Release();
  response_.Clear();
  if (response_.body.capacity() > kKeptBody) std::string().swap(response_.body);
  request_id_.clear();
  request_.body = {};
  if (!head_known_) {
    ForgetHead();
    head_.shrink_to_fit();
  }
}

bool Connection::FinishExchange() {
  const bool client_closes = !facts_.keep_alive, refused = refused_;
  EndExchange(response_.status, output_.bytes_written());
  phase_ = Phase::kHead;  // the exchange is over: a close that follows does not end it again
  if (keep_alive_) {
    AwaitHead();
    return true;
  }
  if (client_closes && !refused && input_.unread().empty() && !socket_.HasUnread()) {
    Close();
    return false;
  }
  return StartLingering();
}

}  // namespace slipway::http
