#include "transport/http/parser.h"
namespace slipway::http {
TEST(HeadParserTest, ParsesARequest) {
  HeadParser parser({});
  Request request;
  HeadFacts facts;
  EXPECT_EQ(parser.Parse("GET /a?b HTTP/1.1\r\nHost: x\r\n\r\n", request, facts), HeadParser::State::kDone);
  EXPECT_EQ(request.path, "/a");
}
}  // namespace slipway::http
