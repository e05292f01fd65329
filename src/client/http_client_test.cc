#include "client/http_client.h"

#include <atomic>

#include "client/testing/tiny_server.h"

namespace slipway::client {
namespace {

using testing::Ok;
using testing::TinyServer;

HttpClient ClientOf(const TinyServer& server,
                    std::chrono::milliseconds timeout = std::chrono::seconds(10)) {
  return HttpClient({*Endpoint::Parse(server.Url("/"))}, {.timeout = timeout, .limits = {}});
}

TEST(HttpClientTest, SendsMethodHeadersAndBody) {
  TinyServer server([](const std::string& request) { return Ok(request); });
  HttpClient client = ClientOf(server);
  const auto response =
      client.Send({.method = "POST", .path = "/p", .headers = "A: b\r\n", .body = "xyz"});
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "POST /p HTTP/1.1\r\nHost: " + client.target().endpoint.host_header +
                                "\r\nContent-Length: 3\r\nA: b\r\n\r\nxyz");
}

TEST(HttpClientTest, ReusesTheConnectionAndReopensAStaleOne) {
  std::atomic<int> requests{0};
  // Every second request finds the connection closed behind the answer before it.
  TinyServer server([&](const std::string&) {
    return Ok(std::to_string(++requests)) + (requests % 2 == 0 ? "<close>" : "");
  });
  HttpClient client = ClientOf(server);
  for (int i = 1; i <= 6; ++i) {
    const auto response = client.Send({});
    ASSERT_TRUE(response.ok()) << i << response.status();
    EXPECT_EQ(response->body, std::to_string(i));
  }
}

TEST(HttpClientTest, SaysWhyThereIsNoAnswer) {
  TinyServer mute([](const std::string&) { return std::string(); });
  EXPECT_EQ(ReasonOf(ClientOf(mute, std::chrono::milliseconds(100)).Send({}).status()),
            Reason::kDeadlineExceeded);
  TinyServer rude([](const std::string&) { return std::string("<close>"); });
  const auto closed = ClientOf(rude).Send({});
  EXPECT_EQ(ReasonOf(closed.status()), Reason::kIo);
  EXPECT_THAT(std::string(MessageOf(closed.status())),
              ::testing::HasSubstr("closed the connection"));
  HttpClient nobody({*Endpoint::Parse("unix:/nonexistent.sock")});
  EXPECT_EQ(MessageOf(nobody.Send({}).status()),
            "connect to /nonexistent.sock: No such file or directory");
}

}  // namespace
}  // namespace slipway::client
