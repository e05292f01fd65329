// HTTP/2 and gRPC: whatever a client sends, its connection ends when the client does, and nothing
// of it stays. Messages of gRPC: however the bytes are cut, they are the same.
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "transport/grpc/message_reader.h"
#include "transport/grpc/streaming.h"
#include "transport/grpc/unary.h"
#include "transport/http/loop.h"
#include "transport/http2/connection.h"

namespace {

using namespace slipway;

/// Says every message back and reads on only when asked again.
class EchoReader final : public http::StreamReader {
 public:
  explicit EchoReader(std::shared_ptr<http::StreamWriter> writer) : writer_(std::move(writer)) {}
  bool OnMessage(std::shared_ptr<const std::string> message) override {
    writer_->ReadMore();
    writer_->Write({.body = *message, .parts = {}});
    return false;
  }
  void OnHalfClose() override { writer_->Finish(OkStatus()); }
  void OnEnd() override {}
  bool Idle() const override { return true; }

 private:
  const std::shared_ptr<http::StreamWriter> writer_;
};

void Echo(http::Exchange& exchange) {
  exchange.response().body = std::string(exchange.request().body_text());
  exchange.Send();
}

/// One loop, and connections over pairs of sockets.
class Host {
 public:
  Host() {
    http::ServerOptions options;
    options.limits.max_body_bytes = 64u << 10;
    options.limits.max_buffered_bytes = 1u << 20;
    shared_ = std::make_shared<http::Shared>(options, http::NetworkSet());
    loop_ = std::make_shared<http::Loop>(shared_, 0);
    SLIPWAY_CHECK(loop_->Open().ok(), "descriptors for a loop");
    loop_->Start();
    const auto endpoint = http::Endpoint::Parse("unix:fuzz");
    SLIPWAY_CHECK(endpoint.ok(), "an address");
    policy_ = std::make_shared<const http::ListenerPolicy>(
        http::ListenerPolicy{http::kAllAccess, endpoint->is_unix(), nullptr,
                             http::HostCheck(*endpoint, {}, {}), Routes()});
  }
  ~Host() { loop_->Stop(); }

  void Take(std::string_view bytes, size_t first) {
    int pair[2];
    SLIPWAY_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) == 0,
                  "a socket pair");
    sockaddr_storage peer{};
    peer.ss_family = AF_UNIX;
    loop_->Adopt(pair[1], peer, policy_);
    Send(pair[0], bytes.substr(0, first));
    Send(pair[0], bytes.substr(first));
    ReadsEnd(pair[0], /*quiet_ms=*/1);  // let it answer
    ::shutdown(pair[0], SHUT_WR);
    SLIPWAY_CHECK(ReadsEnd(pair[0]), "a connection ends with its client");
    ::close(pair[0]);
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (loop_->connections() > 0)
      SLIPWAY_CHECK(std::chrono::steady_clock::now() < deadline, "a connection is let go");
    SLIPWAY_CHECK(shared_->options.budget->used() == 0, "a connection holds no memory at its end");
  }

 private:
  std::shared_ptr<http::Router> Routes() {
    auto router = std::make_shared<http::Router>();
    const auto add = [&](http::Method method, std::string path, http::Handler handler) {
      router->Add(
          {method, std::move(path), http::Access::kInference, std::move(handler), "A test."});
    };
    add(http::Method::kGet, "/hello", [](http::Exchange& exchange) {
      exchange.response().body.assign(100'000, 'x');
      exchange.Send();
    });
    add(http::Method::kPost, "/echo", Echo);
    add(http::Method::kPost, "/defer", [this](http::Exchange& exchange) {
      loop_->Post([late = exchange.Defer()] { late->Send(); });
    });
    add(http::Method::kPost, "/drop",
        [this](http::Exchange& exchange) { loop_->Post([late = exchange.Defer()] {}); });
    grpc::AddUnary(*router, "/test.Echo/Unary", http::Access::kInference, Echo, "Echo.");
    grpc::AddStreaming(
        *router, "/test.Echo/Stream", http::Access::kInference,
        [](http::Exchange&, std::shared_ptr<http::StreamWriter> writer) {
          return std::make_unique<EchoReader>(std::move(writer));
        },
        "Echoes.");
    return router;
  }

  // Reads as well, so that neither side waits for the other for ever.
  static void Send(int fd, std::string_view bytes) {
    char answer[4096];
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno != EAGAIN) return;
      if (n > 0) bytes.remove_prefix(static_cast<size_t>(n));
      if (::recv(fd, answer, sizeof(answer), 0) == 0) return;
    }
  }

  // False when nothing comes for that long.
  static bool ReadsEnd(int fd, int quiet_ms = 5000) {
    char answer[4096];
    while (true) {
      pollfd wait{fd, POLLIN, 0};
      if (::poll(&wait, 1, quiet_ms) <= 0) return false;
      if (::recv(fd, answer, sizeof(answer), 0) <= 0) return true;
    }
  }

  std::shared_ptr<http::Shared> shared_;
  std::shared_ptr<http::Loop> loop_;
  std::shared_ptr<const http::ListenerPolicy> policy_;
};

struct Cut {
  std::vector<std::string> messages;
  std::string error;
  bool at_boundary = false;
};

// Read in pieces of `piece` bytes.
Cut ReadInPieces(std::string_view in, size_t piece) {
  const auto budget = std::make_shared<http::Budget>();
  http::BlockPool pool;
  Cut out;
  {
    grpc::MessageReader reader(
        budget, pool,
        {.max_message_bytes = 4096, .max_buffered_bytes = 1u << 20, .encoding = "gzip"});
    while (!in.empty() && out.error.empty()) {
      std::string_view now = in.substr(0, piece);
      in.remove_prefix(now.size());
      while (!now.empty() && out.error.empty()) {
        const auto message = reader.Next(now);
        if (!message.ok())
          out.error = MessageOf(message.status());
        else if (*message != nullptr)
          out.messages.push_back(**message);
      }
    }
    out.at_boundary = reader.at_boundary();
  }
  SLIPWAY_CHECK(budget->used() == 0, "messages hold no memory when they are let go");
  return out;
}

void CheckMessages(std::string_view in, size_t piece) {
  const Cut whole = ReadInPieces(in, std::max<size_t>(in.size(), 1));
  const Cut cut = ReadInPieces(in, piece);
  SLIPWAY_CHECK(whole.messages == cut.messages && whole.error == cut.error &&
                    whole.at_boundary == cut.at_boundary,
                "messages do not depend on how their bytes came");
}

}  // namespace

/// The first byte chooses what is read and where it is cut.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string_view in(reinterpret_cast<const char*>(data + 1), size - 1);
  if (data[0] & 1) {
    CheckMessages(in, 1 + data[0] / 2);
    return 0;
  }
  static Host host;
  constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
  const std::string hello = std::string(http2::kPreface).append(kSettings);
  host.Take(hello + std::string(in), hello.size() + data[0] * in.size() / 256);
  return 0;
}
