// What a strict reader takes and refuses: our own table, the public suite, and another
// implementation.

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <regex>

#include "text/json_reader.h"
#include "text/testing/json_cases.h"

namespace slipway {
namespace {

using testing::JsonCase;
using testing::Verdict;

Status Check(std::string_view text, int max_depth = 100) {
  JsonReader reader(text, {.max_depth = max_depth});
  RETURN_IF_ERROR(reader.Skip());
  return reader.End();
}

void ExpectVerdict(const JsonCase& json) {
  if (json.verdict == Verdict::kEither) return;
  const Status status = Check(json.text);
  EXPECT_EQ(status.ok(), json.verdict == Verdict::kAccept)
      << json.name << ": " << MessageOf(status);
}

TEST(JsonConformanceTest, OurOwnTable) {
  const std::vector<JsonCase> cases = testing::JsonCases();
  EXPECT_GT(cases.size(), 700u);
  for (const JsonCase& json : cases) ExpectVerdict(json);
}

TEST(JsonConformanceTest, PublicTestSuite) {
  const std::vector<JsonCase> cases = testing::JsonTestSuite();
  if (cases.empty()) GTEST_SKIP() << "JSONTestSuite cannot be fetched from the npm registry";
  const auto count = [&cases](Verdict verdict) {
    return std::ranges::count(cases, verdict, &JsonCase::verdict);
  };
  EXPECT_EQ(count(Verdict::kAccept), 95);
  EXPECT_EQ(count(Verdict::kRefuse), 188);
  EXPECT_EQ(count(Verdict::kEither), 35);
  for (const JsonCase& json : cases) ExpectVerdict(json);
}

/// simdjson refuses numbers that it cannot convert; the reader leaves that to whoever converts.
bool HasLargeNumber(const std::string& text) {
  static const std::regex large("[eE][+-]?[0-9]{3}|[0-9]{19}");
  return std::regex_search(text, large);
}

/// Random changes of small texts: both readers must agree.
TEST(JsonConformanceTest, AgreesWithSimdjsonOnMutations) {
  constexpr std::string_view kPieces[] = {"{",      "}",        "[",    "]",       ",",
                                          ":",      "\"",       "\\",   "\\u00e9", "\\uD83D\\uDE00",
                                          "\\n",    "0",        "-1",   "1.5",     "2e3",
                                          "1E-2",   "true",     "null", "false",   " ",
                                          "\n",     "\xC3\xA9", "a",    "\x01",    "\xFF",
                                          "\"k\":", "[1]",      "{}",   "-",       ".",
                                          "e",      "\"x\"",    "t"};
  constexpr std::string_view kSeeds[] = {
      R"({"id":"42","inputs":[{"name":"x","shape":[2,2],"datatype":"FP32","data":[[1,2.5],[-3e2,0]]}]})",
      R"([[1,2],["a","b\u00e9\n"],{"k":{"l":[true,false,null]}}])", R"("plain")",
      R"([1.5e10,-0.25])"};
  std::mt19937 random(11);
  simdjson::dom::parser parser;
  const char* const scale = std::getenv("SLIPWAY_TEST_SCALE");
  const int rounds = scale != nullptr && std::string_view(scale) == "release" ? 5'000'000 : 200'000;
  int accepted = 0;
  for (int round = 0; round < rounds; ++round) {
    std::string text(kSeeds[random() % std::size(kSeeds)]);
    for (int change = static_cast<int>(random() % 4); change >= 0; --change) {
      const size_t at = random() % (text.size() + 1);
      const size_t drop = std::min<size_t>(random() % 3, text.size() - at);
      text.replace(at, drop, kPieces[random() % std::size(kPieces)]);
    }
    const auto theirs = parser.parse(text).error();
    if (theirs == simdjson::NUMBER_ERROR && HasLargeNumber(text)) continue;
    const Status ours = Check(text);
    accepted += ours.ok();
    ASSERT_EQ(ours.ok(), theirs == simdjson::SUCCESS) << text << "\n"
                                                      << theirs << "\n"
                                                      << MessageOf(ours);
  }
  EXPECT_GT(accepted, rounds / 50);
}

}  // namespace
}  // namespace slipway
