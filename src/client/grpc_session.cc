#include "client/grpc_session.h"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

#include "base/check.h"
#include "transport/grpc/framing.h"
#include "transport/http/ascii.h"

namespace slipway::client {
namespace {

constexpr int32_t kStreamWindow = 4 << 20;
constexpr int32_t kConnectionWindow = 16 << 20;
constexpr size_t kMaxStatusText = 1'024;
constexpr size_t kOutputChunk = size_t{256} << 10;
constexpr int kUnknown = 2;

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view View(const uint8_t* bytes, size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

std::optional<int> ParseCode(std::string_view text) {
  int code = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), code);
  const bool whole = error == std::errc() && end == text.data() + text.size() && code >= 0;
  return whole ? std::optional(code) : std::nullopt;
}

Reason ReasonOfCode(int code) {
  for (int i = 0; i < kReasonCount; ++i)
    if (InfoOf(static_cast<Reason>(i)).grpc_code == code) return static_cast<Reason>(i);
  return Reason::kIo;
}

Status ErrorOfCode(int code, std::string_view text) {
  const std::string name = absl::StatusCodeToString(static_cast<absl::StatusCode>(code));
  return Error(ReasonOfCode(code), "gRPC {}: {}", name.empty() ? std::to_string(code) : name,
               http::PercentDecode(text).value_or(std::string(text)));
}

Status Broken(std::string_view what, int error) {
  return Error(Reason::kIo, "{}: {}", what, nghttp2_strerror(error));
}

}  // namespace

struct GrpcSession::Call {
  uint64_t number = 0;
  std::string_view unsent;
  int http_status = 0;
  std::optional<int> code;
  std::string text;  // grpc-message
  std::string body;
  bool cancelled = false;
  bool too_large = false;

  /// What the stream that has closed without an error of its own stands for.
  Status Judge(std::string& message) const;
};

Status GrpcSession::Call::Judge(std::string& message) const {
  if (too_large) return Error(Reason::kIo, "the answer is larger than is taken");
  if (!code)
    return Error(Reason::kIo, "the server's answer is no gRPC: HTTP {} without grpc-status",
                 http_status);
  if (*code != 0) return ErrorOfCode(*code, text);
  if (body.size() < grpc::kPrefixBytes)
    return Error(Reason::kIo, "the server's answer has no message");
  ASSIGN_OR_RETURN(const grpc::Prefix prefix,
                   grpc::ReadPrefix(std::as_bytes(std::span(body)), body.size()));
  if (prefix.compressed)
    return Error(Reason::kIo, "the server's answer is compressed, which was not asked for");
  if (prefix.size != body.size() - grpc::kPrefixBytes)
    return Error(Reason::kIo, "the server's answer is not one message: expected {} bytes, got {}",
                 prefix.size, body.size() - grpc::kPrefixBytes);
  message = body.substr(grpc::kPrefixBytes);
  return OkStatus();
}

struct GrpcSession::Callbacks {
  static Call* Find(nghttp2_session* session, int32_t stream) {
    return static_cast<Call*>(nghttp2_session_get_stream_user_data(session, stream));
  }

  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    Call* const call = Find(session, frame->hd.stream_id);
    if (call == nullptr) return 0;
    const std::string_view key = View(name, name_size), text = View(value, value_size);
    if (key == ":status") call->http_status = ParseCode(text).value_or(0);
    if (key == "grpc-status") call->code = ParseCode(text).value_or(kUnknown);
    if (key == "grpc-message") call->text = text.substr(0, kMaxStatusText);
    return 0;
  }

  static int OnData(nghttp2_session* session, uint8_t, int32_t stream, const uint8_t* data,
                    size_t size, void* user) {
    auto& self = *static_cast<GrpcSession*>(user);
    Call* const call = Find(session, stream);
    if (call == nullptr || call->too_large) return 0;
    call->too_large = call->body.size() + size > self.max_message_bytes_ + grpc::kPrefixBytes;
    if (call->too_large)
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    else
      call->body.append(View(data, size));
    return 0;
  }

  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_GOAWAY) static_cast<GrpcSession*>(user)->goodbye_ = true;
    return 0;
  }

  static int OnClose(nghttp2_session*, int32_t stream, uint32_t error, void* user) {
    static_cast<GrpcSession*>(user)->End(stream, error);
    return 0;
  }

  static ssize_t Read(nghttp2_session*, int32_t, uint8_t* out, size_t room, uint32_t* flags,
                      nghttp2_data_source* source, void*) {
    Call& call = *static_cast<Call*>(source->ptr);
    const size_t n = std::min(room, call.unsent.size());
    std::memcpy(out, call.unsent.data(), n);
    call.unsent.remove_prefix(n);
    if (call.unsent.empty()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }
};

