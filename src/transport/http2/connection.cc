#include "transport/http2/connection.h"

#include <algorithm>

namespace slipway::http2 {
namespace {

constexpr size_t kMaxPerTurn = 1u << 20;    // then the loop's other connections have their turn
constexpr size_t kMaxFramesPerTurn = 4096;  // as well
constexpr size_t kKeptOutput = 16u << 10;   // capacity that an idle connection keeps
constexpr size_t kKeptStreams = 16;

}  // namespace

Connection::Connection(std::shared_ptr<http::Loop> loop, http::Socket socket, http::Peer peer,
                       std::shared_ptr<const http::ListenerPolicy> policy)
    : loop_owner_(std::move(loop)),
      io_(*loop_owner_),
      socket_(std::move(socket)),
      peer_(std::move(peer)),
      policy_(std::move(policy)) {}

Connection::~Connection() { nghttp2_session_del(session_); }

void Connection::Start(std::string_view received) {
  now_ = idle_since_ = std::chrono::steady_clock::now();
  if (!OpenSession() || !io_.poller().Watch(socket_.fd(), *this)) return Close();
  if (socket_.tls() != nullptr) io_.poller().WatchWritable(socket_.fd(), *this);
  may_read_ = true;
  in_turn_ = true;
  if (Feed(received)) Read();
  in_turn_ = false;
  Flush();
}

// ---- the socket

void Connection::OnReady(http::Readiness ready) {
  if (closed_) return;
  ready = socket_.Translate(ready);
  flush_soon_ = false;
  hung_up_ = hung_up_ || ready.hung_up;
  may_read_ = may_read_ || ready.readable;
  turn_bytes_ = turn_frames_ = 0;
  now_ = std::chrono::steady_clock::now();
  if (lingering_) return DropRest();
  in_turn_ = true;
  Read();
  in_turn_ = false;
  Flush();
}

void Connection::Read() {
  const std::span<char> scratch = io_.read_scratch();
  // A peer that takes no answers is not asked for more requests.
  while (may_read_ && !closed_ && output_.size() < kOutputAtOnce) {
    const size_t at_once = guard_.BytesAtOnce();
    const std::span<char> room = scratch.first(std::min(at_once, scratch.size()));
    const http::Received received = socket_.Receive(room);
    if (received.ended) return Close();
    // That the peer has shut its side was said once and is not said again.
    may_read_ = received.more || (hung_up_ && received.bytes > 0);
    if (received.bytes == 0) continue;
    turn_bytes_ += received.bytes;
    http::LoopCounters::Add(io_.mutable_counters().bytes_received, received.bytes);
    if (!Feed({room.data(), received.bytes})) return;
    if (may_read_ &&
        (turn_bytes_ >= std::min(at_once, kMaxPerTurn) || turn_frames_ >= kMaxFramesPerTurn)) {
      may_read_ = false;
      io_.poller().CallAgain(*this);
    }
  }
}

// False when the peer has broken the protocol so that nothing can follow.
bool Connection::Feed(std::string_view bytes) {
  const ssize_t taken = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (taken != static_cast<ssize_t>(bytes.size())) {
    Close();
    return false;
  }
  HandleReceived();
  return true;
}

void Connection::HandleReceived() {
  for (handled_ = 0; handled_ < to_handle_.size();) to_handle_[handled_++]->Handle();
  to_handle_.clear();
}

void Connection::StartLingering() {
  lingering_ = true;
  linger_.Start(socket_, io_, now_);
  may_read_ = true;
  DropRest();
}

void Connection::DropRest() {
  const std::span<char> room = io_.read_scratch();
  while (may_read_ && linger_.takes_more()) {
    const http::Received received = socket_.Receive(room);
    if (received.ended) return Close();
    may_read_ = received.more || (hung_up_ && received.bytes > 0);
    linger_.Drop(received.bytes);
  }
}

void Connection::FlushSoon() {
  if (in_turn_ || flush_soon_ || closed_ || lingering_) return;
  flush_soon_ = true;
  io_.poller().CallTogether(*this);
}

void Connection::Flush() {
  while (!closed_) {
    paused_ = false;
    while (!paused_ && output_.size() < kOutputAtOnce) {
      const uint8_t* bytes = nullptr;
      const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
      if (n < 0) return Close();
      if (n == 0) break;
      output_.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
    }
    const bool more = paused_ || output_.size() >= kOutputAtOnce;
    if (!Write()) return;
    FinishEnded();
    if (!more) break;
  }
  if (closed_) return;
  const bool done =
      nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  if (done || (last_named_ && streams_.empty())) return StartLingering();
  if (may_read_) io_.poller().CallAgain(*this);  // it was not read because of the output
}

// True when nothing is left to write.
bool Connection::Write() {
  while (written_ < output_.size()) {
    const http::Sent sent = socket_.Send(std::string_view(output_).substr(written_));
    if (sent.failed) {
      Close();
      return false;
    }
    if (sent.blocked) {
      if (!blocked_) {
        blocked_ = true;
        window_bytes_ = 0;
        write_deadline_ = now_ + io_.limits().write_timeout;
      }
      io_.poller().WatchWritable(socket_.fd(), *this);
      return false;
    }
    written_ += sent.bytes;
    window_bytes_ += sent.bytes;
  }
  blocked_ = false;
  written_ = 0;
  output_.clear();
  if (output_.capacity() > kKeptOutput && streams_.empty()) std::string().swap(output_);
  return true;
}

// ---- streams

Stream& Connection::NewStream() {
  std::shared_ptr<Stream> stream;
  if (spare_.empty()) {
    stream = std::make_shared<Stream>(*this);
  } else {
    stream = std::move(spare_.back());
    spare_.pop_back();
  }
  stream->slot = streams_.size();
  streams_.push_back(std::move(stream));
  return *streams_.back();
}

void Connection::Retire(Stream& stream) { End(stream, false); }

void Connection::End(Stream& stream, bool sent) {
  if (sent) guard_.OnAnswered();  // not one that the client has cancelled
  stream.Finish(sent);
  const size_t slot = stream.slot;
  streams_.back()->slot = slot;
  std::swap(streams_[slot], streams_.back());
  if (spare_.size() < kKeptStreams)
    spare_.push_back(std::move(streams_.back()));
  else
    retired_ = std::move(streams_.back());  // its own call may not have returned
  streams_.pop_back();
  if (streams_.empty()) idle_since_ = now_;
  if (closed_) RemoveWhenIdle();
}

void Connection::FinishEnded() {
  for (const auto& [stream, sent] : ended_) End(*stream, sent);
  ended_.clear();
}

// ---- time limits and the end

void Connection::Sweep(TimePoint now) {
  if (closed_) return;
  now_ = now;
  if (lingering_) {
    if (linger_.IsOver(now)) Close();
    return;
  }
  if (blocked_ && now >= write_deadline_) {
    const http::Limits& limits = io_.limits();
    const auto window = static_cast<uint64_t>(limits.write_timeout.count());
    if (window_bytes_ < std::max<uint64_t>(limits.min_body_bytes_per_s * window / 1000, 1))
      return Close();
    window_bytes_ = 0;
    write_deadline_ = now + limits.write_timeout;
  }
  for (size_t i = streams_.size(); i-- > 0;) {
    switch (streams_[i]->Sweep(now)) {
      case Stream::Verdict::kGoOn:
      case Stream::Verdict::kAnswered:
        break;
      case Stream::Verdict::kReset:
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, streams_[i]->id(), NGHTTP2_CANCEL);
        break;
      case Stream::Verdict::kCut:
        return Close();
    }
  }
  SweepIdle(now);
  if (!closed_) Flush();
}

