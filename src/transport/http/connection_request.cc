// Opening an exchange: from a complete head to the handler.

#include "transport/http/ascii.h"
#include "transport/http/connection.h"

namespace slipway::http {
namespace {
constexpr size_t kKeptHead = 1u << 10;  // that an idle connection keeps
}

bool Connection::SameHeadAgain() const { return head_known_ && input_.unread().starts_with(head_); }

void Connection::ForgetRoute() {
  head_known_ = false;
  matched_ = nullptr;
  route_ = {};
  params_.Clear();
}

void Connection::ForgetHead() {
  ForgetRoute();
  head_.clear();
  request_.Clear();
  facts_ = HeadFacts();
}

bool Connection::OpenExchange() {
  head_started_ = false;
  request_.received = now_;
  request_.peer = peer_.ClientOf(request_, facts_, io_.shared().trusted);
  request_.host = facts_.host;
  request_.is_secure = peer_.is_secure;
  request_.client_certificate = peer_.certificate;
  io_.request_ids().Assign(facts_.request_id, request_id_);
  keep_alive_ = facts_.keep_alive;
  if (const Status status = CheckHead(); !status.ok()) return Refuse(status);
  if (!facts_.has_body()) return Handle();

  if (facts_.expect && request_.minor_version > 0 && !AcceptExpectation()) return true;
  phase_ = Phase::kBody;
  window_bytes_ = 0;
  deadline_ = now_ + io_.limits().header_timeout;
  return true;
}

Status Connection::CheckHead() {
  if (!head_known_) {
    RETURN_IF_ERROR(policy_->host_check.Check(request_, facts_));
    const auto& align = io_.shared().options.body_alignment;
    aligned_offset_ = align && facts_.has_body() ? align(request_) : 0;
    head_known_ = head_.size() <= kKeptHead;
  }
  const Limits& limits = io_.limits();
  return body_.Start(facts_, {.max_body_bytes = limits.max_body_bytes,
                              .max_buffered_bytes = limits.max_buffered_bytes,
                              .aligned_offset = aligned_offset_});
}

// False when the request was refused instead of being asked for its body.
bool Connection::AcceptExpectation() {
  if (!EqualsIgnoreCase(*facts_.expect, "100-continue")) {
    RefuseWithStatus(Error(Reason::kBadRequest, "Expect: only 100-continue is known, got \"{}\"",
                           facts_.expect->substr(0, 64)),
                     417);
    return false;
  }
  if (!input_.unread().empty()) return true;  // the client did not wait
  if (matched_ == nullptr) matched_ = policy_->router->Match(*this, policy_->access);
  if (matched_ == nullptr) {
    keep_alive_ = false;  // its body may come or not
    refused_ = true;
    StartWrite();
    return false;
  }
  constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
  if (socket_.Send(kContinue).bytes == kContinue.size()) return true;
  Close();  // a client that reads nothing, not even this
  return false;
}

bool Connection::Refuse(const Status& why) {
  return RefuseWithStatus(why, InfoOf(ReasonOf(why)).http_status);
}

bool Connection::RefuseWithStatus(const Status& why, int status) {
  if (request_id_.empty()) io_.request_ids().Assign({}, request_id_);
  if (request_.peer.empty()) request_.peer = peer_.name;
  if (request_.received == TimePoint{}) request_.received = now_;
  LoopCounters::Add(io_.mutable_counters().refused, 1);
  RespondWithError(why, request_id_, response_);
  response_.status = status;
  refused_ = true;
  keep_alive_ = false;  // what follows in the stream cannot be told apart from the refused request
  return StartWrite();
}

bool Connection::Handle() {
  request_.body = body_.body();
  phase_ = Phase::kHandler;
  switch (CallHandler(*policy_)) {
    case Outcome::kAnswered:
      phase_ = Phase::kAnswered;
      io_.poller().CallTogether(*this);
      return false;
    case Outcome::kDeferred:
      ReadAhead();
      return false;
    case Outcome::kFailed:
      return StartWrite();
  }
  return false;
}

}  // namespace slipway::http
