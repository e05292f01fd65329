// gRPC calls over real sockets, one message or many.
#include <zlib.h>

#include <thread>

#include "transport/grpc/framing.h"
#include "transport/grpc/message_reader.h"
#include "transport/grpc/streaming.h"
#include "transport/grpc/unary.h"
#include "transport/http/testing/test_server.h"
#include "transport/http2/testing/http2_client.h"

namespace slipway::grpc {
namespace {

using http::Access;
using http::Exchange;
using http2::Answer;
using http2::Fields;
using http2::Framed;
using http2::Http2Client;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Gzip(std::string plain) {
  std::string packed(plain.size() + 100, '\0');
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(plain.data());
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// Says everything back; "end" makes it finish, "fail" makes it fail, "stop" stops reading.
class EchoReader final : public http::StreamReader {
 public:
  struct Seen {
    std::atomic<int> messages{0}, half_closes{0}, ends{0};
    std::shared_ptr<http::StreamWriter> writer;
  };
  EchoReader(Seen& seen, std::shared_ptr<http::StreamWriter> writer)
      : seen_(seen), writer_(std::move(writer)) {
    seen_.writer = writer_;
  }
  bool OnMessage(std::shared_ptr<const std::string> message) override {
    ++seen_.messages;
    if (*message == "throw") throw std::runtime_error("a secret of ours");
    if (*message == "broken") {
      writer_->Finish(MakeError(Reason::kInternal, "a secret of ours"));
    } else if (*message == "once more") {  // another thread's wish comes before its answer
      writer_->ReadMore();
      writer_->Write({.body = *message, .parts = {}});
      return false;
    } else if (*message == "fail")
      writer_->Finish(MakeError(Reason::kQueueFull, "100 % full"));
    else if (*message == "end")
      writer_->Finish(OkStatus());
    else
      writer_->Write({.body = *message, .parts = {}});
    return *message != "stop";
  }
  void OnHalfClose() override {
    ++seen_.half_closes;
    writer_->Write({.body = "bye", .parts = {}});
    writer_->Finish(OkStatus());
  }
  void OnEnd() override { ++seen_.ends; }
  bool Idle() const override { return true; }

 private:
  Seen& seen_;
  const std::shared_ptr<http::StreamWriter> writer_;
};

class GrpcTest : public testing::Test {
 protected:
  void SetUp() override {
    AddUnary(
        server_.router(), "/test.Echo/Unary", Access::kInference,
        [](Exchange& exchange) {
          exchange.response().body = exchange.request().body_text();
          Reply(exchange);
        },
        "Echo.");
    AddUnary(
        server_.router(), "/test.Echo/Fail", Access::kInference,
        [](Exchange& exchange) {
          Fail(exchange, MakeError(Reason::kBadRequest, "input \"x\": größer\n100 %"));
        },
        "Fails.");
    AddUnary(
        server_.router(), "/test.Echo/Broken", Access::kInference,
        [](Exchange& exchange) {
          Fail(exchange, MakeError(Reason::kInternal, "a secret of ours"));
        },
        "Fails.");
    AddUnary(
        server_.router(), "/test.Echo/Throw", Access::kInference,
        [](Exchange&) { throw std::runtime_error("a secret of ours"); }, "Throws.");
    AddUnary(
        server_.router(), "/test.Echo/Load", Access::kControl,
        [](Exchange& exchange) { Reply(exchange); }, "Control.");
    AddStreaming(
        server_.router(), "/test.Echo/Stream", Access::kInference,
        [this](Exchange&, std::shared_ptr<http::StreamWriter> writer) {
          return std::make_unique<EchoReader>(seen_, std::move(writer));
        },
        "Echoes.");
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

TEST_F(GrpcTest, AUnaryCallHasOneMessageEachWay) {
  server_.Start();
  Http2Client client(address());
  for (const std::string& message :
       {std::string("hello"), std::string(), std::string(300'000, 'x')}) {
    const Answer& answer = client.Finish(client.Call("/test.Echo/Unary", message));
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.field("content-type"), "application/grpc");
    EXPECT_THAT(answer.messages(), ElementsAre(message));
    EXPECT_THAT(answer.trailers, ElementsAre(testing::Pair("grpc-status", "0")));
  }
}

TEST_F(GrpcTest, TheEndOfAMessageLiesOn64Bytes) {
  AddUnary(
      server_.router(), "/test.Echo/End", Access::kInference,
      [](Exchange& exchange) {
        const auto body = exchange.request().body;
        const auto end = reinterpret_cast<uintptr_t>(body.data() + body.size());
        exchange.response().body = std::to_string(end % 64);
        Reply(exchange);
      },
      "Where a message ends.");
  server_.Start();
  Http2Client client(address());
  for (const size_t size : {1, 100, 6'400, 1'000'000})
    EXPECT_THAT(client.Finish(client.Call("/test.Echo/End", std::string(size, 'x'))).messages(),
                ElementsAre("0"));
}

class CompressedGrpcTest : public GrpcTest {
 protected:
  void SetUp() override {
    GrpcTest::SetUp();
    server_.options().grpc_compression = 6;
    server_.Start();
  }
  // The gRPC messages in `body`, each decompressed where it says so.
  static std::vector<std::string> Plain(std::string_view body, std::string_view coding) {
    http::BlockPool pool;
    http::Budget budget;
    std::vector<std::string> out;
    while (!body.empty()) {
      const auto prefix = ReadPrefix(std::as_bytes(std::span(body)), body.size());
      const auto message = std::as_bytes(std::span(body)).subspan(kPrefixBytes, prefix->size);
      http::BodyBuffer plain(pool, budget);
      plain.Start(0, 1u << 30);
      EXPECT_TRUE(prefix->compressed ? InflateMessage(coding, message, 1u << 30, plain).ok()
                                     : plain.Append(std::span(body).subspan(5, prefix->size), 0));
      out.emplace_back(reinterpret_cast<const char*>(plain.bytes().data()), plain.size());
      body.remove_prefix(kPrefixBytes + prefix->size);
    }
    return out;
  }
};

TEST_F(CompressedGrpcTest, AnswersAreCompressedAsTheClientAsks) {
  const std::string large(100'000, 'x');
  Http2Client client(address());
  for (const auto& [accepted, coding] :
       {std::pair{"identity, deflate, gzip", "gzip"}, {"deflate", "deflate"}}) {
    for (const std::string path : {"/test.Echo/Unary", "/test.Echo/Stream"}) {
      const Answer& answer =
          client.Finish(client.Call(path, large, true, {{"grpc-accept-encoding", accepted}}));
      EXPECT_EQ(answer.field("grpc-encoding"), coding);
      EXPECT_EQ(answer.field("grpc-status"), "0");
      EXPECT_LT(answer.body.size(), 1000u);
      EXPECT_EQ(Plain(answer.body, coding).front(), large);
    }
  }
}

TEST_F(CompressedGrpcTest, SmallMessagesStayAsTheyAre) {
  Http2Client client(address());
  const Fields accepted = {{"grpc-accept-encoding", "gzip"}};
  EXPECT_THAT(client.Finish(client.Call("/test.Echo/Unary", "hello", true, accepted)).body,
              Framed("hello"));
  EXPECT_THAT(client.Finish(client.Call("/test.Echo/Stream", "hello", true, accepted)).body,
              Framed("hello") + Framed("bye"));
}

TEST_F(CompressedGrpcTest, OnlyThoseWhoReadItAreSentIt) {
  const std::string large(100'000, 'x');
  Http2Client client(address());
  for (const Fields& fields : {Fields{}, {{"grpc-accept-encoding", "identity,snappy"}}}) {
    const Answer& answer = client.Finish(client.Call("/test.Echo/Unary", large, true, fields));
    EXPECT_EQ(answer.field("grpc-encoding"), "");
    EXPECT_EQ(answer.body, Framed(large));
  }
}

TEST_F(CompressedGrpcTest, AFailureIsAStatusWithAMessage) {
  Http2Client client(address());
  const Answer& answer =
      client.Finish(client.Call("/test.Echo/Fail", "", true, {{"grpc-accept-encoding", "gzip"}}));
  EXPECT_EQ(answer.field("grpc-status"), "3");
  EXPECT_THAT(answer.messages(), IsEmpty());
}

TEST_F(GrpcTest, AFailureIsAStatusWithAMessage) {
  server_.Start();
  Http2Client client(address());
  const Answer& answer = client.Finish(client.Call("/test.Echo/Fail", ""));
  EXPECT_EQ(answer.status(), 200);
  EXPECT_EQ(answer.field("grpc-status"), "3");
  EXPECT_EQ(answer.field("grpc-message"), "input \"x\": gr%C3%B6%C3%9Fer%0A100 %25");
  EXPECT_THAT(answer.messages(), IsEmpty());
  EXPECT_TRUE(http::Eventually([&] { return last_status_ == 400; }));
}

TEST_F(GrpcTest, OurOwnFaultsAreNotToldInDetail) {
  server_.Start();
  Http2Client client(address());
  for (const std::string path : {"/test.Echo/Broken", "/test.Echo/Throw"}) {
    const Answer& answer = client.Finish(client.Call(path, "", true, {{"x-request-id", "me-7"}}));
    EXPECT_EQ(answer.field("grpc-status"), "13");
    EXPECT_THAT(answer.field("grpc-message"), HasSubstr("me-7"));
    EXPECT_THAT(answer.field("grpc-message"), Not(HasSubstr("secret")));
  }
}

TEST_F(GrpcTest, UnknownMethodsAreUnimplemented) {
  server_.Start();
  Http2Client client(address());
  EXPECT_EQ(client.Finish(client.Call("/test.Echo/Nope", "")).field("grpc-status"), "12");
  EXPECT_EQ(client.Finish(client.Call("/hello", "")).field("grpc-status"), "12");
}

TEST_F(GrpcTest, AMethodIsNotCalledWithoutGrpc) {
  server_.Start();
  Http2Client client(address());
  EXPECT_EQ(client.Finish(client.Open("POST", "/test.Echo/Unary", {}, "x")).status(), 415);
  EXPECT_EQ(
      server_.Connect().Roundtrip(http::RequestText("POST /test.Echo/Unary", "", "x"))->status,
      415);
}

TEST_F(GrpcTest, ControlStaysOnItsListener) {
  server_.options().listeners = {{"127.0.0.1:0", http::Bit(Access::kInference)},
                                 {"127.0.0.1:0", http::kAllAccess}};
  server_.Start();
  Http2Client outside(server_.server().addresses()[0]), inside(server_.server().addresses()[1]);
  EXPECT_EQ(outside.Finish(outside.Call("/test.Echo/Load", "")).field("grpc-status"), "12");
  EXPECT_EQ(inside.Finish(inside.Call("/test.Echo/Load", "")).field("grpc-status"), "0");
}

TEST_F(GrpcTest, CompressedMessagesAreRead) {
  server_.Start();
  Http2Client client(address());
  const http2::Fields call = {{"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}};
  const std::string text(100'000, 'z');
  EXPECT_THAT(client.Finish(client.Open("POST", "/test.Echo/Unary", call, Framed(Gzip(text), true)))
                  .messages(),
              ElementsAre(text));
  EXPECT_EQ(client.Finish(client.Open("POST", "/test.Echo/Unary", call, Framed("junk", true)))
                .field("grpc-status"),
            "3");
  const int32_t unknown = client.Open(
      "POST", "/test.Echo/Unary", {{"content-type", "application/grpc"}, {"grpc-encoding", "br"}},
      Framed("x", true));
  EXPECT_EQ(client.Finish(unknown).field("grpc-status"), "12");
}

TEST_F(GrpcTest, ADecompressionBombStopsAtTheLimit) {
  server_.limits().max_body_bytes = 100'000;
  server_.Start();
  Http2Client client(address());
  const int32_t bomb = client.Open(
      "POST", "/test.Echo/Unary", {{"content-type", "application/grpc"}, {"grpc-encoding", "gzip"}},
      Framed(Gzip(std::string(10'000'000, '\0')), true));
  EXPECT_EQ(client.Finish(bomb).field("grpc-status"), "8");
}

TEST_F(GrpcTest, AMessageThatClaimsTooMuchIsRefusedAtOnce) {
  server_.Start();
  Http2Client client(address());
  for (const std::string path : {"/test.Echo/Unary", "/test.Echo/Stream"}) {
    const int32_t claim = client.Call(path, std::nullopt, /*ends=*/false);
    client.Send(claim, std::string("\0\xff\xff\xff\xff", 5) + "ten bytes.", false);
    EXPECT_EQ(client.Finish(claim).field("grpc-status"), "8");
    EXPECT_THAT(client.answer(claim).field("grpc-message"), HasSubstr("got 4294967295"));
  }
}

TEST_F(GrpcTest, AUnaryCallHasExactlyOneMessage) {
  server_.Start();
  Http2Client client(address());
  const auto status = [&](std::string body) {
    return client
        .Finish(client.Open("POST", "/test.Echo/Unary", {{"content-type", "application/grpc"}},
                            std::move(body)))
        .field("grpc-status");
  };
  EXPECT_EQ(status(Framed("a") + Framed("b")), "3");
  EXPECT_EQ(status(Framed("abc").substr(0, 6)), "3");
  EXPECT_EQ(status("\1\2"), "3");
  EXPECT_EQ(status(std::string("\7\0\0\0\0", 5)), "3");
  EXPECT_EQ(client.Finish(client.Call("/test.Echo/Unary", std::nullopt)).field("grpc-status"), "3");
}

TEST_F(GrpcTest, MessagesOfAStreamComeAndGoOneByOne) {
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

TEST_F(GrpcTest, AStreamMayEndBeforeItsClient) {
  server_.Start();
  Http2Client client(address());
  for (const auto& [word, code] : {std::pair{"end", "0"}, std::pair{"fail", "14"}}) {
    const int32_t call = client.Call("/test.Echo/Stream", word, /*ends=*/false);
    EXPECT_EQ(client.Finish(call).field("grpc-status"), code);
  }
  EXPECT_EQ(client.answer(3).field("grpc-retry-pushback-ms"), "1000");
  EXPECT_EQ(client.answer(3).field("grpc-message"), "100 %25 full");
}

TEST_F(GrpcTest, OtherThreadsWriteInOrder) {
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

TEST_F(GrpcTest, AReaderThatHasEnoughHoldsItsClientBack) {
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

TEST_F(GrpcTest, AClientThatLeavesEndsTheCallOnce) {
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

TEST_F(GrpcTest, AnIdleCallEndsWithTheServer) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "a", /*ends=*/false);
  ASSERT_TRUE(client.PumpUntil([&] { return client.answer(call).messages().size() == 1; }));
  std::thread drain([&] { EXPECT_TRUE(server_.server().Drain(std::chrono::seconds(10))); });
  EXPECT_EQ(client.Finish(call).field("grpc-status"), "14");
  EXPECT_TRUE(client.ReadsEnd());
  drain.join();
}

TEST_F(GrpcTest, TheServerEndsACallAtItsDeadline) {
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

TEST_F(GrpcTest, OurOwnFaultsInAStreamAreNotToldInDetail) {
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

TEST_F(GrpcTest, AWishForMoreIsNotLostToAnAnswer) {
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "once more", /*ends=*/false);
  client.Send(call, Framed("once more") + Framed("x"), true);
  EXPECT_THAT(client.Finish(call).messages(), ElementsAre("once more", "once more", "x", "bye"));
}

TEST_F(GrpcTest, AClientThatReadsNothingIsNotReadEither) {
  server_.Start();
  Http2Client client(address(), /*window=*/0);
  const int32_t call = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  for (int i = 0; i < 400; ++i) client.Send(call, Framed(std::string(10'000, 'x')), false);
  ASSERT_TRUE(client.PumpUntil([&] { return seen_.messages >= 100; }));
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(client.Finish(client.Open("HEAD", "/hello")).status(), 200);
  EXPECT_LE(seen_.messages, 110);
}

TEST_F(GrpcTest, AStalledClientIsGivenUp) {
  server_.limits().write_timeout = std::chrono::milliseconds(200);
  server_.Start();
  Http2Client client(address(), /*window=*/0);
  const int32_t call = client.Call("/test.Echo/Stream", "x", /*ends=*/false);
  EXPECT_EQ(client.Finish(call).closed, static_cast<uint32_t>(NGHTTP2_CANCEL));
  EXPECT_TRUE(http::Eventually([&] { return seen_.ends == 1; }));
}

TEST_F(GrpcTest, AMessageThatDoesNotComeIsGivenUpAndAQuietCallIsNot) {
  server_.limits().write_timeout = std::chrono::milliseconds(100);
  server_.Start();
  Http2Client client(address());
  const int32_t quiet = client.Call("/test.Echo/Stream", "x", /*ends=*/false);
  const int32_t stuck = client.Call("/test.Echo/Stream", std::nullopt, /*ends=*/false);
  client.Send(stuck, Framed(std::string(1000, 'x')).substr(0, 100), false);
  EXPECT_EQ(client.Finish(stuck).field("grpc-status"), "4");
  EXPECT_FALSE(client.answer(quiet).closed);
}

TEST_F(GrpcTest, WhatWaitsForAReaderIsChargedToTheBudget) {
  server_.limits().max_buffered_bytes = 300'000;
  server_.Start();
  Http2Client client(address());
  const int32_t call = client.Call("/test.Echo/Stream", "stop", /*ends=*/false);
  client.Send(call, Framed(std::string(400'000, 'x')), false);
  EXPECT_EQ(client.Finish(call).field("grpc-status"), "14");
  const int32_t next = client.Call("/test.Echo/Stream", std::string(200'000, 'x'), false);
  EXPECT_TRUE(client.PumpUntil([&] { return client.answer(next).messages().size() == 1; }));
}

TEST_F(GrpcTest, TinyFramesToAReaderThatHasEnoughCostLittle) {
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

TEST(TimeoutTest, ReadsEveryUnit) {
  const auto timeout = [](std::string_view text) {
    http::Request request;
    request.headers.push_back({"grpc-timeout", text});
    return Timeout(request);
  };
  using namespace std::chrono_literals;
  EXPECT_EQ(**timeout("2H"), 2h);
  EXPECT_EQ(**timeout("3M"), 3min);
  EXPECT_EQ(**timeout("4S"), 4s);
  EXPECT_EQ(**timeout("5m"), 5ms);
  EXPECT_EQ(**timeout("6u"), 6us);
  EXPECT_EQ(**timeout("7n"), 7ns);
  EXPECT_EQ(**timeout("99999999H"), 24h * 365);
  for (const std::string_view bad : {"", "S", "5", "-5S", "5.5S", "123456789S", "5s", " 5S"})
    EXPECT_FALSE(timeout(bad).ok()) << bad;
  EXPECT_FALSE(Timeout(http::Request()).value().has_value());
}

TEST(FramingTest, KnowsItsContentType) {
  for (const std::string_view yes :
       {"application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"})
    EXPECT_TRUE(IsContentType(yes)) << yes;
  for (const std::string_view no :
       {"application/grpc-web", "application/grpc+json", "application/json", ""})
    EXPECT_FALSE(IsContentType(no)) << no;
}

}  // namespace
}  // namespace slipway::grpc
