#include "cli/bench_report.h"

#include "cli/bench_compare.h"

namespace slipway::cli {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

/// A measured second with so many answers of that latency, evenly over it.
BenchRun RunOf(int concurrency, int answers, Duration latency) {
  BenchRun run{.concurrency = concurrency, .load = {}};
  client::LoadReport& load = run.load;
  load.elapsed = std::chrono::seconds(1);
  load.slice_length = milliseconds(100);
  for (int i = 0; i < answers; ++i)
    load.Record(load.elapsed * i / answers, latency, /*has_answer=*/true);
  load.succeeded = load.completed;
  load.by_status[200] = load.latency;
  return run;
}

BenchReport ReportOf(std::vector<BenchRun> runs) {
  return {.target = "http://h/v2/models/m",
          .protocol = "http",
          .body = "json",
          .model = "m",
          .inputs = "made up, 1 rows",
          .runs = std::move(runs)};
}

TEST(KneeTest, IsWhereMoreLoadBringsMoreWaitingThanAnswers) {
  const struct {
    std::vector<std::pair<int, int>> answers_and_us;
    size_t knee;
  } kTable[] = {
      {{{1'000, 1'000}, {2'000, 1'000}, {2'100, 2'000}, {2'100, 4'000}}, 1},
      {{{1'000, 1'000}, {1'000, 2'000}}, 0},
      {{{1'000, 1'000}, {2'000, 1'100}, {4'000, 1'200}}, 2},
      {{}, 0},
  };
  for (const auto& row : kTable) {
    std::vector<BenchRun> runs;
    for (const auto& [answers, us] : row.answers_and_us)
      runs.push_back(RunOf(1, answers, microseconds(us)));
    EXPECT_EQ(KneeOf(runs), row.knee);
  }
}

TEST(KneeTest, RunsWithProblemsDoNotCount) {
  std::vector<BenchRun> runs = {RunOf(1, 100, microseconds(500)), RunOf(2, 900, microseconds(500))};
  runs[1].load.succeeded = 0;
  EXPECT_EQ(KneeOf(runs), 0u);
}

TEST(BenchTextTest, ASweepIsATableWithItsKnee) {
  BenchReport report =
      ReportOf({RunOf(1, 1'000, microseconds(900)), RunOf(4, 1'010, microseconds(3'900))});
  const std::string text = BenchText(report);
  EXPECT_THAT(
      text,
      HasSubstr("in flight    answers/s        p50        p90        p99      p99.9   errors"));
  EXPECT_THAT(text, HasSubstr("           1       1000.0      900.0"));
  EXPECT_EQ(text.find("<- knee"), text.find('\n', text.find("  1000.0")) - 7);
}

TEST(BenchTextTest, SaysWhetherARateWasKept) {
  BenchRun run = RunOf(64, 1'000, milliseconds(1));
  run.rate = 1'000;
  EXPECT_THAT(BenchText(ReportOf({run})),
              HasSubstr("1000.0 a second asked for (constant), 999.0 achieved\n"));
  run.load.late_starts = 5;
  EXPECT_THAT(BenchText(ReportOf({run})), Not(HasSubstr("not kept")));
  run.load.late_starts = 50;
  EXPECT_THAT(BenchText(ReportOf({run})),
              HasSubstr("; 50 began more than 1 ms late: the rate was not kept\n"));
}

TEST(BenchTextTest, SaysWhichLatenciesAreOfRequestsWithoutAnswer) {
  BenchRun run = RunOf(64, 1'000, milliseconds(1));
  EXPECT_THAT(BenchText(ReportOf({run})), Not(HasSubstr("never sent or")));
  run.load.Record(milliseconds(100), milliseconds(900), /*has_answer=*/false);
  const auto words = HasSubstr("of these, 1 are of requests never sent or never answered");
  EXPECT_THAT(BenchText(ReportOf({run})), words);
  EXPECT_THAT(BenchText(ReportOf({run, run})), HasSubstr("of these, 2 are"));
}

TEST(BenchJsonTest, HoldsWhatALaterReportIsComparedWith) {
  const auto read = ReadReport::Parse(BenchJson(
      ReportOf({RunOf(1, 1'000, microseconds(100)), RunOf(2, 2'000, microseconds(100))})));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->facts.at("protocol"), "http");
  EXPECT_EQ(read->facts.at("model"), "m");
  EXPECT_EQ(read->facts.at("tls"), "false");
  ASSERT_EQ(read->runs.size(), 2u);
  EXPECT_EQ(read->runs[1].concurrency, 2);
  const Measure& throughput = read->runs[0].measures.at("per_second");
  EXPECT_EQ(throughput.value, 1'000);
  EXPECT_EQ(throughput.slices, std::vector<double>(10, 1'000.0));
  EXPECT_EQ(read->runs[0].measures.at("p99.9").slices, std::vector<double>(10, 100.0));
}

}  // namespace
}  // namespace slipway::cli
