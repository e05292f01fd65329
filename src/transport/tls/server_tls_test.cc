// Listeners that speak TLS, on real sockets, with an OpenSSL client of their own.
#include <gtest/gtest.h>

#include <csignal>
#include <thread>

#include "transport/http/testing/test_server.h"
#include "transport/tls/testing/made_certificate.h"

namespace slipway::http {
namespace {

std::shared_ptr<const tls::Context> MakeContext() {
  const auto now = std::chrono::system_clock::now();
  return *tls::Context::Create(tls::MakeCertificate(now).options(), now);
}

class TlsServerTest : public testing::Test {
 protected:
  TlsServerTest() : contexts_(std::make_shared<Snapshot<tls::Context>>(MakeContext())) {
    server_.options().listeners.front().tls = contexts_;
    server_.options().threads = 2;
    server_.limits().header_timeout = std::chrono::milliseconds(200);
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to a client's connection that the server has closed
  }

  uint64_t Handshakes(tls::Outcome outcome) const {
    return server_.server().stats().handshakes[static_cast<size_t>(outcome)];
  }

  /// One request on a connection of its own: what came before the server closed.
  std::string Ask() const {
    const RawClient client = server_.Connect();
    const tls::ContextPtr context(SSL_CTX_new(TLS_client_method()));
    const tls::SslPtr ssl(SSL_new(context.get()));
    SSL_set_fd(ssl.get(), client.fd());
    if (SSL_connect(ssl.get()) != 1) return "no handshake";
    const std::string request = RequestText("GET /hello", "Connection: close\r\n");
    SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
    std::string answer;
    char some[1024];
    for (int n; (n = SSL_read(ssl.get(), some, sizeof(some))) > 0;)
      answer.append(some, static_cast<size_t>(n));
    return answer;
  }

  mutable TestServer server_;
  std::shared_ptr<Snapshot<tls::Context>> contexts_;
};

TEST_F(TlsServerTest, EveryClientIsServedWhileCertificatesAreReplaced) {
  server_.limits().header_timeout = std::chrono::seconds(10);  // making certificates takes its time
  server_.Start();
  constexpr int kClients = 4, kRequests = 15;
  std::atomic<int> answered{0};
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i)
      clients.emplace_back([&] {
        for (int n = 0; n < kRequests; ++n)
          if (Ask().ends_with("\r\n\r\nhello")) ++answered;
      });
    while (answered < kClients * kRequests / 2) contexts_->Replace(MakeContext());
  }
  EXPECT_EQ(answered, kClients * kRequests);
  EXPECT_EQ(Handshakes(tls::Outcome::kCompleted), static_cast<uint64_t>(kClients * kRequests));
}

TEST_F(TlsServerTest, AHandshakeThatStopsIsCutAndCounted) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send({"\x16\x03\x01", 3}));
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_EQ(Handshakes(tls::Outcome::kTimeout), 1u);
}

TEST_F(TlsServerTest, PlainHttpIsTold) {
  server_.Start();
  const auto answer = server_.Connect().Roundtrip(RequestText("GET /hello"));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 400);
  EXPECT_EQ(answer->header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(Handshakes(tls::Outcome::kPlainHttp), 1u);
}

TEST_F(TlsServerTest, HandshakesBeyondTheLimitWaitForTheirTurn) {
  server_.limits().max_handshakes = 2;
  server_.Start();
  const RawClient first = server_.Connect(), second = server_.Connect();
  EXPECT_TRUE(Ask().ends_with("hello"));
  EXPECT_GE(Handshakes(tls::Outcome::kTimeout), 1u);  // one of them had to go first
}

}  // namespace
}  // namespace slipway::http
