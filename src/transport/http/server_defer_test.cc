// Answers from other threads, clients that leave, and draining.
#include <condition_variable>
#include <mutex>
#include <thread>

#include "transport/http/testing/test_server.h"

namespace slipway::http {
namespace {

using std::chrono::milliseconds;

// GET /defer puts the exchange here; the test answers it when it likes.
class ServerDeferTest : public testing::Test {
 protected:
  void SetUp() override {
    server_.Add(Method::kPost, "/defer", [this](Exchange& exchange) {
      auto deferred = exchange.Defer();
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(deferred));
      arrived_.notify_one();
    });
    server_.options().on_finished = [this](const Exchange&, int status, size_t) {
      last_status_ = status;
      ++finished_;
    };
  }
  void TearDown() override {
    waiting_.clear();
    server_.Stop();
  }

  std::shared_ptr<Exchange> Next() {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return !waiting_.empty(); }))
      return nullptr;
    auto next = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    return next;
  }

  static void Answer(std::shared_ptr<Exchange> exchange, std::string body) {
    exchange->response().body = std::move(body);
    exchange->Send();
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::shared_ptr<Exchange>> waiting_;
  std::atomic<int> last_status_{0}, finished_{0};
  TestServer server_;
};

TEST_F(ServerDeferTest, AnotherThreadAnswers) {
  server_.Start();
  RawClient client = server_.Connect();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(client.Send(RequestText("POST /defer", "", "body " + std::to_string(i))));
    auto exchange = Next();
    ASSERT_TRUE(exchange);
    std::thread([exchange = std::move(exchange)]() mutable {
      Answer(exchange, "answer to " + std::string(exchange->request().body_text()));
    }).join();
    EXPECT_EQ(client.Read()->body, "answer to body " + std::to_string(i));
  }
}

TEST_F(ServerDeferTest, RequestsBehindADeferredOneWaitInOrder) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer") + RequestText("GET /hello")));
  auto exchange = Next();
  ASSERT_TRUE(exchange);
  ASSERT_TRUE(client.Send(RequestText("POST /echo", "", "third")));
  std::this_thread::sleep_for(milliseconds(20));
  EXPECT_EQ(server_.executed(), 1);
  Answer(std::move(exchange), "first");
  EXPECT_EQ(client.Read()->body, "first");
  EXPECT_EQ(client.Read()->body, "hello");
  EXPECT_EQ(client.Read()->body, "third");
}

TEST_F(ServerDeferTest, ReadingAheadIsBounded) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer")));
  auto exchange = Next();
  ASSERT_TRUE(exchange);
  std::string many;
  for (int i = 0; i < 5000; ++i) many += RequestText("POST /echo", "", std::to_string(i));
  std::thread sender([&] { client.Send(many); });
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_LT(server_.server().stats().bytes_received, 64u << 10);
  Answer(std::move(exchange), "first");
  EXPECT_EQ(client.Read()->body, "first");
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(client.Read()->body, std::to_string(i));
  sender.join();
}

TEST_F(ServerDeferTest, DroppingEveryCopyIsAnInternalError) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer")));
  auto exchange = Next();
  auto copy = exchange;
  exchange.reset();
  copy.reset();
  EXPECT_EQ(client.Read()->status, 500);
  EXPECT_EQ(client.Roundtrip(RequestText("GET /hello"))->status, 200);
}

