// TLS without a server: certificates made in memory, a client of OpenSSL's own at the other end of
// a pair of sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "transport/tls/session.h"
#include "transport/tls/testing/made_certificate.h"

namespace slipway::tls {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

const WallTime kNow = WallTime(seconds(1'800'000'000));

Made MakeNow() { return MakeCertificate(kNow); }

std::string ProblemAt(WallTime now, const Made& made) {
  const auto context = Context::Create(made.options(), now);
  return context.ok() ? "" : std::string(MessageOf(context.status()));
}

TEST(ContextTest, ACertificateIsGoodFromItsFirstToItsLastSecond) {
  const Made made = MakeNow();
  EXPECT_EQ(ProblemAt(kNow, made), "");
  EXPECT_EQ(ProblemAt(kNow - seconds(60), made), "");
  EXPECT_EQ(ProblemAt(kNow + seconds(60), made), "");
  EXPECT_EQ(ProblemAt(kNow - seconds(61), made),
            "server.pem: certificate \"CN=test\" is not valid before 2027-01-15 07:59:00 UTC");
  EXPECT_EQ(ProblemAt(kNow + seconds(61), made),
            "server.pem: certificate \"CN=test\" expired at 2027-01-15 08:01:00 UTC");
}

TEST(ContextTest, SaysWhichFileIsWrong) {
  const Made made = MakeNow();
  EXPECT_THAT(ProblemAt(kNow, {made.certificate, MakeNow().key}),
              HasSubstr("server.key: the key does not belong to certificate \"CN=test\""));
  EXPECT_THAT(ProblemAt(kNow, {made.key, made.key}), HasSubstr("got a private key"));
  EXPECT_THAT(ProblemAt(kNow, {made.certificate, made.certificate}),
              HasSubstr("got a certificate"));
}

TEST(ContextTest, OneFileMayHoldBoth) {
  const Made made = MakeNow();
  const std::string both = made.key + made.certificate;
  EXPECT_EQ(ProblemAt(kNow, {both, both}), "");
}

TEST(ContextTest, EveryCutOfTheFilesIsRefused) {
  const Made made = MakeNow();
  const auto last_line = [](const std::string& text) { return text.rfind("-----END"); };
  for (size_t size = 0; size < last_line(made.certificate); size += 7)
    EXPECT_NE(ProblemAt(kNow, {made.certificate.substr(0, size), made.key}), "") << size;
  for (size_t size = 0; size < last_line(made.key); size += 7)
    EXPECT_NE(ProblemAt(kNow, {made.certificate, made.key.substr(0, size)}), "") << size;
}

/// A session and its client, on either end of a pair of sockets.
struct Pair {
  Pair() {
    ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends_.data());
    client_context_.reset(SSL_CTX_new(TLS_client_method()));
    client_.reset(SSL_new(client_context_.get()));
    SSL_set_fd(client_.get(), ends_[1]);
    SSL_set_connect_state(client_.get());
    SSL_set_mode(client_.get(), SSL_MODE_AUTO_RETRY);
    Accept(/*offer_http2=*/false);
  }
  ~Pair() {
    for (const int fd : ends_)
      if (fd >= 0) ::close(fd);
  }

  void Accept(bool offer_http2) {
    ContextOptions options = MakeNow().options();
    options.offer_http2 = offer_http2;
    context_ = *Context::Create(options, kNow);
    session_ = Session::Accept(*context_, ends_[0]);
  }

  Session::Progress Handshake() {
    auto progress = Session::Progress::kWaiting;
    for (int i = 0; i < 10 && progress == Session::Progress::kWaiting; ++i) {
      SSL_do_handshake(client_.get());
      progress = session_->Handshake();
    }
    return progress;
  }

  void ClientSends(std::string_view text) {
    ASSERT_EQ(SSL_write(client_.get(), text.data(), static_cast<int>(text.size())),
              static_cast<int>(text.size()));
  }
  void CloseClient() { ::close(std::exchange(ends_[1], -1)); }

  /// What has come to the client.
  std::string ClientReads() {
    std::string text;
    char some[4096];
    for (int n; (n = SSL_read(client_.get(), some, sizeof(some))) > 0;)
      text.append(some, static_cast<size_t>(n));
    return text;
  }

  std::array<int, 2> ends_{-1, -1};  // the server's, the client's
  ContextPtr client_context_;
  SslPtr client_;
  std::shared_ptr<const Context> context_;
  std::unique_ptr<Session> session_;
};

class SessionTest : public testing::Test, protected Pair {};

TEST_F(SessionTest, AShortReadHasEmptiedTheSocket) {
  ASSERT_EQ(Handshake(), Session::Progress::kDone);
  for (const char* record : {"one", "two", "three"}) ClientSends(record);
  std::array<char, 100> room;
  const auto got = session_->Receive(room);
  EXPECT_EQ(std::string_view(room.data(), got.bytes), "onetwothree");
  EXPECT_FALSE(got.more);
  EXPECT_EQ(session_->Receive(room).bytes, 0u);
}

TEST_F(SessionTest, AFullReadAsksForTheRestOfTheRecord) {
  ASSERT_EQ(Handshake(), Session::Progress::kDone);
  ClientSends("one record");
  std::array<char, 4> room;
  std::string all;
  bool more = true;
  while (more) {
    const auto got = session_->Receive(room);
    all.append(room.data(), got.bytes);
    more = got.more;
  }
  EXPECT_EQ(all, "one record");
}

TEST_F(SessionTest, TheEndIsToldAfterTheLastBytes) {
  for (const bool in_order : {true, false}) {
    SCOPED_TRACE(in_order);
    Pair fresh;
    ASSERT_EQ(fresh.Handshake(), Session::Progress::kDone);
    fresh.ClientSends("last words");
    if (in_order) SSL_shutdown(fresh.client_.get());
    fresh.CloseClient();
    std::array<char, 100> room;
    auto got = fresh.session_->Receive(room);
    EXPECT_EQ(std::string_view(room.data(), got.bytes), "last words");
    if (got.more || !in_order) got = fresh.session_->Receive(room);
    EXPECT_TRUE(got.ended);
    EXPECT_TRUE(fresh.session_->Receive(room).ended);
  }
}

TEST_F(SessionTest, ABlockedWriteGoesOnWhereItWas) {
  ASSERT_EQ(Handshake(), Session::Progress::kDone);
  std::vector<std::string> parts;
  std::string expected;
  for (const size_t size : {1u, 300u, 0u, 16384u, 5u, 400'000u, 70u, 1'000'000u}) {
    parts.emplace_back(size, static_cast<char>('a' + parts.size()));
    expected += parts.back();
  }
  std::string received;
  size_t sent_bytes = 0;
  int blocked = 0;
  while (sent_bytes < expected.size()) {
    std::vector<iovec> pieces;
    size_t skip = sent_bytes;
    for (std::string& part : parts) {
      const size_t gone = std::min(skip, part.size());
      skip -= gone;
      if (gone < part.size()) pieces.push_back({part.data() + gone, part.size() - gone});
    }
    // As of a writer that finds out later that there is more.
    if (pieces.size() > 2 && blocked % 2 == 0) pieces.resize(2);
    const auto sent = session_->Send(pieces);
    ASSERT_FALSE(sent.failed);
    sent_bytes += sent.bytes;
    if (sent.blocked) {
      EXPECT_EQ(sent.bytes, 0u);
      ++blocked;
      received += ClientReads();
    }
  }
  received += ClientReads();
  EXPECT_EQ(received, expected);
  EXPECT_GT(blocked, 1);
}

TEST_F(SessionTest, PlainHttpIsRecognisedAndNotAnswered) {
  const std::string_view request = "GET / HTTP/1.1\r\n\r\n";
  ::send(ends_[1], request.data(), request.size(), 0);
  EXPECT_EQ(session_->Handshake(), Session::Progress::kFailed);
  EXPECT_EQ(session_->failure(), Outcome::kPlainHttp);
  char byte;
  EXPECT_EQ(::recv(ends_[1], &byte, 1, 0), -1);
}

TEST_F(SessionTest, AClientThatLeavesIsNoProtocolError) {
  SSL_do_handshake(client_.get());
  CloseClient();
  EXPECT_EQ(session_->Handshake(), Session::Progress::kFailed);
  EXPECT_EQ(session_->failure(), Outcome::kClientGone);
}

TEST_F(SessionTest, AClientThatDoesNotTrustUsSaysSo) {
  SSL_set_verify(client_.get(), SSL_VERIFY_PEER, nullptr);
  EXPECT_EQ(Handshake(), Session::Progress::kFailed);
  EXPECT_EQ(session_->failure(), Outcome::kRefusedByClient);
}

TEST_F(SessionTest, Http2IsAgreedOnWhenItIsOffered) {
  constexpr std::string_view kBoth = "\x08http/1.1\x02h2";
  for (const bool offered : {true, false}) {
    Pair fresh;
    fresh.Accept(offered);
    SSL_set_alpn_protos(fresh.client_.get(), reinterpret_cast<const unsigned char*>(kBoth.data()),
                        static_cast<unsigned>(kBoth.size()));
    ASSERT_EQ(fresh.Handshake(), Session::Progress::kDone);
    EXPECT_EQ(fresh.session_->protocol(), offered ? "h2" : "http/1.1");
  }
}

TEST_F(SessionTest, KeysMayChangeOnTheWay) {
  ASSERT_EQ(Handshake(), Session::Progress::kDone);
  std::array<char, 100> room;
  for (int i = 0; i < 3; ++i) {
    SSL_key_update(client_.get(), SSL_KEY_UPDATE_REQUESTED);
    ClientSends("ping");
    const auto got = session_->Receive(room);
    EXPECT_EQ(std::string_view(room.data(), got.bytes), "ping");
    std::string pong = "pong";
    iovec piece{pong.data(), pong.size()};
    EXPECT_EQ(session_->Send({&piece, 1}).bytes, 4u);
    EXPECT_EQ(ClientReads(), "pong");
  }
}

TEST_F(SessionTest, DamageEndsIt) {
  ASSERT_EQ(Handshake(), Session::Progress::kDone);
  const std::string record("\x17\x03\x03\x00\x20", 5);
  const std::string damaged = record + std::string(32, 'x');
  ::send(ends_[1], damaged.data(), damaged.size(), 0);
  std::array<char, 100> room;
  EXPECT_TRUE(session_->Receive(room).ended);
  std::string text = "text";
  iovec piece{text.data(), text.size()};
  EXPECT_TRUE(session_->Send({&piece, 1}).failed);
}

}  // namespace
}  // namespace slipway::tls
