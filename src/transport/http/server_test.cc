// Ordinary life of a connection, on real sockets.
#include "transport/http/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "transport/http/address.h"
#include "transport/http/testing/test_server.h"

namespace slipway::http {
namespace {

class ServerTest : public testing::Test {
 protected:
  TestServer server_;
};

TEST_F(ServerTest, AnswersOnAKeptConnection) {
  server_.Start();
  RawClient client = server_.Connect();
  for (const std::string body : {"a", "bcd", "efghijkl"}) {
    const auto response = client.Roundtrip(RequestText("POST /echo", "", body));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, body);
    EXPECT_EQ(response->header("Content-Type"), "application/json");
    EXPECT_EQ(response->header("Connection"), "");
    EXPECT_EQ(response->header("X-Request-Id").size(), 24u);
    EXPECT_FALSE(response->header("Date").empty());
  }
  EXPECT_EQ(server_.server().stats().connections_accepted, 1u);
}

TEST_F(ServerTest, AListenerMayHaveRoutesOfItsOwn) {
  const auto router = std::make_shared<Router>();
  router->Add({Method::kGet, "/own", Access::kHealth, [](Exchange& exchange) { exchange.Send(); },
               "A test."});
  server_.options().listeners.push_back({.address = "127.0.0.1:0", .router = router});
  server_.Start();
  const auto status = [&](size_t listener, std::string_view line) {
    return server_.Connect(listener).Roundtrip(RequestText(line))->status;
  };
  EXPECT_EQ(status(0, "GET /hello"), 200);
  EXPECT_EQ(status(0, "GET /own"), 404);
  EXPECT_EQ(status(1, "GET /hello"), 404);
  EXPECT_EQ(status(1, "GET /own"), 200);
}

TEST_F(ServerTest, OneBytePerSegment) {
  server_.Start();
  RawClient client = server_.Connect();
  for (const std::string& text : {RequestText("POST /echo", "", "hello"),
                                  RequestText("POST /echo", "Transfer-Encoding: chunked\r\n") +
                                      "2;x\r\nhe\r\n3\r\nllo\r\n0\r\nT: x\r\n\r\n"}) {
    for (const char c : text) ASSERT_TRUE(client.Send({&c, 1}));
    const auto response = client.Read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "hello");
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  server_.Start();
  RawClient client = server_.Connect();
  std::string all;
  for (int i = 0; i < 500; ++i) all += RequestText("POST /echo", "", "body " + std::to_string(i));
  ASSERT_TRUE(client.Send(all));
  for (int i = 0; i < 500; ++i) {
    const auto response = client.Read();
    ASSERT_TRUE(response) << i;
    ASSERT_EQ(response->body, "body " + std::to_string(i));
  }
}

TEST_F(ServerTest, TheSameHeadAgainHasItsOwnBody) {
  server_.Add(Method::kPost, "/of/{name}", [](Exchange& exchange) {
    exchange.response()
        .body.assign(exchange.params()["name"])
        .append(exchange.route())
        .append(exchange.request().header("x-a").value_or("none"))
        .append(exchange.request().body_text());
    exchange.Send();
  });
  server_.Start();
  RawClient client = server_.Connect();
  const auto ask = [&](std::string_view name, std::string_view header, std::string_view body) {
    return client.Roundtrip(RequestText("POST /of/" + std::string(name), header, body))->body;
  };
  const std::string_view a = "X-A: 1\r\n", b = "X-A: 2\r\n";
  EXPECT_EQ(ask("m", a, "one"), "m/of/{name}1one");
  EXPECT_EQ(ask("m", a, "two"), "m/of/{name}1two");
  EXPECT_EQ(ask("n", a, "two"), "n/of/{name}1two");
  EXPECT_EQ(ask("n", b, "six"), "n/of/{name}2six");
  EXPECT_EQ(ask("n", b, "seven"), "n/of/{name}2seven");
  // Heads above the size that is remembered, and a refusal in between.
  const std::string long_header = "X-B: " + std::string(2000, 'b') + "\r\n";
  EXPECT_EQ(ask("n", long_header, "long"), "n/of/{name}nonelong");
  EXPECT_EQ(ask("n", long_header, "size"), "n/of/{name}nonesize");
  EXPECT_EQ(client.Roundtrip(RequestText("POST /nowhere"))->status, 404);
  EXPECT_EQ(client.Roundtrip(RequestText("POST /nowhere"))->status, 404);
  EXPECT_EQ(ask("n", b, "six"), "n/of/{name}2six");
  // Two at once, of which only the first is like the one before.
  ASSERT_TRUE(
      client.Send(RequestText("POST /of/n", b, "six") + RequestText("POST /of/k", b, "six")));
  EXPECT_EQ(client.Read()->body, "n/of/{name}2six");
  EXPECT_EQ(client.Read()->body, "k/of/{name}2six");
}

TEST_F(ServerTest, HeadHasTheHeadersOfGetAndNoBody) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("HEAD /hello") + RequestText("GET /hello")));
  const auto head = client.Read(/*head_only=*/true);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->header("Content-Length"), "5");
  EXPECT_EQ(client.Read()->body, "hello");
}

