#include "transport/http2/testing/http2_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>

#include "base/check.h"
#include "transport/grpc/framing.h"

namespace slipway::http2 {
namespace {

nghttp2_nv Field(const std::string& name, const std::string& value) {
  const auto bytes = [](const std::string& text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

std::string Framed(std::string_view message, bool compressed) {
  const auto prefix = grpc::WritePrefix(compressed, static_cast<uint32_t>(message.size()));
  return std::string(prefix.data(), prefix.size()).append(message);
}

std::string Answer::field(std::string_view name) const {
  for (const Fields& fields : {head, trailers})
    for (const auto& [key, value] : fields)
      if (key == name) return value;
  return "";
}

std::vector<std::string> Answer::messages() const {
  std::vector<std::string> out;
  std::string_view rest = body;
  while (rest.size() >= grpc::kPrefixBytes) {
    const auto prefix = grpc::ReadPrefix(std::as_bytes(std::span(rest)), rest.size());
    if (!prefix.ok()) break;
    out.emplace_back(rest.substr(grpc::kPrefixBytes, prefix->size));
    rest.remove_prefix(grpc::kPrefixBytes + prefix->size);
  }
  return out;
}

struct Http2Client::Callbacks {
  static int OnHeader(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
    Answer& answer = static_cast<Http2Client*>(user)->answers_[frame->hd.stream_id];
    Fields& fields = frame->headers.cat == NGHTTP2_HCAT_RESPONSE ? answer.head : answer.trailers;
    fields.emplace_back(std::string(reinterpret_cast<const char*>(name), name_size),
                        std::string(reinterpret_cast<const char*>(value), value_size));
    return 0;
  }
  static int OnData(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
    static_cast<Http2Client*>(user)->answers_[id].body.append(reinterpret_cast<const char*>(data),
                                                              size);
    return 0;
  }
  static int OnClose(nghttp2_session*, int32_t id, uint32_t error, void* user) {
    static_cast<Http2Client*>(user)->answers_[id].closed = error;
    return 0;
  }
  static int OnFrame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    auto& self = *static_cast<Http2Client*>(user);
    if (frame->hd.type == NGHTTP2_GOAWAY) self.goaway_ = frame->goaway.error_code;
    if (frame->hd.type == NGHTTP2_DATA)
      self.longest_data_ = std::max(self.longest_data_, frame->hd.length);
    return 0;
  }
  static ssize_t Read(nghttp2_session*, int32_t id, uint8_t* out, size_t room, uint32_t* flags,
                      nghttp2_data_source*, void* user) {
    Upload& upload = static_cast<Http2Client*>(user)->uploads_[id];
    const std::string_view rest = std::string_view(upload.data).substr(upload.sent);
    const size_t n = std::min(room, rest.size());
    std::copy_n(rest.begin(), n, out);
    upload.sent += n;
    if (n == rest.size() && upload.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return n > 0 || upload.ends ? static_cast<ssize_t>(n) : ssize_t{NGHTTP2_ERR_DEFERRED};
  }
};

Http2Client::Http2Client(const std::string& address, int32_t window, uint32_t max_frame)
    : socket_(address) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::OnHeader);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::OnData);
  nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::OnClose);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::OnFrame);
  const int made = nghttp2_session_client_new(&session_, callbacks, this);
  nghttp2_session_callbacks_del(callbacks);
  SLIPWAY_CHECK(made == 0, "memory for a client");
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, static_cast<uint32_t>(window)},
      {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, max_frame}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, window);
}

Http2Client::~Http2Client() { nghttp2_session_del(session_); }

int32_t Http2Client::Open(std::string_view method, std::string_view path, const Fields& fields,
                          std::string body, bool ends) {
  Fields all = {{":method", std::string(method)},
                {":scheme", "http"},
                {":authority", "localhost"},
                {":path", std::string(path)}};
  all.insert(all.end(), fields.begin(), fields.end());
  std::vector<nghttp2_nv> list;
  for (const auto& [name, value] : all) list.push_back(Field(name, value));
  const nghttp2_data_provider provider{.source = {}, .read_callback = Callbacks::Read};
  const bool has_body = !body.empty() || !ends;
  const int32_t id = nghttp2_submit_request(session_, nullptr, list.data(), list.size(),
                                            has_body ? &provider : nullptr, nullptr);
  answers_[id] = {};
  uploads_[id] = {.data = std::move(body), .ends = ends};
  Flush();
  return id;
}

int32_t Http2Client::Call(std::string_view path, const std::optional<std::string>& message,
                          bool ends, const Fields& fields) {
  Fields all = {{"content-type", "application/grpc"}, {"te", "trailers"}};
  all.insert(all.end(), fields.begin(), fields.end());
  return Open("POST", path, all, message ? Framed(*message) : "", ends);
}

void Http2Client::Send(int32_t stream, std::string body, bool ends) {
  uploads_[stream].data += body;
  uploads_[stream].ends = ends;
  nghttp2_session_resume_data(session_, stream);
  Flush();
}

void Http2Client::Reset(int32_t stream, uint32_t code) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, code);
  Flush();
}

void Http2Client::Ping() {
  nghttp2_submit_ping(session_, NGHTTP2_FLAG_NONE, nullptr);
  Flush();
}

bool Http2Client::SendRaw(std::string_view bytes) { return Flush() && socket_.Send(bytes); }

bool Http2Client::Flush() {
  while (true) {
    const uint8_t* bytes = nullptr;
    const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
    if (n <= 0) return n == 0;
    if (!socket_.Send({reinterpret_cast<const char*>(bytes), static_cast<size_t>(n)})) return false;
  }
}

bool Http2Client::ReadOnce(int timeout_ms) {
  pollfd wait{socket_.fd(), POLLIN, 0};
  if (::poll(&wait, 1, timeout_ms) <= 0) return true;
  uint8_t buffer[16 << 10];
  const ssize_t n = ::recv(socket_.fd(), buffer, sizeof(buffer), 0);
  ended_ = n <= 0 || nghttp2_session_mem_recv(session_, buffer, static_cast<size_t>(n)) < 0;
  return !ended_ && Flush();
}

bool Http2Client::PumpUntil(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + http::RawClient::kTimeout;
  Flush();
  while (!condition()) {
    if (ended_ || std::chrono::steady_clock::now() > deadline) return false;
    ReadOnce(50);
  }
  return true;
}

const Answer& Http2Client::Finish(int32_t stream) {
  PumpUntil([&] { return answers_[stream].closed.has_value(); });
  return answers_[stream];
}

bool Http2Client::ReadsEnd() {
  return PumpUntil([&] { return ended_; });
}

}  // namespace slipway::http2
