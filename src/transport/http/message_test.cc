#include "transport/http/message.h"

#include "base/utf8.h"
#include "transport/http/request_id.h"
#include "transport/http/response_head.h"

namespace slipway::http {
namespace {

TEST(RespondWithErrorTest, FillsStatusBodyAndRetryHint) {
  Response response;
  response.body = "partial";
  response.AddHeader("X-Old", "1");
  RespondWithError(Error(Reason::kQueueFull, "model \"m\": 8 waiting"), "id", response);
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, R"({"error":"model \"m\": 8 waiting"})");
  EXPECT_EQ(response.headers, "Retry-After: 1\r\n");
}

TEST(RespondWithErrorTest, KeepsOurOwnFaultsToTheLog) {
  Response response;
  RespondWithError(Error(Reason::kInternal, "secret /etc/path"), "req-7", response);
  EXPECT_EQ(response.status, 500);
  EXPECT_EQ(response.body.find("secret"), std::string::npos);
  EXPECT_NE(response.body.find("req-7"), std::string::npos);
}

TEST(WriteErrorBodyTest, EscapesAndCuts) {
  std::string body;
  WriteErrorBody("a\"b\\c\nd\x01", body);
  EXPECT_EQ(body, R"({"error":"a\"b\\c\nd\u0001"})");
  for (const std::string_view unit : {"x", "é", "\x02", "€"}) {
    std::string message;
    while (message.size() < 3000) message += unit;
    WriteErrorBody(message, body);
    EXPECT_LE(body.size(), 1024u);
    EXPECT_GT(body.size(), 1010u);
    EXPECT_TRUE(body.ends_with("...\"}"));
    EXPECT_TRUE(IsValidUtf8(body)) << unit;
  }
  WriteErrorBody("caf\xe9", body);
  EXPECT_EQ(body, R"({"error":"caf?"})");
}

TEST(ResponseTest, AHeaderValueCannotForgeALine) {
  Response response;
  response.AddHeader("X-A", "b\r\nX-C: d");
  EXPECT_EQ(response.headers, "X-A: bX-C: d\r\n");
}

TEST(DateLineTest, IsInTheFormOfRfc9110) {
  DateLine date;
  EXPECT_EQ(date.Get(784111777), "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
  EXPECT_EQ(date.Get(784111778), "Date: Sun, 06 Nov 1994 08:49:38 GMT\r\n");
}

TEST(RequestIdSourceTest, TakesTheClientsOrMakesOne) {
  RequestIdSource ids;
  std::string id;
  ids.Assign("client-1", id);
  EXPECT_EQ(id, "client-1");
  std::string made, next;
  for (const std::string& bad :
       {std::string(), std::string("a b"), std::string("\x01"), std::string(129, 'a')}) {
    ids.Assign(bad, made);
    EXPECT_EQ(made.size(), 24u);
  }
  ids.Assign({}, next);
  EXPECT_NE(made, next);
}

TEST(ResponseHeadTest, HasWhatTheProtocolNeeds) {
  Response response;
  response.AddHeader("X-A", "b");
  std::string head;
  AppendResponseHead(response, 12, {.date_line = "Date: now\r\n", .request_id = "r"}, head);
  EXPECT_EQ(
      head,
      "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
      "X-Request-Id: r\r\nX-A: b\r\n\r\n");
  response.Clear();
  response.status = 204;
  head.clear();
  AppendResponseHead(response, 0, {.keep_alive = false}, head);
  EXPECT_EQ(head, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace slipway::http