TEST_F(ServerTest, Http10ClosesUnlessAskedNotTo) {
  server_.Start();
  RawClient once = server_.Connect();
  const auto response = once.Roundtrip("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_EQ(response->body, "hello");
  EXPECT_EQ(response->header("Connection"), "close");
  EXPECT_TRUE(once.ReadsEnd());

  RawClient kept = server_.Connect();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(kept.Roundtrip("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                  ->header("Connection"),
              "keep-alive");
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  server_.Start();
  RawClient client = server_.Connect();
  EXPECT_EQ(
      client.Roundtrip(RequestText("GET /hello", "Connection: close\r\n"))->header("Connection"),
      "close");
  EXPECT_TRUE(client.ReadsEnd());
}

TEST_F(ServerTest, ExpectContinueAsksForTheBodyOrRefusesWithoutIt) {
  server_.limits().max_body_bytes = 1000;
  server_.Start();
  RawClient client = server_.Connect();
  EXPECT_EQ(
      client.Roundtrip(RequestText("POST /echo", "Expect: 100-continue\r\nContent-Length: 5\r\n"))
          ->status,
      100);
  EXPECT_EQ(client.Roundtrip("hello")->body, "hello");

  const struct {
    std::string text;
    int status;
  } refused[] = {
      {RequestText("POST /echo", "Expect: 100-continue\r\nContent-Length: 1001\r\n"), 413},
      {RequestText("POST /echo", "Expect: 200-ok\r\nContent-Length: 5\r\n"), 417},
      {RequestText("POST /nope", "Expect: 100-continue\r\nContent-Length: 5\r\n"), 404},
      {RequestText("GET /echo", "Expect: 100-continue\r\nContent-Length: 5\r\n"), 405},
      {RequestText("POST /echo",
                   "Expect: 100-continue\r\nContent-Length: 5\r\nContent-Encoding: br\r\n"),
       415},
  };
  for (const auto& c : refused) {
    RawClient asking = server_.Connect();
    const auto response = asking.Roundtrip(c.text);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, c.status);
    EXPECT_TRUE(asking.ReadsEnd());
  }
}

TEST_F(ServerTest, AnExpectationMayComeAgain) {
  std::atomic<size_t> params{0};
  server_.Add(Method::kPost, "/of/{name}", [&](Exchange& exchange) {
    params = exchange.params().size();
    exchange.response().body.assign(exchange.params()["name"]);
    exchange.Send();
  });
  server_.Start();
  RawClient client = server_.Connect();
  const std::string head =
      RequestText("POST /of/m", "Expect: 100-continue\r\nContent-Length: 5\r\n");
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.Roundtrip(head)->status, 100);
    EXPECT_EQ(client.Roundtrip("hello")->body, "m");
    EXPECT_EQ(params, 1u);
  }
}

