// Clients that cost work and bring nothing: their connections end.
#include <sys/socket.h>

#include "transport/http2/testing/http2_test.h"

namespace slipway::http2 {
namespace {

TEST_F(Http2Test, RapidResetsEndTheConnection) {
  Start();
  Http2Client client(address());
  for (int i = 0; i < 100'000 && !client.goaway(); ++i) {
    client.Reset(client.Open("POST", "/defer", {}, "x"));
    if (i % 100 == 0 && !client.PumpUntil([] { return true; })) break;
    if (i % 100 == 99 && waiting() > 0) Next()->Send();
  }
  client.ReadsEnd();
  EXPECT_EQ(client.goaway(), static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
  EXPECT_LE(server_.executed(), 2'500);
}

TEST_F(Http2Test, FramesThatBringNothingEndTheConnection) {
  Start();
  const std::string ping("\0\0\x08\x06\0\0\0\0\0pingping", 17);
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  const std::string priority("\0\0\5\2\0\0\0\0\7\0\0\0\0\x10", 14);
  for (const std::string& frame : {ping, settings, priority}) {
    Http2Client client(address());
    std::string many;
    for (int i = 0; i < 1000; ++i) many += frame;
    bool open = true;
    for (int i = 0; i < 1000 && open; ++i) {  // a million
      open = client.SendRaw(many) && client.PumpUntil([] { return true; });
      if (client.goaway()) break;
    }
    EXPECT_TRUE(client.ReadsEnd());
  }
}

TEST_F(Http2Test, NormalPingsAreAnsweredForEver) {
  Start();
  Http2Client client(address());
  for (int i = 0; i < 3'000; ++i) {
    client.Ping();
    ASSERT_EQ(client.Finish(client.Open("GET", "/hello")).status(), 200);
  }
  EXPECT_FALSE(client.goaway());
}

TEST_F(Http2Test, CancelledRequestsEarnNothing) {
  Start();
  Http2Client client(address());
  for (int i = 0; i < 20'000 && !client.goaway(); ++i) {
    // Open at the time of the reset: nothing of it was answered.
    client.Reset(client.Open("POST", "/echo", {}, "x", /*ends=*/false));
    if (i % 100 == 99 && !client.PumpUntil([] { return true; })) break;
  }
  client.ReadsEnd();
  EXPECT_EQ(client.goaway(), static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
}

TEST_F(Http2Test, UpdatesOfAWindowThatIsNotUsedEndTheConnection) {
  Start();
  Http2Client client(address());
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += std::string("\0\0\4\x08\0\0\0\0\0\0\0\0\1", 13);
  client.SendRaw(many);
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_EQ(client.goaway(), static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
}

TEST_F(Http2Test, StreamsBeyondTheirNumberEndTheConnection) {
  Start();
  auto raw = server_.Connect();
  std::string many = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string("\0\0\0\4\0\0\0\0\0", 9);
  for (uint32_t i = 0; i < 5'000; ++i) {
    const uint32_t id = 2 * i + 1;
    many += std::string("\0\0\4\1\4", 5);
    for (const int shift : {24, 16, 8, 0}) many += static_cast<char>(id >> shift);
    many += "\x83\x86\x84\x41";  // POST, http, /, and an :authority
    many.back() = '\x81';        // :authority, empty
  }
  raw.Send(many);
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ASSERT_EQ(::setsockopt(raw.fd(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
  std::string received(1u << 20, '\0');
  size_t size = 0;
  for (ssize_t n; (n = ::recv(raw.fd(), received.data() + size, received.size() - size, 0)) > 0;)
    size += static_cast<size_t>(n);
  received.resize(size);
  const size_t goaway = received.rfind(std::string("\0\0\x08\x07\0\0\0\0\0", 9));
  ASSERT_NE(goaway, std::string::npos);
  EXPECT_EQ(received.substr(goaway + 13, 4),
            std::string({0, 0, 0, static_cast<char>(NGHTTP2_ENHANCE_YOUR_CALM)}));
}

// The server resets them, so that no frame of the client's says it (the attack "MadeYouReset").
TEST_F(Http2Test, BodiesPastTheirContentLengthEndTheConnection) {
  Start();
  Http2Client client(address());
  for (int i = 0; i < 20'000 && !client.goaway(); ++i) {
    client.Open("POST", "/echo", {{"content-length", "1"}}, "xx", /*ends=*/false);
    if (i % 100 == 99 && !client.PumpUntil([] { return true; })) break;
  }
  client.ReadsEnd();
  EXPECT_EQ(client.goaway(), static_cast<uint32_t>(NGHTTP2_ENHANCE_YOUR_CALM));
  EXPECT_EQ(server_.executed(), 0);
}

}  // namespace
}  // namespace slipway::http2
