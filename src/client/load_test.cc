#include <atomic>

#include "client/call_load.h"
#include "client/http_client.h"
#include "client/server_load.h"
#include "client/testing/tiny_server.h"

namespace slipway::client {
namespace {

using std::chrono::milliseconds;
using testing::Ok;
using testing::TinyServer;

ServerLoadOptions LoadOf(const TinyServer& server, LoadShape shape, std::string expected = "") {
  ServerLoadOptions options{{*Endpoint::Parse(server.Url("/"))}, shape, {}};
  options.requests.push_back({{Serialise({}, "h")}, std::move(expected)});
  return options;
}

TEST(ServerLoadTest, AClosedLoopCountsEveryAnswer) {
  std::atomic<uint64_t> served{0};
  TinyServer server([&](const std::string&) {
    ++served;
    return Ok("yes");
  });
  const auto report =
      RunServerLoad(LoadOf(server, {.concurrency = 4, .duration = milliseconds(200)}, "yes"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->clean()) << report->first_problem;
  EXPECT_EQ(report->completed, served);
  EXPECT_EQ(report->latency.count(), served);
  uint64_t in_slices = 0;
  for (const LoadSlice& slice : report->slices) in_slices += slice.answered;
  EXPECT_EQ(in_slices, report->answered);
  // Of each of the four, one in flight when the time ended and one begun in that turn came late.
  EXPECT_NEAR(static_cast<double>(report->answered), static_cast<double>(served), 8);
  EXPECT_EQ(report->bytes_received, 3 * served);
}

TEST(ServerLoadTest, TellsWrongAnswersAndOtherStatusesApart) {
  std::atomic<uint64_t> served{0};
  TinyServer server([&](const std::string&) -> std::string {
    if (++served % 2 == 0) return Ok("no");
    return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
  });
  const auto report = RunServerLoad(LoadOf(server, {.duration = milliseconds(100)}, "yes"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->clean());
  EXPECT_EQ(report->succeeded, 0u);
  EXPECT_EQ(report->wrong_answers, report->by_status.at(200).count());
  EXPECT_EQ(report->completed,
            report->by_status.at(200).count() + report->by_status.at(503).count());
}

TEST(ServerLoadTest, MeasuresEachStatusApart) {
  std::atomic<uint64_t> served{0};
  TinyServer server([&](const std::string&) -> std::string {
    if (++served % 2 == 0) return "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n";
    std::this_thread::sleep_for(milliseconds(20));
    return Ok("yes");
  });
  const auto report = RunServerLoad(LoadOf(server, {.duration = milliseconds(200)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GE(report->by_status.at(200).min(), milliseconds(20));
  EXPECT_LT(report->by_status.at(503).Quantile(0.5), milliseconds(10));
}

// A server that needs 50 ms for every request cannot give 100 a second on one connection. Counted
// from when a request was sent, each would seem to take 50 ms.
TEST(ServerLoadTest, AnOpenLoopCountsTheWaitForASlowServer) {
  TinyServer server([](const std::string&) {
    std::this_thread::sleep_for(milliseconds(50));
    return Ok("yes");
  });
  const auto report =
      RunServerLoad(LoadOf(server, {.concurrency = 1, .rate = 100, .duration = milliseconds(500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->latency.max(), milliseconds(200));
  EXPECT_GT(report->unsent, 20u);
  EXPECT_GT(report->late_starts, 3u);
  EXPECT_EQ(report->latency.count(), report->completed + report->unsent);
}

// The server stops once, for 300 ms. A closed loop meets that with the one request that it has in
// flight; in an open loop a share of 300 ms / 1500 ms of all requests was due meanwhile.
class StallingServer {
 public:
  TinyServer::Answer answer() {
    return [this](const std::string&) {
      if (++served_ == 20) std::this_thread::sleep_for(milliseconds(300));
      return Ok("yes");
    };
  }

 private:
  std::atomic<int> served_{0};
};

TEST(ServerLoadTest, AStallShowsInTheOpenLoopsPercentiles) {
  StallingServer stalling;
  TinyServer server(stalling.answer());
  const auto report = RunServerLoad(
      LoadOf(server, {.concurrency = 1, .rate = 400, .duration = milliseconds(1'500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_GT(report->latency.Quantile(0.99), milliseconds(250));
  EXPECT_GT(report->latency.Quantile(0.9), milliseconds(100));
  EXPECT_GE(report->late_starts, 100u);
}

TEST(ServerLoadTest, AStallHidesFromTheClosedLoopsPercentiles) {
  StallingServer stalling;
  TinyServer server(stalling.answer());
  const auto report =
      RunServerLoad(LoadOf(server, {.concurrency = 1, .duration = milliseconds(1'500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  ASSERT_GT(report->completed, 200u);
  EXPECT_LT(report->latency.Quantile(0.99), milliseconds(100));
  EXPECT_GT(report->latency.max(), milliseconds(290));
}

TEST(ServerLoadTest, AnOpenLoopKeepsItsRate) {
  TinyServer server([](const std::string&) { return Ok("yes"); });
  const auto report =
      RunServerLoad(LoadOf(server, {.concurrency = 8, .rate = 200, .duration = milliseconds(500)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->completed + report->unsent, 100u);
}

TEST(ServerLoadTest, SaysWhenTheServerIsNotThereOrHangsUp) {
  ServerLoadOptions nobody{{*Endpoint::Parse("unix:/nonexistent.sock")}, {}, {{{"x"}, ""}}};
  EXPECT_EQ(ReasonOf(RunServerLoad(nobody).status()), Reason::kIo);
  TinyServer rude([](const std::string&) { return std::string("<close>"); });
  const auto report = RunServerLoad(LoadOf(rude, {.duration = std::chrono::seconds(20)}));
  EXPECT_EQ(ReasonOf(report.status()), Reason::kIo);
}

TEST(ServerLoadTest, ReportsWhatItMeasuredUntilTheServerWentAway) {
  std::atomic<int> served{0};
  TinyServer leaving(
      [&](const std::string&) { return ++served <= 50 ? Ok("yes") : std::string("<close>"); });
  const auto report =
      RunServerLoad(LoadOf(leaving, {.concurrency = 2, .duration = std::chrono::seconds(30)}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->succeeded, 50u);
  EXPECT_GT(report->failures, 0u);
  EXPECT_THAT(report->ended_early, ::testing::HasSubstr("connections in a row were lost"));
  EXPECT_FALSE(report->clean());
  EXPECT_LT(report->elapsed, std::chrono::seconds(30));
}

TEST(ServerLoadTest, WaitsForWhatIsInFlightWhenNoConnectionIsToBeHad) {
  constexpr std::string_view kLast =
      "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 3\r\n\r\nyes<close>";
  std::atomic<uint64_t> served{0};
  TinyServer* self = nullptr;
  TinyServer leaving([&](const std::string&) {
    const uint64_t number = ++served;
    if (number == 10) self->StopListening();
    if (number > 10) std::this_thread::sleep_for(milliseconds(200));
    return number == 10 ? std::string(kLast) : Ok("yes");
  });
  self = &leaving;
  const auto report = RunServerLoad(
      LoadOf(leaving, {.concurrency = 4, .duration = std::chrono::seconds(30)}, "yes"));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->succeeded, served);
  EXPECT_EQ(report->failures, 0u);
  EXPECT_NE(report->ended_early, "");
  EXPECT_LT(report->elapsed, std::chrono::seconds(30));
}

TEST(ServerLoadTest, CountsRequestsThatAreNeverAnswered) {
  TinyServer mute([](const std::string&) { return std::string(); });
  ServerLoadOptions options = LoadOf(mute, {.concurrency = 3, .duration = milliseconds(20)});
  options.timeout = milliseconds(60);
  const auto report = RunServerLoad(options);
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->timeouts, 3u);
  EXPECT_EQ(report->completed, 0u);
}

// By a table: when a request was due and what it took, in tenths of the measured time.
TEST(LoadReportTest, LatencyBelongsToWhenARequestWasDueAndAnAnswerToWhenItCame) {
  const struct {
    int since, took;
    bool has_answer;
    uint64_t completed, answered, latencies;
  } kTable[] = {
      {0, 1, true, 1, 1, 1},   {9, 0, true, 1, 1, 1},  {9, 1, true, 1, 0, 1},
      {-3, 2, true, 0, 0, 0},  {-3, 3, true, 0, 1, 0}, {-3, 20, true, 0, 0, 0},
      {5, 40, false, 0, 0, 1},
  };
  for (const auto& row : kTable) {
    LoadReport report;
    report.slice_length = milliseconds(10);
    report.Record(milliseconds(10 * row.since), milliseconds(10 * row.took), row.has_answer);
    EXPECT_EQ(report.completed, row.completed) << row.since << "+" << row.took;
    EXPECT_EQ(report.answered, row.answered) << row.since << "+" << row.took;
    EXPECT_EQ(report.latency.count(), row.latencies) << row.since << "+" << row.took;
  }
}

TEST(LoadReportTest, AnOpenLoopsRateIsOfRequestsDueInTheMeasuredTime) {
  LoadReport report;
  report.open_loop = true;
  report.elapsed = milliseconds(100);
  report.slice_length = milliseconds(10);
  for (int i = 0; i < 50; ++i)  // a backlog of the warm-up
    report.Record(milliseconds(-50), milliseconds(60), /*has_answer=*/true);
  EXPECT_EQ(report.per_second(), 0);
  report.Record(milliseconds(15), milliseconds(200), /*has_answer=*/true);
  report.Record(milliseconds(15), milliseconds(85), /*has_answer=*/false);
  EXPECT_EQ(report.per_second(), 10);
  EXPECT_EQ(report.slices[1].answered, 1u);
  EXPECT_EQ(report.unanswered(), 1u);
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
