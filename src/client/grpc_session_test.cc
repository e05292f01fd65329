#include "client/grpc_session.h"

#include <random>

#include "client/exchange.h"
#include "client/server_load.h"
#include "transport/grpc/unary.h"
#include "transport/http/testing/test_server.h"

namespace slipway::client {
namespace {

using ::testing::HasSubstr;

/// Says a message back; "fail" fails.
class GrpcSessionTest : public ::testing::Test {
 protected:
  GrpcSessionTest() {
    grpc::AddUnary(
        server_.router(), "/test.Echo/Say", http::Access::kInference,
        [](http::Exchange& exchange) {
          const std::string_view message = exchange.request().body_text();
          if (message == "fail")
            return http::Refuse(exchange, Error(Reason::kQueueFull, "100 % full"));
          exchange.response().body = std::string(message);
          grpc::Reply(exchange);
        },
        "A test.");
    server_.Start();
  }

  Target target() const {
    return {*Endpoint::Parse("grpc://" + server_.server().addresses().front())};
  }
  StatusOr<std::string> Say(std::string_view message, std::string path = "/test.Echo/Say") const {
    return ExchangeOnce(target(), {Frame(message), std::move(path)},
                        SteadyClock().Now() + std::chrono::seconds(10));
  }

  mutable http::TestServer server_;
};

TEST_F(GrpcSessionTest, MessagesOfAnySizeComeBack) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{16'384}, size_t{300'000}, size_t{3 << 20}}) {
    const std::string message(size, 'x');
    const auto answer = Say(message);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(*answer, message);
  }
}

TEST_F(GrpcSessionTest, AnErrorKeepsItsCodeAndMessage) {
  const auto full = Say("fail");
  EXPECT_EQ(InfoOf(ReasonOf(full.status())).grpc_code, 14);
  EXPECT_EQ(MessageOf(full.status()), "gRPC UNAVAILABLE: 100 % full");
  EXPECT_EQ(InfoOf(ReasonOf(Say("x", "/test.Echo/Nothing").status())).grpc_code, 12);
}

TEST_F(GrpcSessionTest, CallsShareOneConnection) {
  ServerLoadOptions options{.target = target(), .shape = {}, .requests = {}};
  options.shape = {.concurrency = 32, .duration = std::chrono::milliseconds(150)};
  for (const char* message : {"one", "two", "three"})
    options.requests.push_back({{Frame(message), "/test.Echo/Say"}, message});
  const auto report = RunServerLoad(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->clean()) << report->first_problem;
  EXPECT_GT(report->completed, 32u);
  EXPECT_EQ(server_.server().stats().connections_accepted, 1u);
}

TEST_F(GrpcSessionTest, CallsAreSpreadOverAsManyConnectionsAsAskedFor) {
  ServerLoadOptions options{.target = target(), .shape = {}, .requests = {}};
  options.shape = {.concurrency = 6, .duration = std::chrono::milliseconds(50)};
  options.connections = 3;
  options.requests.push_back({{Frame("x"), "/test.Echo/Say"}, "x"});
  const auto report = RunServerLoad(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->clean()) << report->first_problem;
  EXPECT_EQ(server_.server().stats().connections_accepted, 3u);
}

TEST_F(GrpcSessionTest, RefusedCallsAreCountedByTheirCode) {
  ServerLoadOptions options{.target = target(), .shape = {}, .requests = {}};
  options.shape.duration = std::chrono::milliseconds(50);
  options.requests.push_back({{Frame("fail"), "/test.Echo/Say"}, ""});
  const auto report = RunServerLoad(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->clean());
  EXPECT_EQ(report->by_status.at(14).count(), report->completed);
  EXPECT_EQ(report->first_problem, "gRPC UNAVAILABLE: 100 % full");
}

// What a server may send that is not HTTP/2, or not gRPC.
std::string FrameBytes(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload) {
  const auto byte = [](size_t value) { return static_cast<char>(value & 0xff); };
  const size_t n = payload.size();
  return std::string{byte(n >> 16),      byte(n >> 8),      byte(n),
                     byte(type),         byte(flags),       byte(stream >> 24),
                     byte(stream >> 16), byte(stream >> 8), byte(stream)}
      .append(payload);
}
const std::string kSettings = FrameBytes(4, 0, 0, "");
const std::string kStatus200 = "\x88";                      // indexed :status 200
const std::string kGrpcStatus = "\x40\x0bgrpc-status\x01";  // with a value of one byte
constexpr uint8_t kData = 0, kHeaders = 1, kReset = 3, kGoaway = 7, kEndStream = 1, kEndHeaders = 4;

Status Send(GrpcSession& session) {
  for (;;) {
    ASSIGN_OR_RETURN(const std::string_view output, session.Output());
    if (output.empty()) return OkStatus();
    session.Consume(output.size());
  }
}

