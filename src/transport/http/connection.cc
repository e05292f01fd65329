#include "transport/http/connection.h"

#include "transport/http2/connection.h"

namespace slipway::http {
namespace {

constexpr size_t kBodyRead = 64u << 10;   // at once, of a body that is decoded on its way
constexpr size_t kMaxPerTurn = 1u << 20;  // then the loop's other connections have their turn

}  // namespace

Connection::Connection(std::shared_ptr<Loop> loop, int fd, const sockaddr_storage& peer,
                       std::shared_ptr<const ListenerPolicy> policy)
    : LoopExchange(*loop),
      loop_owner_(std::move(loop)),
      policy_(std::move(policy)),
      socket_(MakeSocket(fd, *policy_)),
      peer_(Peer::From(peer, policy_->is_unix, io_.shared().trusted)),
      input_(io_.pool()),
      parser_({}),
      body_(io_.pool(), *io_.budget()) {}

void Connection::Start() {
  now_ = std::chrono::steady_clock::now();
  if (policy_->tls)
    StartHandshake();
  else
    AwaitHead();
  if (!io_.poller().Watch(socket_.fd(), *this)) return Close();
  if (policy_->tls) io_.poller().WatchWritable(socket_.fd(), *this);
}

void Connection::AwaitHead() {
  phase_ = Phase::kHead;
  const Limits& limits = io_.limits();
  const HeadLimits head_limits{limits.max_header_bytes, limits.max_headers, limits.max_url_bytes};
  if (head_limits != parser_.limits()) ForgetHead();
  parser_.Reset(head_limits);
  deadline_ = now_ + limits.idle_timeout;
}

// ---- the state machine

void Connection::Pump() {
  bool more = true;
  while (more) {
    switch (phase_) {
      case Phase::kHandshake:
        more = StepHandshake();
        break;
      case Phase::kHead:
        more = StepHead();
        break;
      case Phase::kBody:
        more = StepBody();
        break;
      case Phase::kLingering:
        more = StepLingering();
        break;
      case Phase::kHandler:
      case Phase::kAnswered:
      case Phase::kWriting:
      case Phase::kClosed:
        more = false;
        break;
    }
  }
}

// A client of HTTP/2 says so with its first bytes, and somebody else goes on from there. True too
// while that cannot be told yet.
bool Connection::SpeaksHttp2() {
  const std::string_view begin = input_.unread().substr(0, http2::kPreface.size());
  if (!http2::kPreface.starts_with(begin)) {
    may_be_http2_ = false;
    return false;
  }
  if (begin.size() < http2::kPreface.size()) return true;
  io_.poller().Forget(socket_.fd(), *this);
  closed_ = true;
  phase_ = Phase::kClosed;
  const auto next = std::make_shared<http2::Connection>(loop_owner_, std::move(socket_),
                                                        std::move(peer_), policy_);
  io_.Replace(*this, next);
  next->Start(input_.unread());
  return true;
}

bool Connection::StepHead() {
  if (may_be_http2_ && !input_.unread().empty() && SpeaksHttp2()) {
    if (phase_ == Phase::kClosed) return false;
  } else if (!input_.unread().empty()) {
    if (SameHeadAgain()) {
      input_.Consume(head_.size());
      return OpenExchange();
    }
    switch (parser_.Parse(input_.unread(), head_, request_, facts_)) {
      case HeadParser::State::kDone:
        input_.Consume(parser_.head_bytes());
        ForgetRoute();
        return OpenExchange();
      case HeadParser::State::kFailed:
        ForgetRoute();
        return Refuse(parser_.error());
      case HeadParser::State::kNeedMore:
        break;
    }
  }
  if (!head_started_ && !input_.unread().empty()) {
    head_started_ = true;
    deadline_ = now_ + io_.limits().header_timeout;
  }
  if (input_ended_) {
    Close();
    return false;
  }
  if (!may_read_) {
    input_.ReleaseIfEmpty();
    return false;
  }
  const std::optional<size_t> bytes = Receive(input_.Room());
  if (!bytes) {
    Close();
    return false;
  }
  input_.Commit(*bytes);
  return true;
}

bool Connection::StepBody() {
  if (body_.done()) return Handle();
  if (const std::string_view unread = input_.unread(); !unread.empty()) {
    const StatusOr<size_t> taken = body_.Feed(unread);
    if (!taken.ok()) return Refuse(taken.status());
    input_.Consume(*taken);
    return true;
  }
  if (input_ended_) {
    Close();
    return false;
  }
  if (!may_read_) return false;
  const StatusOr<std::span<char>> direct = body_.Room();
  if (!direct.ok()) return Refuse(direct.status());
  const std::span<char> room = direct->empty() ? input_.Room(kBodyRead) : *direct;
  const std::optional<size_t> bytes = Receive(room);
  if (!bytes) {
    Close();
    return false;
  }
  window_bytes_ += *bytes;
  if (direct->empty())
    input_.Commit(*bytes);
  else
    body_.Commit(*bytes);
  return true;
}

bool Connection::StepLingering() {
  char dropped[4096];
  while (may_read_ && linger_.takes_more()) {
    const std::optional<size_t> bytes = Receive(dropped);
    if (!bytes) {
      Close();
      return false;
    }
    linger_.Drop(*bytes);
  }
  return false;
}

bool Connection::StartLingering() {
  linger_.Start(socket_, io_, now_);
  phase_ = Phase::kLingering;
  turn_bytes_ = 0;
  may_read_ = true;
  return true;
}

// ---- the socket

std::optional<size_t> Connection::Receive(std::span<char> room) {
  if (room.empty()) return std::nullopt;  // out of memory
  const Received got = socket_.Receive(room);
  if (got.ended) return std::nullopt;
  may_read_ = got.more;
  if (got.bytes == 0) return 0;
  // That the client has shut its side was said once and is not said again.
  may_read_ = may_read_ || hung_up_;
  turn_bytes_ += got.bytes;
  if (may_read_ && turn_bytes_ >= kMaxPerTurn) {
    may_read_ = false;
    io_.poller().CallAgain(*this);
  }
  now_ = std::chrono::steady_clock::now();
  LoopCounters::Add(io_.mutable_counters().bytes_received, got.bytes);
  return got.bytes;
}

void Connection::OnReady(Readiness ready) {
  ready = socket_.Translate(ready);
  if (ready.readable) {
    may_read_ = true;
    turn_bytes_ = 0;
  }
  hung_up_ = hung_up_ || ready.hung_up;
  broken_ = broken_ || ready.broken;
  if (phase_ == Phase::kAnswered) {
    if (ready.writable && StartWrite()) Pump();
  } else if (phase_ == Phase::kWriting) {
    if (!ready.writable) return;
    now_ = std::chrono::steady_clock::now();
    if (ContinueWrite()) Pump();
  } else if (phase_ == Phase::kHandler) {
    ReadAhead();
  } else {
    Pump();
  }
}

// While the answer is computed elsewhere: the client's next bytes are kept up to a bound, and its
// going away is noticed.
void Connection::ReadAhead() {
  while (may_read_ && !input_ended_) {
    const std::span<char> room = input_.RoomAhead();
    if (room.empty()) break;  // full, and more of it may wait in the socket
    if (const std::optional<size_t> bytes = Receive(room))
      input_.Commit(*bytes);
    else
      input_ended_ = true;
  }
  if (hung_up_ || input_ended_) CheckClient();
}

// A client that has shut its side may have gone, or wait for its answer: the two look the same
// until something is sent to it. So the answer's first byte goes ahead; a socket that was closed
// refuses it with a reset, which comes as one more event.
void Connection::CheckClient() {
  if (broken_ || !output_.SendAhead(socket_)) Cancel();
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  Cancel();
  io_.poller().Forget(socket_.fd(), *this);
  socket_.Close();
  io_.CountClosed();
  if (phase_ == Phase::kHandshake) EndHandshake(tls::Outcome::kClientGone, "closed");
  if (phase_ == Phase::kHandler) return;  // its answer is on the way and finds nobody
  if (phase_ == Phase::kAnswered) EndCancelled(0);
  if (phase_ == Phase::kWriting) EndCancelled(output_.bytes_written());
  phase_ = Phase::kClosed;
  body_.Release();
  io_.Remove(*this);
}

// ---- time limits

void Connection::Sweep(TimePoint now) {
  if (closed_) return;
  now_ = now;
  switch (phase_) {
    case Phase::kHandshake:
      SweepHandshake(now);
      break;
    case Phase::kHead:
      SweepHead(now);
      break;
    case Phase::kBody:
      SweepBody(now);
      break;
    case Phase::kWriting:
      SweepWrite(now);
      break;
    case Phase::kLingering:
      if (linger_.IsOver(now)) Close();
      break;
    case Phase::kHandler:
    case Phase::kAnswered:
    case Phase::kClosed:
      break;
  }
}

void Connection::SweepHead(TimePoint now) {
  const bool due = SweepIdle(now);
  if (!head_started_) {
    if (due) Close();
  } else if (due) {
    const bool late = now > deadline_;
    ForgetHead();
    if (Refuse(late ? MakeError(Reason::kSlowRequest, "the request's head did not arrive in time")
                    : MakeError(Reason::kDraining, "the server ends; send the request elsewhere")))
      Pump();
  }
}

// True when what waits for a request is to end. While draining that is soon, but not before a last
// look for one that came meanwhile.
bool Connection::SweepIdle(TimePoint now) {
  const Shared& shared = io_.shared();
  if (now > deadline_) return true;
  if (!shared.draining.load(std::memory_order_relaxed)) return false;
  const Duration grace(shared.idle_grace_ns.load(std::memory_order_relaxed));
  if (drain_seen_ == TimePoint{}) drain_seen_ = now;
  if (now < drain_seen_ + grace) return false;
  const Phase waiting = phase_;
  may_read_ = true;
  Pump();
  return phase_ == waiting && !closed_;
}

// The rate is taken over windows of the header timeout: an upload may start fast and must not
// stall.
void Connection::SweepBody(TimePoint now) {
  if (now < deadline_) return;
  const Limits& limits = io_.limits();
  const auto window = std::chrono::duration_cast<std::chrono::milliseconds>(limits.header_timeout);
  const uint64_t due = limits.min_body_bytes_per_s * static_cast<uint64_t>(window.count()) / 1000;
  if (window_bytes_ < due) {
    if (Refuse(Error(Reason::kSlowRequest, "the body came slower than {} bytes a second",
                     limits.min_body_bytes_per_s)))
      Pump();
    return;
  }
  window_bytes_ = 0;
  deadline_ = now + window;
}

// What lies in the kernel's buffer was not taken: its size would hide a client that reads next to
// nothing. (A Unix socket counts more than the bytes, and its buffer is small.) The rate is that of
// bodies, over windows of the write timeout, and no rate at all still means something.
void Connection::SweepWrite(TimePoint now) {
  if (now < deadline_) return;
  const Limits& limits = io_.limits();
  const size_t queued = policy_->is_unix ? 0 : socket_.Unsent();
  const size_t written = output_.bytes_written();
  const size_t taken = written - std::min(written, queued);
  const auto window = static_cast<uint64_t>(limits.write_timeout.count());
  const uint64_t due = std::max<uint64_t>(limits.min_body_bytes_per_s * window / 1000, 1);
  if (taken < taken_bytes_ + due) return Close();
  taken_bytes_ = taken;
  deadline_ = now + limits.write_timeout;
}

}  // namespace slipway::http