TEST_F(ServerDeferTest, AClientThatLeavesIsNoticed) {
  server_.options().listeners.push_back({"unix:" + testing::TempDir() + "leaves.sock", kAllAccess});
  server_.Start();
  for (const auto& [way, listener] :
       std::vector<std::pair<std::string, size_t>>{{"close", 0},
                                                   {"reset", 0},
                                                   {"close after filling the buffer", 0},
                                                   {"close after shutting its side", 0},
                                                   {"close", 1}}) {
    RawClient client = server_.Connect(listener);
    ASSERT_TRUE(client.Send(RequestText("POST /defer")));
    auto exchange = Next();
    ASSERT_TRUE(exchange);
    const auto cancelled = exchange->cancelled();
    ASSERT_TRUE(cancelled);
    EXPECT_FALSE(*cancelled);
    if (way == "reset")
      client.Reset();
    else if (way == "close after filling the buffer")
      ASSERT_TRUE(client.Send(std::string(40'000, 'x')));
    else if (way == "close after shutting its side")
      client.ShutdownWrite();
    client.Close();
    EXPECT_TRUE(Eventually([&] { return cancelled->load(); })) << way << " " << listener;
    Answer(std::move(exchange), "late");
  }
  EXPECT_TRUE(Eventually([&] { return finished_ == 5; }));
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
}

// As nc -N does. A byte of the answer comes ahead: it tells that the server has seen the end.
TEST_F(ServerDeferTest, AClientThatOnlyShutItsSideIsStillWaitedFor) {
  server_.options().listeners.push_back({"unix:" + testing::TempDir() + "waits.sock", kAllAccess});
  server_.Start();
  for (const size_t listener : {0, 1})
    for (const std::string_view after : {"", "GET /hel"}) {
      RawClient client = server_.Connect(listener);
      ASSERT_TRUE(client.Send(RequestText("POST /defer") + std::string(after)));
      client.ShutdownWrite();
      auto exchange = Next();
      ASSERT_TRUE(exchange);
      char ahead = 0;
      ASSERT_TRUE(client.Peek(ahead));
      EXPECT_EQ(ahead, 'H');
      EXPECT_FALSE(*exchange->cancelled());
      Answer(std::move(exchange), "late");
      EXPECT_EQ(client.Read()->body, "late");
      EXPECT_TRUE(client.ReadsEnd());
    }
}

TEST_F(ServerDeferTest, AnAnswerAfterTheServerHasGoneIsHarmless) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer")));
  auto exchange = Next();
  ASSERT_TRUE(exchange);
  server_.Stop();
  EXPECT_TRUE(*exchange->cancelled());
  Answer(std::move(exchange), "late");
}

TEST_F(ServerDeferTest, ManyThreadsAndConnections) {
  server_.options().threads = 2;
  server_.Start();
  std::atomic<bool> stop{false};
  std::vector<std::thread> answering;
  for (int i = 0; i < 2; ++i)
    answering.emplace_back([&] {
      while (!stop) {
        std::shared_ptr<Exchange> exchange;
        {
          std::unique_lock lock(mutex_);
          arrived_.wait_for(lock, milliseconds(5), [&] { return !waiting_.empty(); });
          if (waiting_.empty()) continue;
          exchange = std::move(waiting_.back());
          waiting_.pop_back();
        }
        const std::string body(exchange->request().body_text());
        if (body == "drop")
          exchange.reset();
        else
          Answer(std::move(exchange), body);
      }
    });
  std::vector<std::thread> asking;
  for (int i = 0; i < 8; ++i)
    asking.emplace_back([&, i] {
      for (int n = 0; n < 50; ++n) {
        RawClient client = server_.Connect();
        EXPECT_EQ(client.Roundtrip(RequestText("POST /defer", "", std::to_string(i)))->body,
                  std::to_string(i));
        EXPECT_EQ(client.Roundtrip(RequestText("POST /defer", "", "drop"))->status, 500);
        client.Send(RequestText("POST /defer", "", "gone"));
        if (n % 2 == 0) client.Reset();
      }
    });
  for (auto& thread : asking) thread.join();
  EXPECT_TRUE(Eventually([&] { return finished_ == 8 * 50 * 3; })) << finished_;
  EXPECT_TRUE(Eventually([&] { return server_.server().stats().connections_open == 0; }));
  stop = true;
  for (auto& thread : answering) thread.join();
}

// What a client sent before it shut its side is handled, however much it is; what it left
// unfinished ends the connection at once.
TEST_F(ServerDeferTest, PipelinedRequestsOfAHalfClosedClientAreAnswered) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer", "", "first")));
  auto first = Next();
  ASSERT_TRUE(first);
  const std::string large(20'000, 'x');
  ASSERT_TRUE(client.Send(RequestText("POST /size", "", large)));
  ASSERT_TRUE(client.Send(RequestText("POST /size", "Content-Length: 10\r\n") + "half"));
  client.ShutdownWrite();
  Answer(std::move(first), "1");
  EXPECT_EQ(client.Read()->body, "1");
  EXPECT_EQ(client.Read()->body, "20000");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST_F(ServerDeferTest, APipelinedHalfBodyOfAHalfClosedClientEndsTheConnection) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer", "", "first")));
  auto first = Next();
  ASSERT_TRUE(first);
  ASSERT_TRUE(client.Send(RequestText("POST /size", "Content-Length: 10\r\n") + "half"));
  client.ShutdownWrite();
  char ahead;
  ASSERT_TRUE(client.Peek(ahead));  // of the answer: the end was seen
  Answer(std::move(first), "1");
  EXPECT_EQ(client.Read()->body, "1");
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
}

TEST_F(ServerDeferTest, DrainFinishesWhatWasReceived) {
  server_.Start();
  RawClient busy = server_.Connect(), idle = server_.Connect();
  EXPECT_EQ(idle.Roundtrip(RequestText("GET /hello"))->header("Connection"), "");
  ASSERT_TRUE(busy.Send(RequestText("POST /defer")));
  auto exchange = Next();
  ASSERT_TRUE(exchange);
  std::atomic<int> drained{-1};
  std::thread draining([&] { drained = server_.server().Drain(std::chrono::seconds(8)); });
  EXPECT_TRUE(Eventually([&] { return !server_.Connect().connected(); }));
  // A request that arrives on an open connection meanwhile is still answered.
  const auto late = idle.Roundtrip(RequestText("GET /hello"));
  ASSERT_TRUE(late);
  EXPECT_EQ(late->header("Connection"), "close");
  idle.Close();
  EXPECT_EQ(drained, -1);
  Answer(std::move(exchange), "done");
  EXPECT_EQ(busy.Read()->body, "done");
  busy.Close();
  draining.join();
  EXPECT_EQ(drained, 1);
}

TEST_F(ServerDeferTest, DrainServesTheAcceptQueueAndClosesIdleConnections) {
  server_.limits().max_connections = 1;  // the others wait in the kernel's queue
  server_.Start();
  RawClient first = server_.Connect();
  EXPECT_EQ(first.Roundtrip(RequestText("GET /hello"))->status, 200);
  std::vector<RawClient> queued;
  for (int i = 0; i < 5; ++i) {
    queued.push_back(server_.Connect());
    ASSERT_TRUE(queued.back().Send(RequestText("GET /hello")));
  }
  std::atomic<int> drained{-1};
  std::thread draining([&] { drained = server_.server().Drain(std::chrono::seconds(4)); });
  for (RawClient& client : queued) {
    const auto response = client.Read();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->header("Connection"), "close");
    client.Close();
  }
  EXPECT_TRUE(first.ReadsEnd());
  draining.join();
  EXPECT_EQ(drained, 1);
}

TEST_F(ServerDeferTest, DrainDoesNotWaitForHalfAHead) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send("GET /hello HTTP/1.1\r\nHo"));
  ASSERT_TRUE(Eventually([&] { return server_.server().stats().bytes_received > 0; }));
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_TRUE(server_.server().Drain(std::chrono::seconds(8)));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(6));
  EXPECT_EQ(client.Read()->status, 503);
}

TEST_F(ServerDeferTest, DrainCutsAtTheLimit) {
  server_.Start();
  RawClient client = server_.Connect();
  ASSERT_TRUE(client.Send(RequestText("POST /defer")));
  auto exchange = Next();
  ASSERT_TRUE(exchange);
  EXPECT_FALSE(server_.server().Drain(milliseconds(100)));
  EXPECT_TRUE(client.ReadsEnd());
  EXPECT_TRUE(*exchange->cancelled());
}

}  // namespace
}  // namespace slipway::http
