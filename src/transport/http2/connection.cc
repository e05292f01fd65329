#include "transport/http2/connection.h"

#include <array>
#include <charconv>

#include "base/check.h"
#include "transport/grpc/status.h"
#include "transport/http2/fields.h"

namespace slipway::http2 {
namespace {

constexpr uint32_t kMaxStreams = 256;
constexpr int32_t kStreamWindow = 1 << 20;  // the default of 64 KiB stalls a large tensor
constexpr int32_t kConnectionWindow = 16 << 20;
constexpr size_t kMaxPerTurn = 1u << 20;      // then the loop's other connections have their turn
constexpr size_t kMaxFramesPerTurn = 4096;    // as well
constexpr int64_t kMaxFrame = 64 << 10;       // the client may offer 16 MiB, put together at once
constexpr size_t kOutputAtOnce = 256u << 10;  // then it is written before more is put together
constexpr size_t kKeptOutput = 16u << 10;     // capacity that an idle connection keeps
constexpr size_t kKeptStreams = 16;

struct SessionOptions {
  nghttp2_option* options = nullptr;
  nghttp2_session_callbacks* callbacks = nullptr;
};

Stream* StreamOf(nghttp2_session* session, int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(session, id));
}

constexpr ssize_t kNothingYet = NGHTTP2_ERR_DEFERRED;

bool SubmitTrailers(nghttp2_session* session, int32_t id, const Status& status) {
  const GrpcEnd end(grpc::CodeOf(status), status);
  std::vector<nghttp2_nv> fields;
  end.AddTo(fields);
  return nghttp2_submit_trailer(session, id, fields.data(), fields.size()) == 0;
}

}  // namespace

// `user` is the connection. None of them may call into it so that frames are received or sent.
struct Connection::Callbacks {
  // A stream opens with a number above all before it. libnghttp2 takes a lower one for a stream
  // that has closed, which it may be unless numbers were left out (RFC 9113 §5.1.1).
  static int OnBeginFrame(nghttp2_session* session, const nghttp2_frame_hd* head, void* user) {
    auto& self = *static_cast<Connection*>(user);
    ++self.turn_frames_;
    if (head->type != NGHTTP2_HEADERS || head->stream_id % 2 == 0) return 0;
    if (head->stream_id > self.last_opened_) {
      self.skipped_numbers_ |= head->stream_id != self.last_opened_ + 2;
      self.last_opened_ = head->stream_id;
    } else if (self.skipped_numbers_ &&
               nghttp2_session_find_stream(session, head->stream_id) == nullptr) {
      nghttp2_session_terminate_session(session, NGHTTP2_PROTOCOL_ERROR);
    }
    return 0;
  }