TEST_F(ServerTest, ListensOnIpv6AndUnixSockets) {
  const std::string path = testing::TempDir() + "slipway_http_test.sock";
  server_.options().listeners = {{"[::1]:0", kAllAccess}, {"unix:" + path, kAllAccess}};
  server_.Start();
  EXPECT_TRUE(server_.server().addresses()[0].starts_with("[::1]:"));
  for (const size_t listener : {0u, 1u}) {
    RawClient client = server_.Connect(listener);
    ASSERT_TRUE(client.connected()) << listener;
    EXPECT_EQ(client.Roundtrip(RequestText("GET /hello"))->body, "hello");
  }
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0660u);

  // A second server must not take the address of a live one, but may take that of a dead one.
  TestServer second;
  second.options().listeners = {{"unix:" + path, kAllAccess}};
  EXPECT_EQ(ReasonOf(Server::Create(second.options(), nullptr).status()), Reason::kIo);
  server_.Stop();
  EXPECT_NE(::stat(path.c_str(), &info), 0);
}

TEST_F(ServerTest, ReplacesAStaleUnixSocketButNoOtherFile) {
  const std::string path = testing::TempDir() + "slipway_http_stale.sock";
  ::unlink(path.c_str());
  const auto endpoint = Endpoint::Parse("unix:" + path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&endpoint->storage), endpoint->length), 0);
  ::close(fd);
  server_.options().listeners = {{"unix:" + path, kAllAccess}};
  server_.Start();
  EXPECT_EQ(server_.Connect().Roundtrip(RequestText("GET /hello"))->body, "hello");
  server_.Stop();

  std::ofstream(path) << "precious";
  EXPECT_EQ(ReasonOf(Server::Create(server_.options(), nullptr).status()), Reason::kIo);
  ::unlink(path.c_str());
}

TEST_F(ServerTest, RefusesOptionsThatDoNotParse) {
  ServerOptions options;
  options.listeners = {{"nonsense", kAllAccess}};
  EXPECT_EQ(ReasonOf(Server::Create(options, nullptr).status()), Reason::kBadRequest);
  options.listeners = {{"127.0.0.1:0", kAllAccess}};
  options.trusted_peers = {"10.0.0.0/64"};
  EXPECT_EQ(ReasonOf(Server::Create(options, nullptr).status()), Reason::kBadRequest);
  options.trusted_peers.clear();
  options.listeners = {{"192.0.2.1:1", kAllAccess}};  // not an address of this machine
  EXPECT_EQ(ReasonOf(Server::Create(options, nullptr).status()), Reason::kIo);
}

