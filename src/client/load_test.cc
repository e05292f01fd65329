#include <atomic>

#include "client/call_load.h"
#include "client/http_client.h"
#include "client/http_load.h"
#include "client/testing/tiny_server.h"

namespace slipway::client {
namespace {

using std::chrono::milliseconds;
using testing::Ok;
using testing::TinyServer;

HttpLoadOptions LoadOf(const TinyServer& server, LoadShape shape, std::string expected = "") {
  HttpLoadOptions options{*Endpoint::Parse(server.Url("/")), shape, {}};
  options.requests.push_back({Serialise({}, "h"), std::move(expected)});
  return options;
}

TEST(HttpLoadTest, AClosedLoopCountsEveryAnswer) {
  std::atomic<uint64_t> served{0};
  TinyServer server([&](const std::string&) {
    ++served;
    return Ok("yes");
  });
  const auto report =
      RunHttpLoad(LoadOf(server, {.concurrency = 4, .duration = milliseconds(200)}, "yes"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->clean()) << report->first_problem;
  EXPECT_EQ(report->completed, served);
  EXPECT_EQ(report->latency.count(), served);
  EXPECT_EQ(report->bytes_received, 3 * served);
}

TEST(HttpLoadTest, TellsWrongAnswersAndOtherStatusesApart) {
  std::atomic<uint64_t> served{0};
  TinyServer server([&](const std::string&) -> std::string {
    if (++served % 2 == 0) return Ok("no");
    return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
  });
  const auto report = RunHttpLoad(LoadOf(server, {.duration = milliseconds(100)}, "yes"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->clean());
  EXPECT_EQ(report->succeeded, 0u);
  EXPECT_EQ(report->wrong_answers, report->by_status.at(200));
  EXPECT_EQ(report->completed, report->by_status.at(200) + report->by_status.at(503));
}

// A server that needs 50 ms for every request cannot give 100 a second on one connection. Counted
// from when a request was sent, each would seem to take 50 ms.
TEST(HttpLoadTest, AnOpenLoopCountsTheWaitForASlowServer) {
  TinyServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(50));
    return Ok("yes");
  });
  const auto report =
      RunHttpLoad(LoadOf(server, {.concurrency = 1, .rate = 100, .duration = milliseconds(500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->latency.max(), milliseconds(200));
  EXPECT_GT(report->unsent, 20u);
}

TEST(HttpLoadTest, AnOpenLoopKeepsItsRate) {
  TinyServer server([](const std::string&) { return Ok("yes"); });
  const auto report =
      RunHttpLoad(LoadOf(server, {.concurrency = 8, .rate = 200, .duration = milliseconds(500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->completed + report->unsent, 100u);
}

TEST(HttpLoadTest, SaysWhenTheServerIsNotThereOrHangsUp) {
  HttpLoadOptions nobody{*Endpoint::Parse("unix:/nonexistent.sock"), {}, {{"x", ""}}};
  EXPECT_EQ(ReasonOf(RunHttpLoad(nobody).status()), Reason::kIo);
  TinyServer rude([](const std::string&) { return std::string("<close>"); });
  const auto report = RunHttpLoad(LoadOf(rude, {.duration = std::chrono::seconds(20)}));
  EXPECT_EQ(ReasonOf(report.status()), Reason::kIo);
}

TEST(HttpLoadTest, CountsRequestsThatAreNeverAnswered) {
  TinyServer mute([](const std::string&) { return std::string(); });
  HttpLoadOptions options = LoadOf(mute, {.concurrency = 3, .duration = milliseconds(20)});
  options.timeout = milliseconds(60);
  const auto report = RunHttpLoad(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->timeouts, 3u);
  EXPECT_EQ(report->completed, 0u);
}

TEST(CallLoadTest, CountsCallsAndFailures) {
  std::atomic<uint64_t> calls{0};
  const LoadReport report = RunCallLoad({.concurrency = 2, .duration = milliseconds(100)},
                                        [&](int, uint64_t index) -> Status {
                                          ++calls;
                                          if (index % 10 == 9)
                                            return Error(Reason::kInternal, "ninth");
                                          return OkStatus();
                                        });
  EXPECT_EQ(report.completed, calls);
  EXPECT_EQ(report.completed, report.succeeded + report.failures);
  EXPECT_EQ(report.first_problem, "ninth");
}

TEST(CallLoadTest, AnOpenLoopKeepsItsRate) {
  std::atomic<uint64_t> calls{0};
  const LoadReport report = RunCallLoad(
      {.concurrency = 8, .rate = 100, .duration = milliseconds(300)}, [&](int, uint64_t) -> Status {
        ++calls;
        return OkStatus();
      });
  EXPECT_LE(calls, 30u);
  EXPECT_EQ(report.completed + report.unsent, 30u);
}

TEST(CallLoadTest, EndsWhenToldTo) {
  std::atomic<bool> stop{false};
  const TimePoint start = SteadyClock().Now();
  RunCallLoad({.duration = std::chrono::seconds(60), .stop = &stop},
              [&](int, uint64_t index) -> Status {
                if (index == 10) stop = true;
                return OkStatus();
              });
  EXPECT_LT(SteadyClock().Now() - start, std::chrono::seconds(10));
}

}  // namespace
}  // namespace slipway::client
