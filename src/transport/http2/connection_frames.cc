// What lies between libnghttp2 and a connection: its callbacks, and what is submitted to it.

#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "transport/grpc/status.h"
#include "transport/http2/connection.h"
#include "transport/http2/fields.h"

namespace slipway::http2 {
namespace {

constexpr uint32_t kMaxStreams = 256;
constexpr int32_t kStreamWindow = 1 << 20;  // the default of 64 KiB stalls a large tensor
constexpr int32_t kConnectionWindow = 16 << 20;
constexpr int64_t kMaxFrame = 64 << 10;  // the client may offer 16 MiB, put together at once

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
                    void*) {
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
    self.guard_.OnAnswered(static_cast<Stream*>(source->ptr)->TakeBody(size, self.output_));
    self.guard_.OnDataSent();
    if (self.output_.size() < kOutputAtOnce) return 0;
    self.paused_ = true;
    return NGHTTP2_ERR_PAUSE;
  }

  // A stream whose request is not at its end when all is said: the rest of it is not wanted.
  static int OnFrameSent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    const int32_t id = frame->hd.stream_id;
    if (frame->hd.type == NGHTTP2_RST_STREAM)
      static_cast<Connection*>(user)->OnResetSent(frame->rst_stream.error_code);
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

bool Connection::OpenSession() {
  const auto& [options, callbacks] = Callbacks::Shared();
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kMaxStreams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE,
                             static_cast<uint32_t>(io_.limits().max_header_bytes)}};
  return nghttp2_session_server_new2(&session_, callbacks, this, options) == 0 &&
         nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) ==
             0 &&
         nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow) ==
             0;
}

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

// Not every stream that its client has made us reset had an invalid frame: a body may be longer
// than its content-length.
void Connection::OnResetSent(uint32_t error) {
  if (error == NGHTTP2_REFUSED_STREAM)
    http::LoopCounters::Add(io_.mutable_counters().streams_refused, 1);
  else if (error != NGHTTP2_NO_ERROR)
    Charge();
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

}  // namespace slipway::http2