// A draining server says so, takes what was on its way for a while, and names the last stream it
// will answer. An idle connection ends the same way, without the wait.
void Connection::SweepIdle(TimePoint now) {
  const http::Shared& shared = io_.shared();
  if (shared.draining.load(std::memory_order_relaxed)) {
    const Duration grace(shared.idle_grace_ns.load(std::memory_order_relaxed));
    for (size_t i = streams_.size(); i-- > 0;) streams_[i]->EndIdleCall();
    if (drain_seen_ == TimePoint{}) {
      drain_seen_ = now;
      nghttp2_submit_shutdown_notice(session_);
    } else if (!last_named_ && now >= drain_seen_ + grace) {
      last_named_ = true;
      nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE,
                            nghttp2_session_get_last_proc_stream_id(session_), NGHTTP2_NO_ERROR,
                            nullptr, 0);
    }
  } else if (streams_.empty() && now - idle_since_ > io_.limits().idle_timeout) {
    nghttp2_session_terminate_session(session_, NGHTTP2_NO_ERROR);
  }
}

void Connection::Close() {
  if (closed_) return;
  closed_ = true;
  io_.poller().Forget(socket_.fd(), *this);
  socket_.Close();
  io_.CountClosed();
  to_handle_.clear();
  if (written_ < output_.size())
    for (Ended& ended : ended_) ended.sent = false;
  FinishEnded();
  for (size_t i = streams_.size(); i-- > 0;)
    if (streams_[i]->OnClosed()) End(*streams_[i], false);
  RemoveWhenIdle();
}

void Connection::RemoveWhenIdle() {
  if (!streams_.empty() || removed_) return;
  removed_ = true;
  io_.Remove(*this);
}

}  // namespace slipway::http2
