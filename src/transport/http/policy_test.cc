// Addresses, forwarded clients, and the Host and Origin checks.
#include "transport/http/forwarded.h"
#include "transport/http/host_check.h"

namespace slipway::http {
namespace {

TEST(EndpointTest, ParsesAndPrints) {
  for (const std::string_view good :
       {"127.0.0.1:8080", "0.0.0.0:0", "[::1]:80", "[::]:65535", "unix:/run/a.sock"})
    EXPECT_EQ(Endpoint::Parse(good)->ToString(), good);
  EXPECT_EQ(Endpoint::Parse("localhost:1")->ToString(), "127.0.0.1:1");
  for (const std::string_view bad :
       {"", "8080", ":8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:+1", "::1:80",
        "[127.0.0.1:80", "example.org:80", "256.0.0.1:80", "unix:", "[]:1"})
    EXPECT_FALSE(Endpoint::Parse(bad).ok()) << bad;
  EXPECT_FALSE(Endpoint::Parse("unix:/" + std::string(200, 'a')).ok());
}

TEST(NetworkSetTest, ContainsAddressesAndBlocks) {
  const auto set =
      *NetworkSet::Parse({"10.0.0.0/8", "192.0.2.7", "2001:db8::/33", "172.16.0.0/12"});
  for (const std::string_view in :
       {"10.255.0.1", "192.0.2.7", "2001:db8:7fff::1", "172.31.0.1", "::ffff:10.1.1.1"})
    EXPECT_TRUE(set.Contains(*IpAddress::Parse(in))) << in;
  for (const std::string_view out :
       {"11.0.0.1", "192.0.2.8", "2001:db8:8000::1", "172.32.0.1", "::1"})
    EXPECT_FALSE(set.Contains(*IpAddress::Parse(out))) << out;
  EXPECT_TRUE(NetworkSet::Parse({"0.0.0.0/0"})->Contains(*IpAddress::Parse("8.8.8.8")));
  EXPECT_FALSE(NetworkSet::Parse({"0.0.0.0/0"})->Contains(*IpAddress::Parse("::1")));
  for (const std::string bad :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "x", "10.0.0.0/", "10.0.0/8"})
    EXPECT_FALSE(NetworkSet::Parse({bad}).ok()) << bad;
}

TEST(ForwardedClientTest, IsTheRightmostUntrustedAddress) {
  const auto trusted = *NetworkSet::Parse({"10.0.0.0/8", "127.0.0.1", "2001:db8::/32"});
  const struct {
    std::vector<std::string_view> lines;
    std::string_view expected;
  } cases[] = {
      {{"203.0.113.9"}, "203.0.113.9"},
      {{"1.2.3.4, 203.0.113.9"}, "203.0.113.9"},  // the client may have written the first
      {{"1.2.3.4, 203.0.113.9, 10.1.2.3"}, "203.0.113.9"},
      {{"203.0.113.9", "10.1.2.3"}, "203.0.113.9"},      // two fields are one list
      {{"10.9.9.9, 10.1.2.3"}, "10.9.9.9"},              // all trusted: the first
      {{"203.0.113.9, unknown, 10.1.2.3"}, "10.1.2.3"},  // as far as it can be read
      {{"garbage"}, "127.0.0.1"},
      {{""}, "127.0.0.1"},
      {{"203.0.113.9:4711"}, "203.0.113.9"},
      {{"[2001:db9::1]:4711, [2001:db8::1]:1"}, "2001:db9::1"},
  };
  for (const auto& c : cases) {
    Request request;
    for (const auto line : c.lines) request.headers.push_back({"X-Forwarded-For", line});
    EXPECT_EQ(ForwardedClient(request, "127.0.0.1", trusted), c.expected) << c.lines.front();
  }
}

bool Allowed(const HostCheck& check, Method method, std::string_view host,
             std::string_view origin = {}) {
  Request request;
  request.method = method;
  HeadFacts facts;
  facts.host = host;
  facts.has_origin = !origin.empty();
  facts.origin = origin;
  const Status status = check.Check(request, facts);
  if (!status.ok()) {
    EXPECT_EQ(ReasonOf(status), Reason::kForbidden);
  }
  return status.ok();
}

TEST(HostCheckTest, LoopbackAnswersToItsOwnNamesOnly) {
  const HostCheck check(*Endpoint::Parse("127.0.0.1:8080"), {"Models.internal:80"}, {});
  for (const std::string_view host :
       {"localhost", "LOCALHOST:8080", "127.0.0.1:1", "[::1]:8080", "models.internal"})
    EXPECT_TRUE(Allowed(check, Method::kGet, host)) << host;
  for (const std::string_view host :
       {"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:8080", "", "[::1"})
    EXPECT_FALSE(Allowed(check, Method::kGet, host)) << host;
}

TEST(HostCheckTest, BeyondLoopbackOnlyWhenHostsAreNamed) {
  EXPECT_TRUE(
      Allowed(HostCheck(*Endpoint::Parse("0.0.0.0:8080"), {}, {}), Method::kPost, "any.example"));
  const HostCheck named(*Endpoint::Parse("0.0.0.0:8080"), {"a.example"}, {});
  EXPECT_TRUE(Allowed(named, Method::kPost, "a.example:8080"));
  EXPECT_FALSE(Allowed(named, Method::kPost, "b.example"));
  EXPECT_TRUE(
      Allowed(HostCheck(*Endpoint::Parse("127.0.0.1:1"), {"*"}, {}), Method::kGet, "b.example"));
  EXPECT_TRUE(Allowed(HostCheck(*Endpoint::Parse("unix:/a"), {}, {}), Method::kGet, "b.example"));
}

TEST(HostCheckTest, AForeignOriginMayNotChangeState) {
  const HostCheck check(*Endpoint::Parse("127.0.0.1:8080"), {}, {"https://console.example"});
  const std::string_view host = "localhost:8080";
  EXPECT_TRUE(Allowed(check, Method::kGet, host, "https://evil.example"));
  EXPECT_TRUE(Allowed(check, Method::kPost, host, "http://localhost:8080"));
  EXPECT_TRUE(Allowed(check, Method::kPost, host, "https://console.example"));
  for (const std::string_view origin :
       {"https://evil.example", "null", "http://localhost:9999", "localhost:8080"})
    for (const Method method : {Method::kPost, Method::kPut, Method::kDelete, Method::kPatch})
      EXPECT_FALSE(Allowed(check, method, host, origin)) << origin;
}

}  // namespace
}  // namespace slipway::http
