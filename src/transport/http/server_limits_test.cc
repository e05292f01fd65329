// What hostile, broken and slow clients meet.
#include <sys/socket.h>

#include <dirent.h>
#include <zlib.h>

#include <cstdlib>
#include <thread>

#include "transport/http/testing/test_server.h"

namespace slipway::http {
namespace {

using std::chrono::milliseconds;

bool AtReleaseScale() {
  const char* scale = std::getenv("SLIPWAY_TEST_SCALE");
  return scale != nullptr && std::string_view(scale) == "release";
}

size_t OpenDescriptors() {
  DIR* const folder = ::opendir("/proc/self/fd");
  size_t count = 0;
  while (::readdir(folder) != nullptr) ++count;
  ::closedir(folder);
  return count;
}

std::string Gzip(std::string_view in) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string out(deflateBound(&stream, in.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

// After each test the server still answers at once, and closes what it opened.
class ServerLimitsTest : public testing::Test {
 protected:
  void SetUp() override { descriptors_ = OpenDescriptors(); }

  void TearDown() override {
    EXPECT_EQ(server_.Connect().Roundtrip(RequestText("POST /echo", "", "known good"))->body,
              "known good");
    EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
    server_.Stop();
    EXPECT_EQ(OpenDescriptors(), descriptors_);
  }

  // The status of the refusal that `bytes` meet; 0 when there is none. The connection must close.
  int Refusal(std::string_view bytes) {
    RawClient client = server_.Connect();
    client.Send(bytes);
    const auto response = client.Read();
    if (!response) return 0;
    EXPECT_EQ(response->header("Connection"), "close");
    EXPECT_TRUE(response->body.starts_with("{\"error\":\"")) << response->body;
    EXPECT_LE(response->body.size(), 1024u);
    EXPECT_FALSE(client.Read());
    return response->status;
  }

  size_t descriptors_ = 0;
  TestServer server_;
};

TEST_F(ServerLimitsTest, AmbiguousFramingIsRefusedAndTheNextRequestNeverRuns) {
  server_.Start();
  const std::string smuggled = RequestText("POST /echo", "", "smuggled");
  for (const std::string_view headers :
       {"Transfer-Encoding: chunked\r\nContent-Length: 3", "Content-Length: 3\r\nContent-Length: 4",
        "Content-Length: 1000,1000", "Content-Length: +5", "Content-Length: 0x5",
        "Content-Length: 18446744073709551616", "Transfer-Encoding: xchunked", "Name : value",
        "A: b\r\n folded", "A: \x01", "A: b\nB: c", "Host: second"}) {
    const std::string first =
        fmt::format("POST /echo HTTP/1.1\r\nHost: localhost\r\n{}\r\n\r\n", headers);
    EXPECT_EQ(Refusal(first + "0\r\n\r\n" + smuggled), 400) << headers;
  }
  EXPECT_EQ(Refusal("GET /hello HTTP/1.1\r\n\r\n" + smuggled), 400);
  EXPECT_EQ(Refusal("GET /hello HTTP/9.9\r\nHost: localhost\r\n\r\n" + smuggled), 400);
  EXPECT_EQ(Refusal("GET /hello HTTP/1.1\nHost: localhost\n\n" + smuggled), 400);
  EXPECT_EQ(
      Refusal(RequestText("POST /echo", "Transfer-Encoding: chunked\r\n") + "zz\r\n" + smuggled),
      400);
  EXPECT_EQ(server_.executed(), 0);
}

TEST_F(ServerLimitsTest, OversizedHeadsAreRefused) {
  server_.limits().header_timeout = milliseconds(300);  // bounds the lingering, too
  server_.Start();
  const std::string megabyte(1 << 20, 'a');
  std::string many;
  for (int i = 0; i < 20'000; ++i) many += "A: b\r\n";
  EXPECT_EQ(Refusal("GET /hello HTTP/1.1\r\nHost: localhost\r\nA: " + megabyte + "\r\n\r\n"), 431);
  EXPECT_EQ(Refusal("GET /hello HTTP/1.1\r\n" + many + "\r\n"), 431);
  EXPECT_EQ(Refusal("GET /" + megabyte + " HTTP/1.1\r\nHost: localhost\r\n\r\n"), 414);
  EXPECT_EQ(server_.executed(), 0);
}

TEST_F(ServerLimitsTest, ABodyOverTheLimitIsRefusedUnread) {
  server_.limits().max_body_bytes = 64u << 20;
  server_.limits().header_timeout = milliseconds(300);  // bounds the lingering, too
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /echo", "Content-Length: 67108865\r\n")));
  const std::string piece(256 << 10, 'x');
  std::thread sender([&] {
    for (int i = 0; i < 64 && client.Send(piece); ++i) {
    }
  });
  const auto response = client.Read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 413);
  sender.join();
  EXPECT_LE(server_.server().stats().bytes_received, 1u << 20);
}

TEST_F(ServerLimitsTest, AChunkedBodyOverTheLimitIsRefusedOnceItIs) {
  server_.limits().max_body_bytes = 100'000;
  server_.Start();
  std::string text = RequestText("POST /size", "Transfer-Encoding: chunked\r\n");
  for (int i = 0; i < 101; ++i) text += "3e8\r\n" + std::string(1000, 'x') + "\r\n";
  EXPECT_EQ(Refusal(text + "0\r\n\r\n"), 413);
}

TEST_F(ServerLimitsTest, ChunksWithMoreFramingThanDataAreRefused) {
  server_.limits().header_timeout = milliseconds(300);  // bounds the lingering, too
  server_.Start();
  const std::string head = RequestText("POST /size", "Transfer-Encoding: chunked\r\n");
  std::string ones;
  for (int i = 0; i < 1'000'000; ++i) ones += "1\r\nx\r\n";
  EXPECT_EQ(Refusal(head + ones + "0\r\n\r\n"), 400);
  EXPECT_EQ(Refusal(head + "1;" + std::string(70'000, 'e') + "\r\nx\r\n0\r\n\r\n"), 400);
  EXPECT_LT(server_.server().stats().bytes_received, 2u << 20);
}

TEST_F(ServerLimitsTest, A64MiBUploadInSmallChunksWorks) {
  server_.Start();
  const size_t total = AtReleaseScale() ? 64u << 20 : 8u << 20;
  std::string piece;
  for (int i = 0; i < 128; ++i) piece += "200\r\n" + std::string(512, 'x') + "\r\n";
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /size", "Transfer-Encoding: chunked\r\n")));
  for (size_t sent = 0; sent < total; sent += 65536) ASSERT_TRUE(client.Send(piece));
  const auto response = client.Roundtrip("0\r\n\r\n");
  ASSERT_TRUE(response);
  EXPECT_EQ(response->body, std::to_string(total));
}

TEST_F(ServerLimitsTest, ADecompressionBombStopsAtTheCap) {
  server_.limits().header_timeout = milliseconds(300);  // bounds the lingering, too
  server_.limits().max_body_bytes = 4u << 20;
  server_.limits().max_buffered_bytes = 6u << 20;
  server_.Start();
  const std::string bomb = Gzip(std::string(64u << 20, '\0'));
  ASSERT_LT(bomb.size(), 100u << 10);
  for (int i = 0; i < (AtReleaseScale() ? 1000 : 20);
       ++i)  // what one leaves charged adds up to a 503
    ASSERT_EQ(Refusal(RequestText("POST /size", "Content-Encoding: gzip\r\n", bomb)), 413);
  const std::string whole = Gzip(std::string(100'000, 'x'));
  const std::string_view cut = std::string_view(whole).substr(0, whole.size() - 4);
  EXPECT_EQ(Refusal(RequestText("POST /size", "Content-Encoding: gzip\r\n", cut)), 400);
  EXPECT_EQ(Refusal(RequestText("POST /size", "Content-Encoding: gzip\r\n", whole + "x")), 400);
  EXPECT_EQ(server_.executed(), 0);
}

TEST_F(ServerLimitsTest, BodiesTogetherStayWithinTheBudget) {
  server_.limits().max_buffered_bytes = 3u << 20;
  server_.limits().header_timeout = milliseconds(2000);
  server_.Start();
  const std::string half(1 << 20, 'x');
  RawClient first = server_.Connect(), second = server_.Connect();
  const std::string head = RequestText("POST /size", "Content-Length: 2097152\r\n");
  ASSERT_TRUE(first.Send(head + half));
  ASSERT_TRUE(Eventually([&] { return server_.server().stats().bytes_received > half.size(); }));
  ASSERT_TRUE(second.Send(head + half));
  const auto refused = second.Read();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 503);
  EXPECT_EQ(refused->header("Retry-After"), "1");
  EXPECT_EQ(first.Roundtrip(half)->body, "2097152");
}

TEST_F(ServerLimitsTest, PartialHeadsWaitAndThenAreClosed) {
  server_.limits().header_timeout = milliseconds(200);
  server_.Start();
  const std::string text = RequestText("POST /echo", "A: b\r\n", "hello");
  const size_t head = text.size() - 5;
  std::vector<RawClient> clients;
  const auto begun = std::chrono::steady_clock::now();
  for (size_t i = 1; i <= 15; ++i) {
    clients.push_back(server_.Connect());
    ASSERT_TRUE(clients.back().Send(std::string_view(text).substr(0, i * (head - 1) / 15)));
  }
  for (RawClient& client : clients) {
    const auto response = client.Read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
    EXPECT_TRUE(client.ReadsEnd());
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begun, milliseconds(190));
}

TEST_F(ServerLimitsTest, IdleConnectionsAreClosedWithoutAWord) {
  server_.limits().idle_timeout = milliseconds(150);
  server_.Start();
  RawClient fresh = server_.Connect(), used = server_.Connect();
  EXPECT_EQ(used.Roundtrip(RequestText("GET /hello"))->status, 200);
  EXPECT_TRUE(fresh.ReadsEnd());
  EXPECT_TRUE(used.ReadsEnd());
}

TEST_F(ServerLimitsTest, ASlowBodyIsRefused) {
  server_.limits().header_timeout = milliseconds(200);
  server_.limits().min_body_bytes_per_s = 10'000;
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /echo", "Content-Length: 100000\r\n")));
  ASSERT_TRUE(client.Send(std::string(50'000, 'x')));  // a fast start does not buy a stall
  const auto response = client.Read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 408);
}

constexpr size_t kHuge = 32u << 20;  // more than the kernel's buffers take

class SlowReaderTest : public ServerLimitsTest {
 protected:
  SlowReaderTest() {
    server_.limits().write_timeout = milliseconds(200);
    server_.Add(Method::kGet, "/huge", [](Exchange& exchange) {
      exchange.response().body.assign(kHuge, 'x');
      exchange.Send();
    });
  }

  /// Reads pieces of `piece` bytes with a pause before each, until the connection ends or all came.
  static size_t ReadSlowly(const RawClient& client, size_t piece, milliseconds pause) {
    std::string buffer(piece, '\0');
    size_t all = 0;
    while (all < kHuge) {
      std::this_thread::sleep_for(pause);
      const ssize_t n = ::recv(client.fd(), buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      all += static_cast<size_t>(n);
    }
    return all;
  }
};

TEST_F(SlowReaderTest, AClientThatDoesNotReadIsCut) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("GET /huge")));
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().requests == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
}

TEST_F(SlowReaderTest, AClientThatDoesNotReadIsCutAlsoWithoutARate) {
  server_.limits().min_body_bytes_per_s = 0;
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("GET /huge")));
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().requests == 1; }));
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
}

TEST_F(SlowReaderTest, AClientThatReadsBelowTheRateIsCut) {
  server_.limits().min_body_bytes_per_s = 100u << 20;
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("GET /huge")));
  std::jthread reader([&] { ReadSlowly(client, 4096, milliseconds(1)); });
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
}

TEST_F(SlowReaderTest, AClientThatReadsAboveTheRateGetsEverything) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("GET /huge")));
  EXPECT_GE(ReadSlowly(client, 256u << 10, milliseconds(8)), kHuge);  // for a second, five windows
}

