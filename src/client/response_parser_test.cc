#include "client/response_parser.h"

namespace slipway::client {
namespace {

struct Whole {
  std::string wire, body;
  int status;
  bool keep_alive;
};

const Whole kAnswers[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello", 200, true},
    {"HTTP/1.1 204\r\n\r\n", "", 204, true},
    {"HTTP/1.1 200 OK\r\ncontent-length:0\r\nConnection: close\r\n\r\n", "", 200, false},
    {"HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx", "x", 200, false},
    {"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx", "x", 200, true},
    {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 Busy\r\nContent-Length: 2\r\n\r\nno", "no", 503,
     true},
    {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
     "chunked\r\n\r\n5;x=y\r\nhello\r\nA\r\n0123456789\r\n0\r\n"
     "Trailer: x\r\n\r\n",
     "hello0123456789", 200, true},
};

TEST(ResponseParserTest, ReadsEveryKindOfBodyInAnyPieces) {
  for (const Whole& answer : kAnswers) {
    for (size_t piece : {size_t{1}, size_t{2}, size_t{7}, answer.wire.size()}) {
      ResponseParser parser;
      std::string buffer;
      bool done = false;
      for (size_t at = 0; at < answer.wire.size(); at += piece) {
        ASSERT_FALSE(done) << answer.wire;
        buffer += answer.wire.substr(at, piece);
        const auto fed = parser.Feed(buffer);
        ASSERT_TRUE(fed.ok()) << fed.status();
        done = *fed;
      }
      EXPECT_TRUE(done) << answer.wire;
      EXPECT_EQ(parser.response().body, answer.body);
      EXPECT_EQ(parser.response().status, answer.status);
      EXPECT_EQ(parser.response().keep_alive, answer.keep_alive) << answer.wire;
    }
  }
}

TEST(ResponseParserTest, LeavesTheNextAnswerInTheBuffer) {
  ResponseParser parser;
  std::string buffer = kAnswers[0].wire + kAnswers[2].wire;
  EXPECT_TRUE(*parser.Feed(buffer));
  EXPECT_EQ(buffer, kAnswers[2].wire);
}

TEST(ResponseParserTest, ABodyWithoutALengthEndsWithTheStream) {
  ResponseParser parser;
  std::string buffer = "HTTP/1.1 200 OK\r\n\r\nabc";
  EXPECT_FALSE(*parser.Feed(buffer));
  EXPECT_TRUE(parser.Finish());
  EXPECT_EQ(parser.response().body, "abc");
  EXPECT_FALSE(parser.response().keep_alive);
  ResponseParser cut;
  buffer = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
  EXPECT_FALSE(*cut.Feed(buffer));
  EXPECT_FALSE(cut.Finish());
}

TEST(ResponseParserTest, HasNoBodyAfterHead) {
  ResponseParser parser;
  parser.Reset(/*head_request=*/true);
  std::string buffer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
  EXPECT_TRUE(*parser.Feed(buffer));
}

TEST(ResponseParserTest, RefusesWhatIsNoAnswer) {
  const std::string table[] = {
      "HTTP/2 200\r\n\r\n",
      "HTTP/1.1 20\r\n\r\n",
      "HTTP/1.1 2000\r\n\r\n",
      "HTTP/1.1 999 X\r\n\r\n",
      "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nxyz\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(2'000, '1'),
      std::string(100'000, 'x'),
  };
  for (std::string wire : table)
    EXPECT_FALSE(ResponseParser().Feed(wire).ok()) << wire.substr(0, 90);
}

}  // namespace
}  // namespace slipway::client
