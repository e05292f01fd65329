// Closed-loop load of unary gRPC calls over HTTP/2; `spin` and `sleep` as load has them.
//
//   grpc_load spin|sleep PORT SECONDS CONNECTIONS STREAMS PATH MESSAGE…
//
// A server of static files serves as well. Each connection keeps STREAMS calls of PATH open; the
// messages (files, without gRPC's prefix) take turns. Every answer has to be what that message got
// first. Prints JSON as load does.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(std::string_view what) {
  std::fprintf(stderr, "grpc_load: %.*s\n", static_cast<int>(what.size()), what.data());
  std::exit(1);
}

template <typename T>
T Parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) Fail("expected a number");
  return value;
}

std::string Framed(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read a message");
  const std::string message{std::istreambuf_iterator<char>(file), {}};
  const auto size = static_cast<uint32_t>(message.size());
  return std::string{'\0', static_cast<char>(size >> 24), static_cast<char>(size >> 16),
                     static_cast<char>(size >> 8), static_cast<char>(size)} +
         message;
}

nghttp2_nv Field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<uint8_t*>(reinterpret_cast<const uint8_t*>(text.data()));
  };
  return {bytes(name), bytes(value), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

struct Message {
  std::string wire;
  std::string answer;  // the first one
};

struct Results {
  std::vector<float> latencies_us;
  size_t errors = 0;
  Clock::time_point last;
};

class Connection {
 public:
  Connection(uint16_t port, std::string path, std::vector<Message>& messages, Results& results)
      : path_(std::move(path)), messages_(messages), results_(results) {
    fd_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
      Fail("cannot connect");
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, OnHeader);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, OnData);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, OnClose);
    if (nghttp2_session_client_new(&session_, callbacks, this) != 0) Fail("no memory");
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, 16 << 20);
  }

  int fd() const { return fd_; }

  void Call() {
    auto call = std::make_unique<Pending>();
    call->message = &messages_[next_++ % messages_.size()];
    call->begun = Clock::now();
    const nghttp2_nv head[] = {
        Field(":method", "POST"),        Field(":scheme", "http"),
        Field(":path", path_),           Field(":authority", "localhost"),
        Field("te", "trailers"),         Field("content-type", "application/grpc"),
        Field("user-agent", "grpc_load")};
    const nghttp2_data_provider body{.source = {.ptr = call.get()}, .read_callback = Read};
    if (nghttp2_submit_request(session_, nullptr, head, std::size(head), &body, call.get()) < 0)
      Fail("cannot open a stream");
    call.release();
  }

  void Flush() {
    std::string out;
    while (true) {
      const uint8_t* bytes = nullptr;
      const ssize_t n = nghttp2_session_mem_send(session_, &bytes);
      if (n < 0) Fail("HTTP/2 error");
      if (n == 0) break;
      out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(n));
    }
    for (size_t sent = 0; sent < out.size();) {
      const ssize_t n = send(fd_, out.data() + sent, out.size() - sent, MSG_NOSIGNAL);
      if (n < 0) Fail("the server closed a connection");
      sent += static_cast<size_t>(n);
    }
  }

  void Receive() {
    uint8_t buffer[64 << 10];
    const ssize_t n = recv(fd_, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (n < 0) return;
    if (n == 0 || nghttp2_session_mem_recv(session_, buffer, static_cast<size_t>(n)) < 0)
      Fail("the server closed a connection");
    for (; ended_ > 0; --ended_) Call();
    Flush();
  }

 private:
  struct Pending {
    Message* message = nullptr;
    size_t sent = 0;
    Clock::time_point begun;
    std::string answer;
    bool ok = false;
  };

  static ssize_t Read(nghttp2_session*, int32_t, uint8_t* out, size_t room, uint32_t* flags,
                      nghttp2_data_source* source, void*) {
    auto& call = *static_cast<Pending*>(source->ptr);
    const std::string& wire = call.message->wire;
    const size_t n = std::min(room, wire.size() - call.sent);
    std::memcpy(out, wire.data() + call.sent, n);
    call.sent += n;
    if (call.sent == wire.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(n);
  }
  static Pending& Of(nghttp2_session* session, int32_t id) {
    return *static_cast<Pending*>(nghttp2_session_get_stream_user_data(session, id));
  }
  static int OnHeader(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
    const auto view = [](const uint8_t* text, size_t size) {
      return std::string_view(reinterpret_cast<const char*>(text), size);
    };
    Pending& call = Of(session, frame->hd.stream_id);
    if (view(name, name_size) == ":status") call.ok = view(value, value_size) == "200";
    if (view(name, name_size) == "grpc-status") call.ok = view(value, value_size) == "0";
    return 0;
  }
  static int OnData(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void*) {
    Of(session, id).answer.append(reinterpret_cast<const char*>(data), size);
    return 0;
  }
  static int OnClose(nghttp2_session* session, int32_t id, uint32_t, void* user) {
    auto& self = *static_cast<Connection*>(user);
    const std::unique_ptr<Pending> call(&Of(session, id));
    self.results_.last = Clock::now();
    self.results_.latencies_us.push_back(
        std::chrono::duration<float, std::micro>(self.results_.last - call->begun).count());
    std::string& expected = call->message->answer;
    if (expected.empty()) expected = call->answer;
    self.results_.errors += !call->ok || call->answer != expected;
    ++self.ended_;
    return 0;
  }

  const std::string path_;
  std::vector<Message>& messages_;
  Results& results_;
  nghttp2_session* session_ = nullptr;
  int fd_ = -1;
  size_t next_ = 0;
  size_t ended_ = 0;
};

double Percentile(std::vector<float>& values, double share) {
  if (values.empty()) return 0;
  const auto at =
      values.begin() + static_cast<ptrdiff_t>(static_cast<double>(values.size() - 1) * share);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 8) Fail("expected spin|sleep PORT SECONDS CONNECTIONS STREAMS PATH MESSAGE…");
  std::vector<Message> messages;
  const int wait_ms = std::string_view(argv[1]) == "sleep" ? 100 : 0;
  for (int i = 7; i < argc; ++i) messages.push_back({Framed(argv[i]), ""});
  Results results;
  std::vector<std::unique_ptr<Connection>> connections;
  const int epoll = epoll_create1(0);
  const auto begun = Clock::now();
  for (size_t i = 0; i < Parse<size_t>(argv[4]); ++i) {
    auto& connection = *connections.emplace_back(
        std::make_unique<Connection>(Parse<uint16_t>(argv[2]), argv[6], messages, results));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &connection;
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd(), &event) != 0) Fail("epoll_ctl");
    for (size_t stream = 0; stream < Parse<size_t>(argv[5]); ++stream) connection.Call();
    connection.Flush();
  }
  const auto end = begun + std::chrono::duration<double>(Parse<double>(argv[3]));
  while (Clock::now() < end) {
    epoll_event events[64];
    const int ready = epoll_wait(epoll, events, std::size(events), wait_ms);
    for (int i = 0; i < ready; ++i) static_cast<Connection*>(events[i].data.ptr)->Receive();
  }
  std::printf(
      "{\"requests\": %zu, \"seconds\": %.6f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"errors\": "
      "%zu}\n",
      results.latencies_us.size(), std::chrono::duration<double>(results.last - begun).count(),
      Percentile(results.latencies_us, 0.5), Percentile(results.latencies_us, 0.99),
      results.errors);
  return 0;
}