  static int OnBeginHeaders(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    auto& self = *static_cast<Connection*>(user);
    const int32_t id = frame->hd.stream_id;
    if (self.streams_.size() >= 2 * kMaxStreams) {  // with those still computed for nobody
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
      self.Charge();
      return 0;
    }
    Stream& stream = self.NewStream();
    stream.Open(id, self.now_);
    nghttp2_session_set_stream_user_data(session, id, &stream);
    return 0;
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, nghttp2_rcbuf* name,
                      nghttp2_rcbuf* value, uint8_t, void*) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    if (Stream* const stream = StreamOf(session, frame->hd.stream_id))
      stream->OnHeader(name, value);
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    static_cast<Connection*>(user)->OnFrame(*frame);
    return 0;
  }

  // Not allowed, or a stream more than there may be.
  static int OnInvalidFrame(nghttp2_session*, const nghttp2_frame*, int, void* user) {
    static_cast<Connection*>(user)->Charge();
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
    static_cast<Connection*>(user)->looked_at_ = data + size;
    Stream* const stream = StreamOf(session, id);
    const size_t consumed =
        stream == nullptr ? size : stream->OnData({reinterpret_cast<const char*>(data), size});
    nghttp2_session_consume_connection(session, size);
    nghttp2_session_consume_stream(session, id, consumed);
    return 0;
  }

  static int OnClose(nghttp2_session* session, int32_t id, uint32_t error, void* user) {
    auto& self = *static_cast<Connection*>(user);
    Stream* const stream = StreamOf(session, id);
    if (stream == nullptr || !stream->OnClosed()) return 0;
    self.ended_.push_back({stream, error == NGHTTP2_NO_ERROR && stream->all_taken()});
    return 0;
  }

  static ssize_t BodySize(nghttp2_session*, uint8_t, int32_t, int32_t session_window,
                          int32_t stream_window, uint32_t max_frame, void*) {
    return std::min<int64_t>({session_window, stream_window, max_frame, kMaxFrame});
  }

  // Says how much of the body comes next; SendBody then takes it.
  static ssize_t ReadBody(nghttp2_session* session, int32_t id, uint8_t*, size_t room,
                          uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& stream = *static_cast<Stream*>(source->ptr);
    const size_t bytes = std::min(stream.body_left(), room);
    *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
    if (stream.body_goes_on()) return bytes > 0 ? static_cast<ssize_t>(bytes) : kNothingYet;
    if (bytes == stream.body_left()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      if (stream.is_grpc()) {
        *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        if (!SubmitTrailers(session, id, stream.final_status()))
          return NGHTTP2_ERR_CALLBACK_FAILURE;
      }
    }
    return static_cast<ssize_t>(bytes);
  }

  static int SendBody(nghttp2_session*, nghttp2_frame*, const uint8_t* frame_head, size_t size,
                      nghttp2_data_source* source, void* user) {
    constexpr size_t kFrameHead = 9;
    auto& self = *static_cast<Connection*>(user);
    self.output_.append(reinterpret_cast<const char*>(frame_head), kFrameHead);
    static_cast<Stream*>(source->ptr)->TakeBody(size, self.output_);
    self.guard_.OnDataSent();
    if (self.output_.size() < kOutputAtOnce) return 0;
    self.paused_ = true;
    return NGHTTP2_ERR_PAUSE;
  }

  // A stream whose request is not at its end when all is said: the rest of it is not wanted.
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const int32_t id = frame->hd.stream_id;
    if (frame->hd.type == NGHTTP2_RST_STREAM &&
        frame->rst_stream.error_code == NGHTTP2_REFUSED_STREAM) {
      http::Loop& io = static_cast<Connection*>(user)->io_;
      http::LoopCounters::Add(io.mutable_counters().streams_refused, 1);
    }
    const bool ends = (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
                      (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    if (ends && nghttp2_session_get_stream_remote_close(session, id) == 0)
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
    return 0;
  }

  // Shared by all sessions, never changed.
  static const SessionOptions& Shared() {
    static const SessionOptions shared = [] {
      SessionOptions made;
      SLIPWAY_CHECK(nghttp2_option_new(&made.options) == 0 &&
                        nghttp2_session_callbacks_new(&made.callbacks) == 0,
                    "memory for the options of HTTP/2 at start");
      nghttp2_option_set_no_auto_window_update(made.options, 1);
      // FloodGuard counts resets, together with all that brings no request.
      nghttp2_option_set_stream_reset_rate_limit(made.options, 1'000'000, 1'000'000);
      auto* const callbacks = made.callbacks;
      nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks, OnBeginFrame);
      nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, OnBeginHeaders);
      nghttp2_session_callbacks_set_on_header_callback2(callbacks, OnHeader);
      nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, OnFrame);
      nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, OnInvalidFrame);
      nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
      nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
      nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, OnFrameSent);
      nghttp2_session_callbacks_set_data_source_read_length_callback(callbacks, BodySize);
      nghttp2_session_callbacks_set_send_data_callback(callbacks, SendBody);
      return made;
    }();
    return shared;
  }
};

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
  const auto& [options, callbacks] = Callbacks::Shared();
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             static_cast<uint32_t>(io_.limits().max_header_bytes)}};
  const bool ready =
      nghttp2_session_server_new2(&session_, callbacks, this, options) == 0 &&
      nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0 &&
      nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) == 0;
  if (!ready || !io_.poller().Watch(socket_.fd(), *this)) return Close();
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
  const std::span<char> room = io_.read_scratch();
  // A peer that takes no answers is not asked for more requests.
  while (may_read_ && !closed_ && output_.size() < kOutputAtOnce) {
    const http::Received received = socket_.Receive(room);
    if (received.ended) return Close();
    // That the peer has shut its side was said once and is not said again.
    may_read_ = received.more || (hung_up_ && received.bytes > 0);
    if (received.bytes == 0) continue;
    turn_bytes_ += received.bytes;
    http::LoopCounters::Add(io_.mutable_counters().bytes_received, received.bytes);
    if (!Feed({room.data(), received.bytes})) return;
    if (may_read_ && (turn_bytes_ >= kMaxPerTurn || turn_frames_ >= kMaxFramesPerTurn)) {
      may_read_ = false;
      io_.poller().CallAgain(*this);
    }
  }
}

