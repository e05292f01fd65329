// Clients over TLS against a server of ours, with certificates made in memory.
#include "client/grpc_session.h"
#include "client/http_client.h"
#include "client/server_load.h"
#include "transport/grpc/unary.h"
#include "transport/http/testing/test_server.h"
#include "transport/tls/testing/made_certificate.h"

namespace slipway::client {
namespace {

using ::testing::HasSubstr;

tls::WallTime Now() { return std::chrono::system_clock::now(); }

class ClientTlsTest : public ::testing::Test {
 protected:
  ClientTlsTest() : made_(tls::MakeCertificate(Now(), "localhost")) {
    tls::ContextOptions options = made_.options();
    options.offer_http2 = true;
    server_.options().listeners.front().tls =
        std::make_shared<Snapshot<tls::Context>>(*tls::Context::Create(options, Now()));
    auto router = std::shared_ptr<http::Router>(&server_.router(), [](auto*) {});
    grpc::AddUnary(
        *router, "/test.Echo/Say", http::Access::kInference,
        [](http::Exchange& exchange) {
          exchange.response().body = std::string(exchange.request().body_text());
          grpc::Reply(exchange);
        },
        "A test.");
    server_.Start();
  }

  /// @param authority  PEM of who is trusted.
  Target TargetAt(const std::string& host, const std::string& authority,
                  std::string scheme = "https://") const {
    const std::string address = server_.server().addresses().front();
    Target target{*Endpoint::Parse(scheme + host + address.substr(address.rfind(':')) + "/hello")};
    const bool http2 = target.endpoint.protocol == Protocol::kGrpc;
    target.tls = *tls::ClientContext::Create({{"ca.pem", authority}, {}, {}, http2}, Now());
    return target;
  }

  const tls::Made made_;
  mutable http::TestServer server_;
};

TEST_F(ClientTlsTest, AServerIsTrustedByItsAuthorityAndName) {
  HttpClient client(TargetAt("localhost", made_.certificate));
  for (int i = 0; i < 2; ++i) {
    const auto answer = client.Send({.path = "/hello"});
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->body, "hello");
  }
}

TEST_F(ClientTlsTest, SaysWhyAServerIsNotTrusted) {
  const auto problem = [](const Target& target) {
    return std::string(MessageOf(HttpClient(target).Send({}).status()));
  };
  EXPECT_THAT(problem(TargetAt("localhost", tls::MakeCertificate(Now(), "localhost").certificate)),
              HasSubstr("the server's certificate is not accepted: certificate verify failed"));
  EXPECT_THAT(problem(TargetAt("127.0.0.1", made_.certificate)), HasSubstr("IP address mismatch"));
}

TEST_F(ClientTlsTest, SaysThatAServerSpeaksWithoutTls) {
  http::TestServer plain;
  plain.Start();
  Target target = TargetAt("localhost", made_.certificate);
  const std::string address = plain.server().addresses().front();
  target.endpoint.port = std::stoi(address.substr(address.rfind(':') + 1));
  EXPECT_THAT(std::string(MessageOf(HttpClient(target).Send({}).status())),
              HasSubstr("the server speaks without TLS"));
}

TEST_F(ClientTlsTest, LoadsOverBothProtocols) {
  ServerLoadOptions http{
      .target = TargetAt("localhost", made_.certificate), .shape = {}, .requests = {}};
  http.shape = {.concurrency = 4, .duration = std::chrono::milliseconds(100)};
  http.requests.push_back({{Serialise({.path = "/hello"}, "localhost")}, "hello"});
  const std::string message(100'000, 'm');
  ServerLoadOptions grpc = http;
  grpc.target = TargetAt("localhost", made_.certificate, "grpcs://");
  grpc.requests = {{{Frame(message), "/test.Echo/Say"}, message}};
  for (const ServerLoadOptions& options : {http, grpc}) {
    const auto report = RunServerLoad(options);
    ASSERT_TRUE(report.ok()) << report.status();
    EXPECT_TRUE(report->clean()) << report->first_problem;
  }
}

}  // namespace
}  // namespace slipway::client
