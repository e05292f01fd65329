// gRPC calls of many messages, over real sockets.
#include <thread>

#include "transport/grpc/status.h"
#include "transport/grpc/testing/echo_reader.h"
#include "transport/grpc/unary.h"
#include "transport/http/testing/test_server.h"
#include "transport/http2/testing/http2_client.h"

namespace slipway::grpc {
namespace {

using http::Access;
using http::Exchange;
using http2::Answer;
using http2::Framed;
using http2::Http2Client;
using testing::ElementsAre;
using testing::HasSubstr;

class GrpcStreamTest : public testing::Test {
 protected:
  void SetUp() override {
    AddUnary(
        server_.router(), "/test.Echo/Unary", Access::kInference,
        [](Exchange& exchange) {
          exchange.response().body = exchange.request().body_text();
          Reply(exchange);
        },
        "Echo.");
    AddEchoStream(server_.router(), seen_);
    AddStreaming(
        server_.router(), "/test.Echo/Throws", Access::kInference,
        [](Exchange&, std::shared_ptr<http::StreamWriter>) -> std::unique_ptr<http::StreamReader> {
          throw std::runtime_error("a secret of ours");
        },
        "Throws.");
    server_.options().on_finished = [this](const Exchange& exchange, int status, size_t) {
      last_status_ = status;
      ++finished_;
    };
  }
  void TearDown() override { server_.Stop(); }
  std::string address() { return server_.server().addresses().front(); }

  EchoReader::Seen seen_;
  std::atomic<int> last_status_{0}, finished_{0};
  http::TestServer server_;
};

TEST_F(GrpcStreamTest, MessagesOfAStreamComeAndGoOneByOne) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "one", /*ends=*/false);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 1; }));
  client.Send(call, Framed("two") + Framed("three").substr(0, 3), false);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 2; }));
  client.Send(call, Framed("three").substr(3), true);
  const Answer& answer = client.Finish(call);
  EXPECT_THAT(answer.messages(), ElementsAre("one", "two", "three", "bye"));
  EXPECT_THAT(answer.trailers, ElementsAre(testing::Pair("grpc-status", "0")));
  EXPECT_EQ(answer.closed, 0u);
  EXPECT_EQ(seen_.ends, 1);
  EXPECT_TRUE(http::Eventually([&] { return finished_ == 1; }));
  EXPECT_TRUE(http::Eventually([&] { return last_status_ == 200; }));
}

TEST_F(GrpcStreamTest, AStreamMayEndBeforeItsClient) {
  server_.Start();
  Http2Client client(address());
  for (const auto& [word, code] : {std::pair{"end", "0"}, std::pair{"fail", "14"}}) {
    const int32_t call = client.Call("/test.Echo/Stream", word, /*ends=*/false);
    EXPECT_EQ(client.Finish(call).field("grpc-status"), code);
  }
  EXPECT_EQ(client.answer(3).field("grpc-retry-pushback-ms"), "1000");
  EXPECT_EQ(client.answer(3).field("grpc-message"), "100 %25 full");
  EXPECT_EQ(client.answer(3).field("grpc-status-details-bin"),
            EncodeDetails(14, "100 % full", Reason::kQueueFull));
}

TEST_F(GrpcStreamTest, OtherThreadsWriteInOrder) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "first", /*ends=*/false);
  ASSERT_TRUE(client.PumpUntil([&] { return !client.answer(call).messages().empty(); }));
  std::thread writer([&] {
    for (int i = 0; i < 1000; ++i) seen_.writer->Write({.body = std::to_string(i), .parts = {}});
    seen_.writer->Finish(OkStatus());
    seen_.writer->Write({.body = "after the end", .parts = {}});
  });
  const std::vector<std::string> messages = client.Finish(call).messages();
  writer.join();
  ASSERT_EQ(messages.size(), 1001u);
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(messages[i + 1], std::to_string(i));
}

TEST_F(GrpcStreamTest, FourWindowUpdatesForEachMessageAreNoFlood) {
  constexpr int kTurns = 200, kMessages = 10;  // those of a turn may come in one DATA frame
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "first", /*ends=*/false);
  std::string sent, updates;
  for (int i = 0; i < kMessages; ++i) sent += Framed("a message");
  for (int i = 0; i < 4 * kMessages; ++i)
    updates += std::string("\0\0\4\x08\0\0\0\0\0\0\0\0\1", 13);
  for (size_t turn = 1; turn <= kTurns; ++turn) {
    client.Send(call, sent, turn == kTurns);
    ASSERT_TRUE(client.PumpUntil([&] {
      return client.answer(call).messages().size() > turn * kMessages;
    })) << turn;
    client.SendRaw(updates);
  }
  EXPECT_EQ(client.Finish(call).field("grpc-status"), "0");
}

