// gRPC calls of one message each way, over real sockets.
#include <zlib.h>

#include "transport/grpc/framing.h"
#include "transport/grpc/message_reader.h"
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
          http::Refuse(exchange, MakeError(Reason::kBadRequest, "input \"x\": größer\n100 %"));
        },
        "Fails.");
    AddUnary(
        server_.router(), "/test.Echo/Full", Access::kInference,
        [](Exchange& exchange) {
          http::Refuse(exchange, MakeError(Reason::kQueueFull, "100 % full"));
        },
        "Refuses.");
    AddUnary(
        server_.router(), "/test.Echo/Broken", Access::kInference,
        [](Exchange& exchange) {
          http::Refuse(exchange, MakeError(Reason::kInternal, "a secret of ours"));
        },
        "Fails.");
    AddUnary(
        server_.router(), "/test.Echo/Throw", Access::kInference,
        [](Exchange&) { throw std::runtime_error("a secret of ours"); }, "Throws.");
    AddUnary(
        server_.router(), "/test.Echo/Load", Access::kControl,
        [](Exchange& exchange) { Reply(exchange); }, "Control.");
    AddUnary(
        server_.router(), "/test.Echo/Deadline", Access::kInference,
        [](Exchange& exchange) {
          const http::Request& request = exchange.request();
          exchange.response().body = !request.deadline ? "none"
                                     : *request.deadline <= request.received
                                         ? "passed while it came"
                                         : "to come";
          Reply(exchange);
        },
        "What is left.");
    AddEchoStream(server_.router(), seen_);
    server_.options().on_finished = [this](const Exchange&, int status, size_t) {
      last_status_ = status;
    };
  }
  void TearDown() override { server_.Stop(); }
  std::string address() { return server_.server().addresses().front(); }

  EchoReader::Seen seen_;
  std::atomic<int> last_status_{0};
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

TEST_F(GrpcTest, ARefusalSaysWhenToComeBack) {
  server_.Start();
  Http2Client client(address());
  const Answer& answer = client.Finish(client.Call("/test.Echo/Full", ""));
  EXPECT_EQ(answer.field("grpc-status"), "14");
  EXPECT_EQ(answer.field("grpc-message"), "100 %25 full");
  EXPECT_EQ(answer.field("grpc-retry-pushback-ms"), "1000");
  EXPECT_EQ(answer.field("grpc-status-details-bin"),
            EncodeDetails(14, "100 % full", Reason::kQueueFull));
}

TEST_F(GrpcTest, OurOwnFaultsAreNotToldInDetail) {
  server_.Start();
  Http2Client client(address());
  for (const std::string path : {"/test.Echo/Broken", "/test.Echo/Throw"}) {
    const Answer& answer = client.Finish(client.Call(path, "", true, {{"x-request-id", "me-7"}}));
    EXPECT_EQ(answer.field("grpc-status"), "13");
    EXPECT_THAT(answer.field("grpc-message"), HasSubstr("me-7"));
    EXPECT_THAT(answer.field("grpc-message"), Not(HasSubstr("secret")));
    EXPECT_EQ(answer.field("grpc-status-details-bin"),
              EncodeDetails(13, answer.field("grpc-message"), Reason::kInternal));
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
}

TEST_F(GrpcTest, AnUnknownCompressionIsRefusedWithThoseThatAreKnown) {
  server_.Start();
  Http2Client client(address());
  for (const std::string path : {"/test.Echo/Unary", "/test.Echo/Stream"}) {
    const Answer& answer = client.Finish(
        client.Open("POST", path, {{"content-type", "application/grpc"}, {"grpc-encoding", "br"}},
                    Framed("x", true)));
    EXPECT_EQ(answer.field("grpc-status"), "12") << path;
    EXPECT_EQ(answer.field("grpc-accept-encoding"), "identity,gzip,deflate") << path;
  }
  const Answer& fine = client.Finish(client.Call("/test.Echo/Unary", "x"));
  EXPECT_EQ(fine.field("grpc-accept-encoding"), "");
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

TEST_F(GrpcTest, ADeadlineIsCountedFromTheHeadOfItsCall) {
  server_.Start();
  Http2Client client(address());
  const auto left = [&](const Fields& fields) {
    return client.Finish(client.Call("/test.Echo/Deadline", "", true, fields)).messages();
  };
  EXPECT_THAT(left({}), ElementsAre("none"));
  EXPECT_THAT(left({{"grpc-timeout", "1H"}}), ElementsAre("to come"));
  EXPECT_THAT(left({{"grpc-timeout", "0n"}}), ElementsAre("passed while it came"));
  EXPECT_THAT(left({}), ElementsAre("none")) << "it is not the next call's";
  const int32_t soon = client.Call("/test.Echo/Deadline", "", true, {{"grpc-timeout", "soon"}});
  EXPECT_EQ(client.Finish(soon).field("grpc-status"), "3");
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
