#include "transport/http2/stream.h"

#include <algorithm>

#include "transport/grpc/status.h"
#include "transport/grpc/unary.h"
#include "transport/http/ascii.h"
#include "transport/http/response_head.h"
#include "transport/http2/connection.h"

namespace slipway::http2 {
namespace {

constexpr size_t kKeptBody = 4u << 10;  // capacity that an idle stream keeps for its next answer
constexpr size_t kHeaderOverhead = 32;  // RFC 9113 §6.5.2

std::string_view View(nghttp2_rcbuf* buffer) {
  const nghttp2_vec bytes = nghttp2_rcbuf_get_buf(buffer);
  return {reinterpret_cast<const char*>(bytes.base), bytes.len};
}

}  // namespace

Stream::Stream(Connection& connection)
    : LoopExchange(connection.io()),
      connection_(connection),
      body_(io_.pool(), *io_.budget()),
      message_(io_.pool(), *io_.budget()) {}

bool Stream::MoreFollow() const {
  return (call_ && call_->more_at_hand()) || connection_.MoreFollow();
}

std::shared_ptr<const void> Stream::Owner() { return connection_.shared_from_this(); }

// ---- the request

void Stream::Open(int32_t id, TimePoint now) {
  id_ = id;
  phase_ = Phase::kHead;
  deadline_ = now + io_.limits().header_timeout;
}

void Stream::OnHeader(nghttp2_rcbuf* name, nghttp2_rcbuf* value) {
  const http::Header header{View(name), View(value)};
  head_bytes_ += header.name.size() + header.value.size() + kHeaderOverhead;
  if (!head_error_.ok()) return;
  const http::Limits& limits = io_.limits();
  if (head_bytes_ > limits.max_header_bytes) {
    head_error_ = Error(Reason::kHeadersTooLarge, "headers: at most {} bytes are accepted",
                        limits.max_header_bytes);
    return;
  }
  for (nghttp2_rcbuf* const buffer : {name, value}) {
    nghttp2_rcbuf_incref(buffer);
    kept_.push_back(buffer);
  }
  head_error_ = header.name.starts_with(':') ? NotePseudoHeader(header) : NoteHeader(header);
}

Status Stream::NotePseudoHeader(const http::Header& header) {
  if (header.name == ":method") {
    request_.method = http::MethodOf(header.value);
  } else if (header.name == ":path") {
    request_.target = header.value;
  } else if (header.name == ":authority") {
    facts_.host = header.value;
  }
  return OkStatus();
}

Status Stream::NoteHeader(const http::Header& header) {
  const http::Limits& limits = io_.limits();
  if (request_.headers.size() >= limits.max_headers)
    return Error(Reason::kHeadersTooLarge, "headers: at most {} are accepted", limits.max_headers);
  request_.headers.push_back(header);
  if (header.name == "content-type")
    is_grpc_ = grpc::IsContentType(header.value);
  else if (header.name == "grpc-encoding")
    grpc_encoding_ = header.value;
  else if (header.name == "host")
    return NoteHost(header.value);
  return http::NoteField(header, facts_);
}

// Two names for one host would be two hosts to whoever else looks (RFC 9113 §8.3.1).
Status Stream::NoteHost(std::string_view host) {
  if (facts_.host.empty()) facts_.host = host;
  if (facts_.host == host) return OkStatus();
  return MakeError(Reason::kBadRequest, "host: expected the name that :authority has");
}

void Stream::OnHeadEnd(bool has_body, TimePoint now) {
  request_.received = now;
  const http::Peer& peer = connection_.peer();
  request_.peer = peer.ClientOf(request_, facts_, io_.shared().trusted);
  request_.is_secure = peer.is_secure;
  request_.client_certificate = peer.certificate;
  io_.request_ids().Assign(facts_.request_id, request_id_);
  if (head_error_.ok()) head_error_ = CheckHead();
  request_.host = facts_.host;
  if (!head_error_.ok()) return Refuse(head_error_);
  if (facts_.expect && !http::EqualsIgnoreCase(*facts_.expect, "100-continue"))
    return Refuse(Error(Reason::kBadRequest, "Expect: only 100-continue is known, got \"{}\"",
                        facts_.expect->substr(0, 64)),
                  417);
  if (is_grpc_) {
    coding_ = AnswerCoding();
    const auto timeout = grpc::Timeout(request_);
    if (!timeout.ok()) return Refuse(timeout.status());
    if (*timeout) request_.deadline = now + **timeout;
    matched_ = connection_.policy().router->Match(*this, connection_.policy().access);
    if (matched_ == nullptr) return Answer();
    if (matched_->open) return OpenCall();
  }
  body_.Start(0, io_.limits().max_buffered_bytes);
  phase_ = Phase::kBody;
  deadline_ = now + io_.limits().header_timeout;
  if (has_body && facts_.expect) connection_.SubmitContinue(*this);
}

Status Stream::CheckHead() {
  const http::Limits& limits = io_.limits();
  if (request_.target.size() > limits.max_url_bytes)
    return Error(Reason::kUrlTooLong, "URL: at most {} bytes are accepted, got {}",
                 limits.max_url_bytes, request_.target.size());
  RETURN_IF_ERROR(http::ParseTarget(request_, facts_));
  if (!http::IsAuthority(facts_.host))
    return MakeError(Reason::kBadRequest,
                     ":authority: expected a name or address, with an optional port");
  RETURN_IF_ERROR(connection_.policy().host_check.Check(request_, facts_));
  if (facts_.content_length.value_or(0) > limits.max_body_bytes)
    return http::BodyTooLarge(limits.max_body_bytes);
  ASSIGN_OR_RETURN(const http::Coding coding, http::ParseContentEncoding(facts_.content_encoding));
  if (coding != http::Coding::kIdentity) {
    ASSIGN_OR_RETURN(inflater_, http::Inflater::Create(coding));
  }
  return OkStatus();
}

size_t Stream::OnData(std::span<const char> data) {
  if (phase_ == Phase::kCall) return OnCallData({data.data(), data.size()});
  if (phase_ == Phase::kBody) {  // else it was refused, and what still comes is dropped
    window_bytes_ += data.size();
    if (const Status taken = TakeData(data); !taken.ok()) Refuse(taken);
  }
  return data.size();
}

Status Stream::TakeData(std::span<const char> data) {
  const http::Limits& limits = io_.limits();
  const size_t limit = limits.max_body_bytes + (is_grpc_ ? grpc::kPrefixBytes : 0);
  body_bytes_ += data.size();
  if (body_bytes_ > limit) return http::BodyTooLarge(limits.max_body_bytes);
  if (inflater_) return inflater_->Feed({data.data(), data.size()}, limit, body_);
  if (is_grpc_ && body_.size() == 0 && data.size() >= grpc::kPrefixBytes) {
    RETURN_IF_ERROR(NotePrefix(std::as_bytes(data)));
    // A message's last tensor ends where it does: with the end on 64 bytes so is, at most sizes,
    // its beginning, and nobody has to copy it.
    body_.Start(expected_bytes_, limits.max_buffered_bytes);
  }
  const size_t expected = std::max<uint64_t>(facts_.content_length.value_or(0), expected_bytes_);
  if (!body_.Append(data, expected)) return http::OutOfBodyMemory();
  if (is_grpc_ && expected_bytes_ == 0 && body_.size() >= grpc::kPrefixBytes)
    return NotePrefix(body_.bytes());
  return OkStatus();
}

Status Stream::NotePrefix(std::span<const std::byte> bytes) {
  ASSIGN_OR_RETURN(const grpc::Prefix prefix, grpc::ReadPrefix(bytes, io_.limits().max_body_bytes));
  expected_bytes_ = grpc::kPrefixBytes + prefix.size;
  return OkStatus();
}

void Stream::OnRequestEnd(TimePoint now) {
  if (phase_ == Phase::kCall) {
    call_->OnHalfClose();
    return DeliverSoon();
  }
  if (phase_ != Phase::kBody) return;
  request_.received = now;
  if (const Status whole = FinishBody(); !whole.ok()) return Refuse(whole);
  phase_ = Phase::kWhole;
  connection_.HandleSoon(*this);
}

Status Stream::FinishBody() {
  if (inflater_ && !inflater_->done())
    return MakeError(Reason::kBadRequest, "body: the compressed stream is cut short");
  request_.body = body_.bytes();
  return is_grpc_ ? OpenMessage() : OkStatus();
}

// Leaves the message itself, without framing and compression, in request_.body.
Status Stream::OpenMessage() {
  const std::span<const std::byte> bytes = body_.bytes();
  if (bytes.size() < grpc::kPrefixBytes)
    return Error(Reason::kBadRequest, "gRPC call: expected one message, got {} bytes",
                 bytes.size());
  const size_t limit = io_.limits().max_body_bytes;
  ASSIGN_OR_RETURN(const grpc::Prefix prefix, grpc::ReadPrefix(bytes, limit));
  const std::span<const std::byte> message = bytes.subspan(grpc::kPrefixBytes);
  if (message.size() != prefix.size)
    return Error(Reason::kBadRequest, "gRPC message: its prefix says {} bytes, got {}", prefix.size,
                 message.size());
  request_.body = message;
  if (!prefix.compressed) return OkStatus();
  message_.Start(0, io_.limits().max_buffered_bytes);
  RETURN_IF_ERROR(grpc::InflateMessage(grpc_encoding_, message, limit, message_));
  request_.body = message_.bytes();
  return OkStatus();
}

void Stream::Handle() {
  if (closed_) return;
  if (phase_ == Phase::kCall) return Deliver();
  phase_ = Phase::kHandler;
  if (CallHandler(connection_.policy()) != Outcome::kDeferred) Answer();
}

void Stream::Refuse(const Status& why, std::optional<int> http_status) {
  if (request_id_.empty()) io_.request_ids().Assign({}, request_id_);
  http::LoopCounters::Add(io_.mutable_counters().refused, 1);
  http::RespondWithError(why, request_id_, response_);
  response_.status = http_status.value_or(response_.status);
  Answer();
}

// ---- the answer

http::Coding Stream::AnswerCoding() const {
  if (io_.shared().options.grpc_compression == 0) return http::Coding::kIdentity;
  return http::NegotiateCoding(request_.header("grpc-accept-encoding").value_or(""));
}

void Stream::Compress() {
  if (!is_grpc_) return LoopExchange::Compress();
  compressed_ = http::CompressBody(coding_, io_.shared().options.grpc_compression, response_.body,
                                   response_.parts);
}

void Stream::OnAnswer() {
  if (closed_) {
    phase_ = Phase::kAnswering;
    connection_.Retire(*this);
    return;
  }
  Answer();
  connection_.FlushSoon();
}

void Stream::Answer() {
  phase_ = Phase::kAnswering;
  deadline_ = connection_.now() + io_.limits().write_timeout;
  window_bytes_ = 0;
  rest_ = http::Pieces({}, response_.body, response_.parts);
  if (is_grpc_) return AnswerCall();
  std::string& lines = io_.head_scratch();
  const http::HostCheck& check = connection_.policy().host_check;
  http::AppendResponseHead(
      response_, rest_.left(),
      {.date_line = io_.date_line(),
       .request_id = request_id_,
       .cors_origin = check.CorsOrigin(facts_),
       .preflight = request_.method == http::Method::kOptions &&
                    request_.header("access-control-request-method").has_value()},
      lines);
  if (request_.method == http::Method::kHead || !http::StatusHasBody(response_.status)) rest_ = {};
  connection_.SubmitHead(*this, response_.status, lines, !rest_.empty());
}

void Stream::AnswerCall() {
  if (!response_.failure.ok()) {
    const bool no_such_method =
        matched_ == nullptr && ReasonOf(response_.failure) == Reason::kNotFound;
    rest_ = {};
    connection_.SubmitGrpcStatus(
        *this, no_such_method ? grpc::kUnimplemented : grpc::CodeOf(response_.failure),
        response_.failure);
    return;
  }
  prefix_ = grpc::WritePrefix(compressed_, static_cast<uint32_t>(rest_.left()));
  rest_ = http::Pieces({prefix_.data(), prefix_.size()}, response_.body, response_.parts);
  SubmitCallHead();
}

void Stream::SubmitCallHead() {
  std::string& lines = io_.head_scratch();
  lines.append("content-type: application/grpc\r\n").append(response_.headers);
  if (coding_ != http::Coding::kIdentity)
    lines.append("grpc-encoding: ").append(http::NameOf(coding_)).append("\r\n");
  connection_.SubmitHead(*this, 200, lines, /*has_body=*/true);
}

size_t Stream::TakeBody(size_t bytes, std::string& out) {
  bytes_out_ += bytes;
  window_bytes_ += bytes;
  if (call_) {
    const size_t messages = call_->Take(bytes, out);
    if (call_->can_deliver()) WakeCall();
    return messages;
  }
  rest_.Take(bytes, out);
  return 0;
}

// ---- its end

bool Stream::OnClosed() {
  closed_ = true;
  EndCall();
  if (phase_ != Phase::kHandler) return true;
  Cancel();
  return false;
}

void Stream::Finish(bool sent) {
  if (phase_ != Phase::kHead) {  // else there was no request yet
    if (sent && on_sent_) on_sent_(std::chrono::steady_clock::now());
    http::LoopCounters::Add(io_.mutable_counters().requests, 1);
    const int status = sent ? response_.status : InfoOf(Reason::kCancelled).http_status;
    if (const auto& finished = io_.shared().options.on_finished)
      finished(*this, status, bytes_out_);
  }
  Clear();
  EndAnswer();
}

// Also when the loop is no more: gives nothing back to its pool.
void Stream::DropFields() {
  for (nghttp2_rcbuf* const buffer : kept_) nghttp2_rcbuf_decref(buffer);
  kept_.clear();
}

void Stream::Clear() {
  on_sent_ = nullptr;
  call_.reset();
  writer_.reset();
  call_answered_ = deliver_soon_ = false;
  open_message_ = 0;
  DropFields();
  request_.Clear();
  facts_ = http::HeadFacts();
  params_.Clear();
  route_ = {};
  matched_ = nullptr;
  is_grpc_ = closed_ = compressed_ = false;
  coding_ = http::Coding::kIdentity;
  request_id_.clear();
  response_.Clear();
  if (response_.body.capacity() > kKeptBody) std::string().swap(response_.body);
  if (!head_error_.ok()) head_error_ = OkStatus();
  grpc_encoding_ = {};
  body_.Release();
  message_.Release();
  inflater_.reset();
  rest_ = {};
  head_bytes_ = body_bytes_ = expected_bytes_ = window_bytes_ = received_bytes_ = bytes_out_ = 0;
  phase_ = Phase::kIdle;
}

void Stream::EndIdleCall() {
  if (phase_ == Phase::kCall && !call_->finished() && call_->Idle())
    OnSaid({}, MakeError(Reason::kDraining, "the server ends; call it again elsewhere"));
}

Stream::Verdict Stream::Sweep(TimePoint now) {
  if (closed_) return Verdict::kGoOn;
  if (phase_ == Phase::kCall) return SweepCall(now);
  if (now < deadline_) return Verdict::kGoOn;
  const http::Limits& limits = io_.limits();
  const auto due = [&](std::chrono::milliseconds window) {
    return limits.min_body_bytes_per_s * static_cast<uint64_t>(window.count()) / 1000;
  };
  switch (phase_) {
    case Phase::kHead:
      return Verdict::kCut;
    case Phase::kBody:
      if (window_bytes_ < due(limits.header_timeout)) {
        Refuse(Error(Reason::kSlowRequest, "the body came slower than {} bytes a second",
                     limits.min_body_bytes_per_s));
        return Verdict::kAnswered;
      }
      deadline_ = now + limits.header_timeout;
      break;
    case Phase::kAnswering:
      if (window_bytes_ < std::max<uint64_t>(due(limits.write_timeout), 1)) return Verdict::kReset;
      deadline_ = now + limits.write_timeout;
      break;
    case Phase::kCall:
    case Phase::kIdle:
    case Phase::kWhole:
    case Phase::kHandler:
      break;
  }
  window_bytes_ = 0;
  return Verdict::kGoOn;
}

}  // namespace slipway::http2