TEST_F(ServerLimitsTest, ConnectionsOverTheLimitWaitTheirTurn) {
  server_.limits().max_connections = 2;
  server_.limits().header_timeout = milliseconds(500);  // a short sweep
  server_.Start();
  RawClient first = server_.Connect(), second = server_.Connect();
  EXPECT_EQ(first.Roundtrip(RequestText("GET /hello"))->status, 200);
  EXPECT_EQ(second.Roundtrip(RequestText("GET /hello"))->status, 200);
  RawClient third = server_.Connect();
  ASSERT_TRUE(third.Send(RequestText("GET /hello")));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_EQ(server_.server().stats().connections_accepted, 2u);
  first.Close();
  const auto response = third.Read();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 200);
}

TEST_F(ServerLimitsTest, LimitsChangeLive) {
  server_.Start();
  EXPECT_EQ(
      server_.Connect().Roundtrip(RequestText("POST /size", "", std::string(1000, 'x')))->body,
      "1000");
  Limits limits;
  limits.max_body_bytes = 100;
  server_.server().SetLimits(limits);
  EXPECT_EQ(
      server_.Connect().Roundtrip(RequestText("POST /size", "", std::string(1000, 'x')))->status,
      413);
}

// A connection remembers how it read the head before this one.
TEST_F(ServerLimitsTest, ChangedLimitsCountForTheSameHeadAgain) {
  server_.Start();
  RawClient client = server_.Connect();
  const std::string text = RequestText("GET /hello", "A: 1\r\nB: 2\r\n");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(client.Roundtrip(text)->status, 200);
  Limits limits;
  limits.max_headers = 2;
  server_.server().SetLimits(limits);
  auto response = client.Roundtrip(text);
  if (response->status == 200) response = client.Roundtrip(text);  // that head was already awaited
  EXPECT_EQ(response->status, 431);
}

// Slowloris: heads that never end must not slow down others, and go at the header timeout.
TEST_F(ServerLimitsTest, ManySlowHeadsDoNotDisturbOthers) {
  server_.limits().header_timeout = milliseconds(600);
  server_.Start();
  const size_t attackers = AtReleaseScale() ? 2000 : 200;
  std::vector<RawClient> slow;
  slow.reserve(attackers);
  for (size_t i = 0; i < attackers; ++i) {
    slow.push_back(server_.Connect());
    ASSERT_TRUE(slow.back().Send("GET /hello HTTP/1.1\r\nHost: localhost\r\nX-"));
  }
  RawClient legitimate = server_.Connect();
  for (int i = 0; i < 200; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    ASSERT_EQ(legitimate.Roundtrip(RequestText("GET /hello"))->status, 200);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(1));
    slow[static_cast<size_t>(i) % attackers].Send("a");  // trickling does not extend the time
  }
  for (RawClient& client : slow) {
    const auto response = client.Read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 408);
  }
}

}  // namespace
}  // namespace slipway::http