TEST_F(ServerTest, HostAndOriginAreChecked) {
  server_.Start();
  const struct {
    std::string text;
    int status;
  } cases[] = {
      {"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
      {"GET http://evil.example/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 403},
      {RequestText("POST /echo", "Origin: https://evil.example\r\n", "x"), 403},
      {RequestText("POST /echo", "Origin: http://localhost\r\n", "x"), 200},
      {RequestText("GET /hello", "Origin: https://evil.example\r\n"), 200},
  };
  for (const auto& c : cases) {
    const auto response = server_.Connect().Roundtrip(c.text);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, c.status) << c.text;
    EXPECT_EQ(response->header("Access-Control-Allow-Origin"), "");
  }
}

TEST_F(ServerTest, NamedOriginsMayReadAcrossOrigins) {
  server_.options().cors_origins = {"https://console.example"};
  server_.Start();
  RawClient client = server_.Connect();
  const auto preflight = client.Roundtrip(
      RequestText("OPTIONS /echo",
                  "Origin: https://console.example\r\nAccess-Control-Request-Method: POST\r\n"));
  EXPECT_EQ(preflight->status, 204);
  EXPECT_EQ(preflight->header("Access-Control-Allow-Origin"), "https://console.example");
  EXPECT_FALSE(preflight->header("Access-Control-Allow-Methods").empty());
  const auto answer =
      client.Roundtrip(RequestText("POST /echo", "Origin: https://console.example\r\n", "x"));
  EXPECT_EQ(answer->header("Access-Control-Allow-Origin"), "https://console.example");
  EXPECT_EQ(client.Roundtrip(RequestText("GET /hello", "Origin: https://other.example\r\n"))
                ->header("Access-Control-Allow-Origin"),
            "");
}

TEST_F(ServerTest, ForwardedForCountsFromTrustedPeersOnly) {
  for (const bool trusted : {false, true}) {
    TestServer server;
    server.Add(Method::kGet, "/peer", [](Exchange& exchange) {
      exchange.response().body = std::string(exchange.request().peer);
      exchange.Send();
    });
    if (trusted) server.options().trusted_peers = {"127.0.0.0/8"};
    server.Start();
    EXPECT_EQ(server.Connect()
                  .Roundtrip(RequestText("GET /peer", "X-Forwarded-For: 1.2.3.4, 203.0.113.9\r\n"))
                  ->body,
              trusted ? "203.0.113.9" : "127.0.0.1");
  }
}

TEST_F(ServerTest, RequestIdOfTheClientIsReturned) {
  server_.Start();
  EXPECT_EQ(server_.Connect()
                .Roundtrip(RequestText("GET /hello", "X-Request-Id: mine\r\n"))
                ->header("X-Request-Id"),
            "mine");
}

TEST_F(ServerTest, PartsAreWrittenAfterTheBody) {
  const auto tensor = std::make_shared<std::string>(3'000'000, 't');
  server_.Add(Method::kGet, "/parts", [&](Exchange& exchange) {
    exchange.response().body = "json";
    for (int i = 0; i < 40; ++i)
      exchange.response().parts.push_back(
          {std::as_bytes(std::span(*tensor).subspan(i * 1000, 1000)), nullptr});
    exchange.response().parts.push_back({std::as_bytes(std::span(*tensor)), tensor});
    exchange.Send();
  });
  server_.Start();
  RawClient client = server_.Connect();
  for (int i = 0; i < 3; ++i) {
    const auto response = client.Roundtrip(RequestText("GET /parts"));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body.size(), 4u + 40'000 + 3'000'000);
    EXPECT_TRUE(response->body.starts_with("jsontttt"));
  }
  EXPECT_TRUE(Eventually([&] { return tensor.use_count() == 1; }));  // the parts let go
}

TEST_F(ServerTest, BodyIsPlacedForItsTensor) {
  std::atomic<bool> aligned{true};
  server_.options().body_alignment = [](const Request& request) {
    return std::stoul(std::string(request.header("Inference-Header-Content-Length").value_or("0")));
  };
  server_.Add(Method::kPost, "/check", [&](Exchange& exchange) {
    const size_t offset =
        std::stoul(std::string(*exchange.request().header("Inference-Header-Content-Length")));
    if ((reinterpret_cast<uintptr_t>(exchange.request().body.data()) + offset) % 64 != 0)
      aligned = false;
    exchange.Send();
  });
  server_.Start();
  RawClient client = server_.Connect();
  for (const size_t offset : {1u, 64u, 117u, 201u})
    for (const size_t size : {300u, 20'000u, 700'000u}) {
      const std::string header =
          "Inference-Header-Content-Length: " + std::to_string(offset) + "\r\n";
      ASSERT_TRUE(client.Roundtrip(RequestText("POST /check", header, std::string(size, 'x'))));
    }
  EXPECT_TRUE(aligned);
}

TEST_F(ServerTest, AThrowingHandlerIsAnInternalError) {
  server_.Add(Method::kGet, "/throw", [](Exchange&) { throw std::runtime_error("secret"); });
  server_.Add(Method::kGet, "/throw-int", [](Exchange&) { throw 7; });
  server_.Add(Method::kGet, "/silent", [](Exchange&) {});
  server_.Start();
  RawClient client = server_.Connect();
  for (const std::string path : {"/throw", "/throw-int", "/silent"}) {
    const auto response = client.Roundtrip(RequestText("GET " + path));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 500);
    EXPECT_EQ(response->body.find("secret"), std::string::npos);
  }
  EXPECT_EQ(client.Roundtrip(RequestText("GET /hello"))->status, 200);
}

TEST_F(ServerTest, ListenersHaveTheirOwnRoutes) {
  server_.options().listeners = {{"127.0.0.1:0", Bit(Access::kInference)},
                                 {"127.0.0.1:0", Bit(Access::kControl)}};
  server_.Add(
      Method::kPost, "/load", [](Exchange& exchange) { exchange.Send(); }, Access::kControl);
  server_.Start();
  EXPECT_EQ(server_.Connect(0).Roundtrip(RequestText("POST /load"))->status, 404);
  EXPECT_EQ(server_.Connect(1).Roundtrip(RequestText("POST /load"))->status, 200);
  EXPECT_EQ(server_.Connect(1).Roundtrip(RequestText("GET /hello"))->status, 404);
}

