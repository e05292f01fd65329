#include "transport/http/parser.h"

namespace slipway::http {
namespace {

constexpr std::string_view kFull =
    "POST /v2/models/m/infer?a=b HTTP/1.1\r\n"
    "Host: example.org:8080\r\n"
    "User-Agent:  probe/1.0 (x) \r\n"
    "X-Request-Id: abc\r\n"
    "Accept-Encoding: gzip;q=0.5, deflate\r\n"
    "Content-Length: 5\r\n"
    "\r\n";

struct Parsed {
  HeadParser::State state = HeadParser::State::kNeedMore;
  std::shared_ptr<std::string> head =
      std::make_shared<std::string>();  // a copy sees the same bytes
  Request request;
  HeadFacts facts;
  std::string error;
};

Parsed ParseWith(HeadParser& parser, std::string_view bytes) {
  Parsed out;
  out.state = parser.Parse(bytes, *out.head, out.request, out.facts);
  if (out.state == HeadParser::State::kFailed) out.error = MessageOf(parser.error());
  return out;
}

Parsed Parse(std::string_view bytes, const HeadLimits& limits = {}) {
  HeadParser parser(limits);
  return ParseWith(parser, bytes);
}

std::string WithHeader(std::string_view line) {
  return fmt::format("POST / HTTP/1.1\r\nHost: x\r\n{}\r\n\r\n", line);
}

TEST(HeadParserTest, FindsWhatTheServerNeeds) {
  const Parsed parsed = Parse(kFull);
  ASSERT_EQ(parsed.state, HeadParser::State::kDone);
  EXPECT_EQ(parsed.request.method, Method::kPost);
  EXPECT_EQ(parsed.request.path, "/v2/models/m/infer");
  EXPECT_EQ(parsed.request.query, "a=b");
  EXPECT_EQ(parsed.request.header("user-agent"), "probe/1.0 (x)");
  EXPECT_EQ(parsed.request.headers.size(), 5u);
  EXPECT_EQ(parsed.facts.host, "example.org:8080");
  EXPECT_EQ(parsed.facts.content_length, 5u);
  EXPECT_EQ(parsed.facts.request_id, "abc");
  EXPECT_TRUE(parsed.facts.keep_alive);
}

TEST(HeadParserTest, EveryOneByteSegmentationOfAValidHeadIsTheSame) {
  HeadParser parser({});
  const std::string with_body = std::string(kFull) + "hello";
  for (size_t n = 1; n < kFull.size(); ++n) {
    // A copy each time: the bytes may move between calls.
    const std::string moved = with_body.substr(0, n);
    ASSERT_EQ(ParseWith(parser, moved).state, HeadParser::State::kNeedMore) << n;
  }
  const Parsed parsed = ParseWith(parser, with_body);
  ASSERT_EQ(parsed.state, HeadParser::State::kDone);
  EXPECT_EQ(parser.head_bytes(), kFull.size());
  EXPECT_EQ(parsed.request.headers.size(), 5u);
}

TEST(HeadParserTest, EverySplitIntoTwoIsTheSame) {
  for (size_t cut = 1; cut < kFull.size(); ++cut) {
    HeadParser parser({});
    ASSERT_EQ(ParseWith(parser, kFull.substr(0, cut)).state, HeadParser::State::kNeedMore) << cut;
    ASSERT_EQ(ParseWith(parser, kFull).state, HeadParser::State::kDone) << cut;
  }
}

TEST(HeadParserTest, RefusesWhatTwoPartiesCouldReadDifferently) {
  using namespace std::string_literals;
  const std::vector<std::string> bad = {
      WithHeader("Transfer-Encoding: chunked\r\nContent-Length: 3"),
      WithHeader("Content-Length: 3\r\nTransfer-Encoding: chunked"),
      WithHeader("Content-Length: 3\r\nContent-Length: 4"),
      WithHeader("Content-Length: 1000,1000"),
      WithHeader("Content-Length: +5"),
      WithHeader("Content-Length: -5"),
      WithHeader("Content-Length: 0x5"),
      WithHeader("Content-Length: 5 5"),
      WithHeader("Content-Length:"),
      WithHeader("Content-Length: 18446744073709551616"),
      WithHeader("Transfer-Encoding: gzip, chunked"),
      WithHeader("Transfer-Encoding: chunked, chunked"),
      WithHeader("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
      WithHeader("Transfer-Encoding: \x0b"
                 "chunked"),
      WithHeader("Transfer-Encoding: identity"),
      WithHeader("Host: y"),
      WithHeader("Name : value"),
      WithHeader("Name"),
      WithHeader(": value"),
      WithHeader(" folded: value"),
      WithHeader("A: b\r\n\tfolded"),
      WithHeader("A: b\rc"),
      WithHeader("A: b\r\rc"),
      WithHeader("A: b\nContent-Length: 3"),
      WithHeader("A: \x01"),
      WithHeader("A: \x7f"),
      WithHeader("A: b\0c"s),
      WithHeader("A\0: b"s),
      WithHeader("Host\t: y"),
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\nHost: x\n\n",
      "GET / HTTP/1.1\r\nHost: x\n\r\n",
      "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: user@x\r\n\r\n",
      "GET / HTTP/9.9\r\nHost: x\r\n\r\n",
      "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET / http/1.1\r\nHost: x\r\n\r\n",
      "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
      "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\r\nHost: x\r\n\r\n",
      "GET a HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET /\x80 HTTP/1.1\r\nHost: x\r\n\r\n",
      "G@T / HTTP/1.1\r\nHost: x\r\n\r\n",
      " GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n",
      "* / HTTP/1.1\r\n",
      "\r\n\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
  };
  for (const std::string& head : bad) {
    const Parsed parsed = Parse(head + "\r\n\r\n");
    EXPECT_EQ(parsed.state, HeadParser::State::kFailed) << head;
    HeadParser parser({});
    if (parsed.state == HeadParser::State::kFailed) {
      (void)ParseWith(parser, head + "\r\n\r\n");
      EXPECT_EQ(ReasonOf(parser.error()), Reason::kBadRequest) << head;
    }
  }
}

TEST(HeadParserTest, AcceptsTheOddButClear) {
  const std::vector<std::string> good = {
      "GET / HTTP/1.0\r\n\r\n",
      "\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "GET http://x/a?b HTTP/1.1\r\nHost: y\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
      "BREW /pot HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
      "GET / HTTP/1.1\r\nHost:\r\nEmpty:\r\nLatin: caf\xe9\r\n\r\n",
      "GET /%2e%2E/a;b=c,d?x?y HTTP/1.1\r\nHost: x\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n",
  };
  for (const std::string& head : good) {
    const Parsed parsed = Parse(head);
    EXPECT_EQ(parsed.state, HeadParser::State::kDone) << head << parsed.error;
  }
}

TEST(HeadParserTest, AbsoluteTargetOverridesHost) {
  const Parsed parsed = Parse("GET http://real/a?b HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(parsed.facts.host, "real");
  EXPECT_EQ(parsed.request.path, "/a");
  for (const std::string_view target :
       {"http://real", "http://real/", "http://real?a", "https://real/?a"})
    EXPECT_EQ(Parse(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target)).request.path, "/")
        << target;
}

TEST(HeadParserTest, KeepAliveFollowsVersionAndConnection) {
  const struct {
    std::string_view version, line;
    bool expected;
  } cases[] = {{"1.1", "", true},
               {"1.1", "Connection: close\r\n", false},
               {"1.1", "Connection: foo, Close\r\n", false},
               {"1.0", "", false},
               {"1.0", "Connection: Keep-Alive\r\n", true}};
  for (const auto& c : cases) {
    const std::string head = fmt::format("GET / HTTP/{}\r\nHost: x\r\n{}\r\n", c.version, c.line);
    EXPECT_EQ(Parse(head).facts.keep_alive, c.expected) << head;
  }
}

TEST(HeadParserTest, LimitsHoldBeforeTheHeadIsComplete) {
  const struct {
    std::string bytes;
    Reason reason;
  } cases[] = {
      {"GET /" + std::string(1 << 20, 'a'), Reason::kUrlTooLong},
      {"GET /" + std::string(8200, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", Reason::kUrlTooLong},
      {"GET / HTTP/1.1\r\nA: " + std::string(1 << 20, 'a'), Reason::kHeadersTooLarge},
      {"GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(17000, 'a') + "\r\n\r\n",
       Reason::kHeadersTooLarge},
      {"GET / HTTP/1.1\r\n" +
           [] {
             std::string many;
             for (int i = 0; i < 101; ++i) many += "A: b\r\n";
             return many;
           }(),
       Reason::kHeadersTooLarge},
  };
  for (const auto& c : cases) {
    HeadParser parser({});
    ASSERT_EQ(ParseWith(parser, c.bytes).state, HeadParser::State::kFailed);
    EXPECT_EQ(ReasonOf(parser.error()), c.reason);
  }
}

TEST(HeadParserTest, AHundredHeadersAreFine) {
  std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 99; ++i) head += "A: b\r\n";
  EXPECT_EQ(Parse(head + "\r\n").state, HeadParser::State::kDone);
}

TEST(HeadParserTest, ParsesTheNextRequestAfterReset) {
  HeadParser parser({});
  EXPECT_EQ(ParseWith(parser, "GET / HTTP/9.9\r\nHost: x\r\n\r\n").state,
            HeadParser::State::kFailed);
  parser.Reset({});
  EXPECT_EQ(ParseWith(parser, kFull).state, HeadParser::State::kDone);
}

}  // namespace
}  // namespace slipway::http