TEST_F(GrpcStreamTest, AReaderThatHasEnoughHoldsItsClientBack) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "stop", /*ends=*/false);
  for (int i = 0; i < 100; ++i) client.Send(call, Framed(std::string(100'000, 'x')), i == 99);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 1; }));
  EXPECT_EQ(client.Finish(client.Call("/test.Echo/Unary", "others go on")).status(), 200);
  EXPECT_EQ(seen_.messages, 1);
  seen_.writer->ReadMore();
  EXPECT_EQ(client.Finish(call).messages().size(), 102u);
}

TEST_F(GrpcStreamTest, AClientThatLeavesEndsTheCallOnce) {
  server_.Start();
  {
    Http2Client client(address());
    client.Call("/test.Echo/Stream", "a", /*ends=*/false);
    const int32_t reset = client.Call("/test.Echo/Stream", "b", /*ends=*/false);
    ASSERT_TRUE(http::Eventually([&] { return seen_.messages == 2; }));
    client.Reset(reset);
    EXPECT_TRUE(http::Eventually([&] { return seen_.ends == 1; }));
  }
  EXPECT_TRUE(http::Eventually([&] { return seen_.ends == 2; }));
  seen_.writer->Write({.body = "to nobody", .parts = {}});
  seen_.writer->Finish(OkStatus());
  EXPECT_TRUE(http::Eventually([&] { return last_status_ == 499; }));
}

TEST_F(GrpcStreamTest, AnIdleCallEndsWithTheServer) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "a", /*ends=*/false);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 1; }));
  std::thread drain([&] { EXPECT_TRUE(server_.server().Drain(std::chrono::seconds(10))); });
  EXPECT_EQ(client.Finish(call).field("grpc-status"), "14");
  EXPECT_TRUE(client.ReadsEnd());
  drain.join();
}

TEST_F(GrpcStreamTest, TheServerEndsACallAtItsDeadline) {
  server_.limits().header_timeout = std::chrono::milliseconds(100);  // the clock is looked at often
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "a", false, {{"grpc-timeout", "200m"}});
  const Answer& answer = client.Finish(call);
  EXPECT_EQ(answer.field("grpc-status"), "4");
  EXPECT_THAT(answer.messages(), ElementsAre("a"));
  EXPECT_TRUE(http::Eventually([&] { return last_status_ == 504; }));
  EXPECT_EQ(client.Finish(client.Call("/test.Echo/Stream", "a", false, {{"grpc-timeout", "soon"}}))
                .field("grpc-status"),
            "3");
}

TEST_F(GrpcStreamTest, OurOwnFaultsInAStreamAreNotToldInDetail) {
  server_.Start();
  Http2Client client(address());
  for (const std::string word : {"throw", "broken"}) {
    const int32_t call = client.Call("/test.Echo/Stream", word, false, {{"x-request-id", "me-8"}});
    EXPECT_EQ(client.Finish(call).field("grpc-status"), "13");
    EXPECT_THAT(client.answer(call).field("grpc-message"), HasSubstr("me-8"));
    EXPECT_THAT(client.answer(call).field("grpc-message"), Not(HasSubstr("secret")));
  }
  EXPECT_EQ(
      client.Finish(client.Call("/test.Echo/Throws", "", /*ends=*/false)).field("grpc-status"),
      "13");
  EXPECT_EQ(seen_.ends, 2);
}

TEST_F(GrpcStreamTest, AWishForMoreIsNotLostToAnAnswer) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "once more", /*ends=*/false);
  client.Send(call, Framed("once more") + Framed("x"), true);
  EXPECT_THAT(client.Finish(call).messages(), ElementsAre("once more", "once more", "x", "bye"));
}