TEST_F(ServerTest, CallbacksSeeEveryFinishedExchange) {
  std::atomic<int> sent{0}, finished{0}, dated{0}, last_status{0};
  std::atomic<size_t> bytes{0};
  server_.Add(Method::kGet, "/observed", [&](Exchange& exchange) {
    exchange.OnSent([&](TimePoint at) { sent += at > TimePoint{} ? 1 : 0; });
    exchange.Send();
  });
  server_.options().on_finished = [&](const Exchange& exchange, int status, size_t bytes_out) {
    last_status = status;
    bytes = bytes_out;
    dated += exchange.request().received > TimePoint{};
    ++finished;
  };
  server_.Start();
  RawClient client = server_.Connect();
  client.Roundtrip(RequestText("GET /observed"));
  EXPECT_TRUE(Eventually([&] { return finished == 1; }));
  EXPECT_EQ(sent, 1);
  EXPECT_GT(bytes, 50u);
  client.Roundtrip("nonsense\r\n\r\n");
  EXPECT_TRUE(Eventually([&] { return finished == 2; }));
  EXPECT_EQ(last_status, 400);
  EXPECT_EQ(dated, 2);
}

TEST_F(ServerTest, AnExchangeThatEndsItsConnectionIsCountedOnce) {
  std::atomic<int> finished{0}, last_status{0};
  server_.options().on_finished = [&](const Exchange&, int status, size_t) {
    last_status = status;
    ++finished;
  };
  server_.Start();
  for (const std::string_view request :
       {"GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        "GET /hello HTTP/1.0\r\n\r\n"}) {
    finished = 0;
    RawClient client = server_.Connect();
    ASSERT_TRUE(client.Roundtrip(request).has_value());
    EXPECT_TRUE(client.ReadsEnd());
    EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
    EXPECT_EQ(finished, 1);
    EXPECT_EQ(last_status, 200);
  }
}

TEST_F(ServerTest, ConnectionsSpreadOverTheLoops) {
  server_.options().threads = 3;
  server_.Add(Method::kGet, "/loop", [](Exchange& exchange) {
    exchange.response().body = std::to_string(exchange.loop());
    exchange.Send();
  });
  server_.Start();
  std::vector<RawClient> clients;
  std::array<int, 3> per_loop{};
  for (int i = 0; i < 9; ++i) {
    clients.push_back(server_.Connect());
    ++per_loop[std::stoul(clients.back().Roundtrip(RequestText("GET /loop"))->body)];
  }
  EXPECT_THAT(per_loop, testing::Each(3));
  std::atomic<int> visited{0};
  server_.server().PostToLoops([&](int loop) { visited += 1 << (4 * loop); });
  EXPECT_TRUE(Eventually([&] { return visited == 0x111; }));
}

TEST_F(ServerTest, CompressedBodiesBothWays) {
  server_.Add(Method::kGet, "/large", [](Exchange& exchange) {
    exchange.response().body.assign(50'000, 'a');
    exchange.Send();
  });
  server_.Start();
  RawClient client = server_.Connect();
  const auto packed = client.Roundtrip(RequestText("GET /large", "Accept-Encoding: gzip\r\n"));
  EXPECT_EQ(packed->header("Content-Encoding"), "gzip");
  EXPECT_LT(packed->body.size(), 1000u);
  const auto size =
      client.Roundtrip(RequestText("POST /size", "Content-Encoding: gzip\r\n", packed->body));
  EXPECT_EQ(size->body, "50000");
  EXPECT_EQ(
      client.Roundtrip(RequestText("POST /size", "Content-Encoding: gzip\r\n", "garbage"))->status,
      400);
  EXPECT_EQ(server_.Connect()
                .Roundtrip(RequestText("POST /size", "Content-Encoding: br\r\n", "x"))
                ->status,
            415);
}

}  // namespace
}  // namespace slipway::http