GrpcSession::GrpcSession(const Endpoint& endpoint, size_t max_message_bytes)
    : authority_(endpoint.host_header), tls_(endpoint.tls), max_message_bytes_(max_message_bytes) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  const int made = nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  SLIPWAY_CHECK(made == 0, "there is memory for a session");
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(kStreamWindow)}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

GrpcSession::~GrpcSession() { nghttp2_session_del(session_); }

Status GrpcSession::Begin(uint64_t number, std::string_view path, std::string_view framed) {
  auto call = std::make_unique<Call>();
  call->number = number;
  call->unsent = framed;
  const nghttp2_nv head[] = {
      Field(":method", "POST"),      Field(":scheme", tls_ ? "https" : "http"),
      Field(":path", path),          Field(":authority", authority_),
      Field("te", "trailers"),       Field("content-type", "application/grpc"),
      Field("user-agent", "slipway")};
  const nghttp2_data_provider body{.source = {.ptr = call.get()}, .read_callback = Callbacks::Read};
  const int32_t stream =
      nghttp2_submit_request(session_, nullptr, head, std::size(head), &body, call.get());
  if (stream < 0) return Broken("a call cannot begin", stream);
  calls_.emplace(stream, std::move(call));
  return OkStatus();
}

void GrpcSession::Cancel(uint64_t number) {
  for (const auto& [stream, call] : calls_) {
    if (call->number != number || call->cancelled) continue;
    call->cancelled = true;
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    return;
  }
}

StatusOr<std::string_view> GrpcSession::Output() {
  if (sent_ == output_.size()) {
    output_.clear();
    sent_ = 0;
    while (output_.size() < kOutputChunk) {
      const uint8_t* bytes = nullptr;
      const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
      if (n < 0) return Broken("HTTP/2", static_cast<int>(n));
      if (n == 0) break;
      output_.append(View(bytes, static_cast<size_t>(n)));
    }
    // A breach of the rules has been answered with GOAWAY; when that is out nothing is read any
    // more.
    if (output_.empty() && nghttp2_session_want_read(session_) == 0 && !goodbye_)
      return Error(Reason::kIo, "the server's answer breaks the rules of HTTP/2");
  }
  return std::string_view(output_).substr(sent_);
}

Status GrpcSession::Receive(std::string_view bytes) {
  if (!std::exchange(received_, true) && bytes.starts_with("HTTP/1"))
    return Error(Reason::kIo, "the server speaks HTTP/1.1 only; gRPC needs HTTP/2");
  const ssize_t n = nghttp2_session_mem_recv(
      session_, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  return n < 0 ? Broken("HTTP/2", static_cast<int>(n)) : OkStatus();
}

void GrpcSession::End(int32_t stream, uint32_t error) {
  const auto found = calls_.find(stream);
  if (found == calls_.end()) return;
  const std::unique_ptr<Call> call = std::move(found->second);
  calls_.erase(found);
  if (call->cancelled) return;
  GrpcAnswer answer{
      .call = call->number, .code = call->code.value_or(kUnknown), .status = {}, .message = {}};
  // A server may answer in full and then reset what it has not read of the request.
  const bool whole = call->code || error == NGHTTP2_NO_ERROR || call->too_large;
  answer.status =
      whole ? call->Judge(answer.message)
            : Error(Reason::kIo, "the server reset the call: {}", nghttp2_http2_strerror(error));
  if (!answer.status.ok() && answer.code == 0) answer.code = kUnknown;
  answers_.push_back(std::move(answer));
}

std::string Frame(std::string_view message) {
  const auto prefix = grpc::WritePrefix(false, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()).append(message);
}

}  // namespace slipway::client