/// What a call comes to that is answered with those bytes.
Status OutcomeOf(const std::string& bytes, size_t max_message_bytes = 1'000) {
  GrpcSession session(*Endpoint::Parse("grpc://h"), max_message_bytes);
  const std::string request = Frame("x");
  EXPECT_TRUE(session.Begin(7, "/a.B/C", request).ok());
  RETURN_IF_ERROR(Send(session));
  RETURN_IF_ERROR(session.Receive(bytes));
  RETURN_IF_ERROR(Send(session));
  const auto answers = session.TakeAnswers();
  if (answers.empty()) return Error(Reason::kDeadlineExceeded, "no answer yet");
  EXPECT_EQ(answers[0].call, 7u);
  return answers[0].status;
}

TEST(GrpcAnswerTest, HostileAnswersAreToldApart) {
  const std::string head = kSettings + FrameBytes(kHeaders, kEndHeaders, 1, kStatus200);
  const std::string ok = FrameBytes(kHeaders, kEndHeaders | kEndStream, 1, kGrpcStatus + "0");
  const auto data = [](std::string_view bytes) { return FrameBytes(kData, 0, 1, bytes); };
  const struct {
    std::string bytes;
    std::string_view problem;
  } kTable[] = {
      {head + data(Frame("yes")) + ok, ""},
      {"HTTP/1.1 400 Bad Request\r\n\r\n", "the server speaks HTTP/1.1 only"},
      {"SSH-2.0-OpenSSH_9.2p1 Debian-2", "breaks the rules of HTTP/2"},
      {std::string(5'000, '\0'), "breaks the rules of HTTP/2"},
      {head + data(Frame("yes")) + FrameBytes(kData, kEndStream, 1, ""), "without grpc-status"},
      {head + ok, "has no message"},
      {head + data(Frame("yes") + Frame("twice")) + ok, "is not one message"},
      {head + data(Frame("yes").substr(0, 6)) + ok, "is not one message: expected 3 bytes, got 1"},
      {head + data(std::string("\x01\x00\x00\x00\x01z", 6)) + ok, "is compressed"},
      {head + data(std::string("\x02\x00\x00\x00\x01z", 6)) + ok, "flags"},
      {head + data(std::string(2'000, 'x')), "larger than is taken"},
      {head + FrameBytes(kReset, 0, 1, std::string("\0\0\0\x02", 4)), "reset the call: INTERNAL"},
      {kSettings + FrameBytes(kGoaway, 0, 0, std::string(8, '\0')), "reset the call: REFUSED"},
      {kSettings +
           FrameBytes(kHeaders, kEndHeaders | kEndStream, 1, kStatus200 + kGrpcStatus + "5"),
       "NOT_FOUND"},
      {head + FrameBytes(kHeaders, kEndHeaders | kEndStream, 1, kGrpcStatus + "x"), "UNKNOWN"},
  };
  for (const auto& row : kTable) {
    const Status outcome = OutcomeOf(row.bytes);
    if (row.problem.empty())
      EXPECT_TRUE(outcome.ok()) << outcome;
    else
      EXPECT_THAT(std::string(MessageOf(outcome)), HasSubstr(row.problem)) << row.bytes;
  }
}

TEST(GrpcAnswerTest, AMessageOverTheLimitEndsItsCallOnly) {
  GrpcSession session(*Endpoint::Parse("grpc://h"), 100);
  const std::string request = Frame("x");
  for (const uint64_t call : {1, 2}) ASSERT_TRUE(session.Begin(call, "/a.B/C", request).ok());
  ASSERT_TRUE(Send(session).ok());
  const std::string bytes = kSettings + FrameBytes(kHeaders, kEndHeaders, 1, kStatus200) +
                            FrameBytes(kData, 0, 1, std::string(200, 'x'));
  ASSERT_TRUE(session.Receive(bytes).ok());
  ASSERT_TRUE(Send(session).ok());  // the reset goes out, and ends the call
  const auto answers = session.TakeAnswers();
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].call, 1u);
  EXPECT_THAT(std::string(MessageOf(answers[0].status)), HasSubstr("larger than is taken"));
}

TEST(GrpcAnswerTest, NoCutOrFlippedByteDoesHarm) {
  const std::string whole = kSettings + FrameBytes(kHeaders, kEndHeaders, 1, kStatus200) +
                            FrameBytes(kData, 0, 1, Frame("a message")) +
                            FrameBytes(kHeaders, kEndHeaders | kEndStream, 1, kGrpcStatus + "0");
  ASSERT_TRUE(OutcomeOf(whole).ok());
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(OutcomeOf(whole.substr(0, size)).ok());
  std::mt19937 random(3);
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = whole;
    for (int n = 0; n < 3; ++n) bytes[random() % bytes.size()] = static_cast<char>(random());
    (void)OutcomeOf(bytes);
  }
}

}  // namespace
}  // namespace slipway::client
