#include "client/endpoint.h"

#include <tuple>

namespace slipway::client {
namespace {

TEST(EndpointTest, ReadsHostPortAndPath) {
  const auto v4 = Endpoint::Parse("http://127.0.0.1:8080/v2/models/m/");
  ASSERT_TRUE(v4.ok()) << v4.status();
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 8080);
  EXPECT_EQ(v4->path, "/v2/models/m");
  EXPECT_EQ(v4->host_header, "127.0.0.1:8080");
  const auto v6 = Endpoint::Parse("http://[::1]:81");
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 81);
  EXPECT_EQ(v6->path, "/");
  EXPECT_EQ(Endpoint::Parse("http://example/")->port, 80);
  for (const auto& [url, protocol, tls, port] :
       {std::tuple("https://h/", Protocol::kHttp, true, 443),
        std::tuple("grpc://h:9000", Protocol::kGrpc, false, 9000),
        std::tuple("grpcs://h:8443/v2/models/m", Protocol::kGrpc, true, 8443)}) {
    const auto endpoint = Endpoint::Parse(url);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status();
    EXPECT_EQ(endpoint->protocol, protocol) << url;
    EXPECT_EQ(endpoint->tls, tls) << url;
    EXPECT_EQ(endpoint->port, port) << url;
  }
  const auto unix_socket = Endpoint::Parse("unix:/run/s.sock:/v2/models/m");
  EXPECT_EQ(unix_socket->unix_path, "/run/s.sock");
  EXPECT_EQ(unix_socket->path, "/v2/models/m");
}

TEST(EndpointTest, RefusesWhatIsNoUrlOfOurs) {
  for (const std::string& url :
       {std::string("http://"), std::string("http://:80"), std::string("http://h:0"),
        std::string("http://h:65536"), std::string("http://h:x"), std::string("http://u@h/"),
        std::string("ftp://h"), std::string("http://h/a b"), std::string("http://h/\r\nX: 1"),
        std::string("unix:"), "unix:/" + std::string(200, 'a'), std::string("https:/h")})
    EXPECT_FALSE(Endpoint::Parse(url).ok()) << url;
  EXPECT_TRUE(LooksLikeUrl("https://h"));
  EXPECT_FALSE(LooksLikeUrl("models/m.onnx"));
}

}  // namespace
}  // namespace slipway::client
