#include "cli/bench_compare.h"

namespace slipway::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(JudgeTest, AWordNeedsSpreadsThatLieApart) {
  const std::vector<double> kNoisy = {90, 95, 100, 105, 110, 900};
  const struct {
    std::vector<double> earlier, now;
    bool more_is_better;
    Verdict verdict;
  } kTable[] = {
      {{100, 101, 102}, {100, 101, 102}, false, Verdict::kSame},
      {{100, 101, 102}, {102, 103, 104}, false, Verdict::kSame},
      {{100, 101, 102}, {110, 111, 112}, false, Verdict::kWorse},
      {{100, 101, 102}, {110, 111, 112}, true, Verdict::kBetter},
      {{110, 111, 112}, {100, 101, 102}, false, Verdict::kBetter},
      {{110, 111, 112}, {100, 101, 102}, true, Verdict::kWorse},
      // Less than a histogram's bucket is no difference.
      {{100, 100, 100}, {100.8, 100.8, 100.8}, false, Verdict::kSame},
      {{100.8, 100.8, 100.8}, {100, 100, 100}, true, Verdict::kSame},
      // One slice of six that was disturbed does not hide a difference, nor make one.
      {kNoisy, {200, 205, 210, 215, 220, 225}, false, Verdict::kWorse},
      {kNoisy, {100, 100, 100, 100, 100, 1}, false, Verdict::kSame},
      {{100, 101}, {200, 201}, false, Verdict::kTooShort},
      {{}, {}, false, Verdict::kTooShort},
  };
  for (const auto& row : kTable)
    EXPECT_EQ(Judge({0, row.earlier}, {0, row.now}, row.more_is_better), row.verdict)
        << row.earlier.front() << " to " << row.now.front();
}

ReadReport Parsed(const std::string& facts, const std::string& runs) {
  const auto report =
      ReadReport::Parse("{\"format_version\":1," + facts + "\"runs\":[" + runs + "]}");
  EXPECT_TRUE(report.ok()) << report.status();
  return *report;
}

std::string RunText(int concurrency, int p50) {
  return fmt::format(
      R"({{"loop":"closed","concurrency":{},"latency_us":{{"p50":{}}},"slices":{{"p50":[{},{},{}]}}}})",
      concurrency, p50, p50, p50, p50);
}

TEST(CompareTest, NamesWhatIsNotAlikeAndComparesTheSameLoads) {
  const ReadReport earlier =
      Parsed(R"("protocol":"http","tls":false,)", RunText(1, 100) + "," + RunText(4, 100));
  const ReadReport now = Parsed(R"("protocol":"grpc","tls":false,)",
                                RunText(1, 100) + "," + RunText(2, 100) + "," + RunText(4, 150));
  const Comparison comparison = Compare(earlier, now);
  EXPECT_THAT(comparison.differences,
              ElementsAre("protocol: http, now grpc", "2 in flight: not in the earlier report"));
  ASSERT_EQ(comparison.runs.size(), 2u);
  EXPECT_TRUE(comparison.any_worse());
  const std::string text = ComparisonText(comparison);
  EXPECT_THAT(text, HasSubstr("1 in flight     p50 1.000\n"));
  EXPECT_THAT(text, HasSubstr("4 in flight     p50 1.500 (worse)\n"));
  EXPECT_THAT(ComparisonJson(comparison), HasSubstr(R"("verdict":"worse")"));
  EXPECT_FALSE(Compare(earlier, earlier).any_worse());
}

TEST(ReadReportTest, RefusesWhatIsNoReport) {
  for (const std::string text :
       {"", "[]", "{}", R"({"format_version":2,"runs":[]})", R"({"format_version":1,"runs":{}})",
        R"({"format_version":1,"runs":[{"latency_us":{"p50":"x"}}]})",
        R"({"format_version":1,"runs":[]} x)"})
    EXPECT_EQ(ReasonOf(ReadReport::Parse(text).status()), Reason::kBadRequest) << text;
}

}  // namespace
}  // namespace slipway::cli