TEST_F(GrpcStreamTest, AClientThatReadsNothingIsNotReadEither) {
  server_.Start();
  Http2Client client(address(), /*window=*/0);
  const int32_t call = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  for (int i = 0; i < 400; ++i) client.Send(call, Framed(std::string(10'000, 'x')), false);
  ASSERT_TRUE(client.PumpUntil([&] { return seen_.messages >= 100; }));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(client.Finish(client.Open("HEAD", "/hello")).status(), 200);
  EXPECT_LE(seen_.messages, 110);
}

TEST_F(GrpcStreamTest, AStalledClientIsGivenUp) {
  server_.limits().write_timeout = std::chrono::milliseconds(200);
  server_.Start();
  Http2Client client(address(), /*window=*/0);
  const int32_t call = client.Call("/test.Echo/Stream", "x", /*ends=*/false);
  EXPECT_EQ(client.Finish(call).closed, static_cast<uint32_t>(NGHTTP2_CANCEL));
  EXPECT_TRUE(http::Eventually([&] { return seen_.ends == 1; }));
}

TEST_F(GrpcStreamTest, AMessageThatDoesNotComeIsGivenUpAndAQuietCallIsNot) {
  server_.limits().write_timeout = std::chrono::milliseconds(100);
  server_.Start();
  Http2Client client(address());
  const int32_t quiet = client.Call("/test.Echo/Stream", "x", /*ends=*/false);
  const int32_t stuck = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  client.Send(stuck, Framed(std::string(1000, 'x')).substr(0, 100), false);
  EXPECT_EQ(client.Finish(stuck).field("grpc-status"), "4");
  EXPECT_FALSE(client.answer(quiet).closed);
}

TEST_F(GrpcStreamTest, WhatWaitsForAReaderIsChargedToTheBudget) {
  server_.limits().max_buffered_bytes = 300'000;
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "stop", /*ends=*/false);
  client.Send(call, Framed(std::string(400'000, 'x')), false);
  EXPECT_EQ(client.Finish(call).field("grpc-status"), "14");
  const int32_t next = client.Call("/test.Echo/Stream", std::string(200'000, 'x'), false);
  EXPECT_TRUE(client.PumpUntil([&] { return client.answer(next).messages().size() == 1; }));
}

TEST_F(GrpcStreamTest, WhatIsWholeBeforeABrokenMessageIsHandedOn) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  client.Send(call, Framed("a") + Framed("b") + std::string("\7\0\0\0\0", 5), false);
  const Answer& answer = client.Finish(call);
  EXPECT_THAT(answer.messages(), ElementsAre("a", "b"));
  EXPECT_EQ(answer.field("grpc-status"), "3");
}

TEST_F(GrpcStreamTest, MessagesThatCameTogetherKnowOfEachOther) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  client.Send(call, Framed("more?") + Framed("more?") + Framed("more?"), true);
  EXPECT_THAT(client.Finish(call).messages(), ElementsAre("yes", "yes", "no", "bye"));
}

TEST_F(GrpcStreamTest, MessagesOfACallThatIsCancelledAtOnceAreNotHandedOn) {
  server_.Start();
  Http2Client client(address());
  ASSERT_TRUE(client.PumpUntil([] { return true; }));
  // HEADERS (POST, http, :path, :authority, content-type), DATA of one message, RST_STREAM.
  const auto field = [](std::string_view name, std::string_view value) {
    return std::string(1, '\0') + static_cast<char>(name.size()) + std::string(name) +
           static_cast<char>(value.size()) + std::string(value);
  };
  const auto frame = [](char kind, char flags, std::string_view payload) {
    return std::string("\0\0", 2) + static_cast<char>(payload.size()) + kind + flags +
           std::string("\0\0\0\1", 4) + std::string(payload);
  };
  const std::string head = "\x83\x86" + field(":path", "/test.Echo/Stream") +
                           field(":authority", "localhost") +
                           field("content-type", "application/grpc");
  ASSERT_TRUE(client.SendRaw(frame(1, 4, head) + frame(0, 0, Framed("x")) +
                             frame(3, 0, std::string("\0\0\0\x08", 4))));
  EXPECT_TRUE(http::Eventually([&] { return seen_.ends == 1; }));
  EXPECT_EQ(seen_.messages, 0);
}

TEST_F(GrpcStreamTest, TinyFramesToAReaderThatHasEnoughCostLittle) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "stop", /*ends=*/false);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 1; }));
  std::string frames;
  for (int i = 0; i < 500'000; ++i) frames += std::string("\0\0\1\0\0\0\0\0\1\0", 10);
  ASSERT_TRUE(client.SendRaw(frames));
  Http2Client other(address());
  EXPECT_THAT(other.Finish(other.Call("/test.Echo/Unary", "x")).messages(), ElementsAre("x"));
}

}  // namespace
}  // namespace slipway::grpc