// False when the peer has broken the protocol so that nothing can follow.
bool Connection::Feed(std::string_view bytes) {
  looked_at_ = reinterpret_cast<const uint8_t*>(bytes.data());
  received_end_ = looked_at_ + bytes.size();
  const ssize_t taken = nghttp2_session_mem_recv(session_, looked_at_, bytes.size());
  if (taken == static_cast<ssize_t>(bytes.size())) return true;
  Close();
  return false;
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

// ---- frames

void Connection::OnFrame(const nghttp2_frame& frame) {
  const bool ends = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (frame.hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA: {
      Stream* const stream = StreamOf(session_, frame.hd.stream_id);
      const bool is_head =
          frame.hd.type == NGHTTP2_HEADERS && frame.headers.cat == NGHTTP2_HCAT_REQUEST;
      if (frame.hd.type == NGHTTP2_DATA && frame.hd.length <= frame.data.padlen && !ends) Charge();
      if (stream == nullptr) return;
      if (is_head) stream->OnHeadEnd(!ends, now_);
      if (ends) stream->OnRequestEnd(now_);
      return;
    }
    case NGHTTP2_PING:
      idle_since_ = now_;
      [[fallthrough]];
    default:
      Charge();
  }
}

void Connection::Charge() {
  if (!guard_.Take(now_)) nghttp2_session_terminate_session(session_, NGHTTP2_ENHANCE_YOUR_CALM);
}

void Connection::SubmitContinue(const Stream& stream) {
  const nghttp2_nv status = Field(":status", "100");
  nghttp2_submit_headers(session_, NGHTTP2_FLAG_NONE, stream.id(), nullptr, &status, 1, nullptr);
}

void Connection::SubmitHead(Stream& stream, int status, std::string& lines, bool has_body) {
  char digits[4];
  const char* const end = std::to_chars(digits, digits + sizeof(digits), status).ptr;
  fields_.clear();
  fields_.push_back(Field(":status", {digits, end}));
  AddLines(lines, fields_);
  const nghttp2_data_provider body{.source = {.ptr = &stream},
                                   .read_callback = Callbacks::ReadBody};
  nghttp2_submit_response(session_, stream.id(), fields_.data(), fields_.size(),
                          has_body ? &body : nullptr);
}

void Connection::SubmitGrpcStatus(const Stream& stream, int code, const Status& why) {
  const GrpcEnd end(code, why);
  fields_.assign({Field(":status", "200"), Field("content-type", "application/grpc")});
  end.AddTo(fields_);
  nghttp2_submit_response(session_, stream.id(), fields_.data(), fields_.size(), nullptr);
}

void Connection::Resume(const Stream& stream) {
  nghttp2_session_resume_data(session_, stream.id());
}

void Connection::Consumed(const Stream& stream, size_t bytes) {
  if (bytes == 0) return;
  nghttp2_session_consume_stream(session_, stream.id(), bytes);
  FlushSoon();
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
  if (sent) guard_.OnRequestAnswered();  // not one that the client has cancelled
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
