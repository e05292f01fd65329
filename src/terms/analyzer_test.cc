#include "terms/analyzer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace slipway::terms {
namespace {

/// The terms in order of their bytes, between bars; or the message.
std::string Terms(AnalyzerOptions options, std::string_view text) {
  const auto analyzer = Analyzer::Create(std::move(options));
  if (!analyzer.ok()) return std::string(MessageOf(analyzer.status()));
  Analyzer::Scratch scratch;
  std::vector<std::string> terms;
  const Status status =
      analyzer->Analyze(text, scratch, [&](std::string_view term) { terms.emplace_back(term); });
  if (!status.ok()) return std::string(MessageOf(status));
  std::sort(terms.begin(), terms.end());
  std::string joined;
  for (const std::string& term : terms) joined += (joined.empty() ? "" : "|") + term;
  return joined;
}

// Expected: sorted(CountVectorizer(...).build_analyzer()(text)) of scikit-learn 1.9.
TEST(AnalyzerTest, FindsWordsInLowerCase) {
  EXPECT_EQ(Terms({}, "The CAT sat. A cat!"), "cat|cat|sat|the");
  EXPECT_EQ(Terms({.lowercase = false}, "The CAT"), "CAT|The");
  EXPECT_EQ(Terms({}, ""), "");
}

TEST(AnalyzerTest, LeavesStopWordsOutBeforeItJoins) {
  EXPECT_EQ(Terms({.ngram_max = 2, .stop_words = {"the"}}, "cat the dog"), "cat|cat dog|dog");
  EXPECT_EQ(Terms({.ngram_min = 2, .ngram_max = 3}, "aa bb cc"), "aa bb|aa bb cc|bb cc");
  EXPECT_EQ(Terms({.ngram_min = 2, .ngram_max = 2}, "alone"), "");
}

TEST(AnalyzerTest, LowersBeforeItStripsAccents) {
  EXPECT_EQ(Terms({.accents = Accents::kUnicode}, "ÉTÉ İo"), "ete|io");
  EXPECT_EQ(Terms({.accents = Accents::kAscii}, "Жaa bb½"), "aa|bb12");
}

TEST(AnalyzerTest, CountsCharactersOfTheWholeText) {
  EXPECT_EQ(Terms({.unit = Unit::kChar, .ngram_min = 2, .ngram_max = 3}, "a  b\nc"),
            "\nc| b| b\n|a |a b|b\n|b\nc");
  EXPECT_EQ(Terms({.unit = Unit::kChar}, "é😀中"), "é|中|😀");
  EXPECT_EQ(Terms({.unit = Unit::kChar, .ngram_min = 3, .ngram_max = 5}, "ab"), "");
}

TEST(AnalyzerTest, PadsWordsForTheirCharacters) {
  EXPECT_EQ(Terms({.unit = Unit::kCharInWords, .ngram_min = 3, .ngram_max = 4}, "ab c"),
            " ab| ab | c |ab ");
  EXPECT_EQ(Terms({.unit = Unit::kCharInWords, .ngram_min = 5, .ngram_max = 6}, "ab\tabc"),
            " ab | abc ");
}

TEST(AnalyzerTest, RefusesTextsThatAreNotUtf8) {
  EXPECT_EQ(Terms({}, "a\xff"), "a text is not UTF-8");
}

TEST(AnalyzerTest, BoundsNgrams) {
  EXPECT_EQ(Terms({.ngram_max = 1'000'000'000}, ""),
            "n-grams of up to 1000000000: at most 64 are read");
  EXPECT_EQ(Terms({.ngram_min = 0}, ""), "n-grams: expected 1 <= min <= max, got 0 and 1");
  EXPECT_EQ(Terms({.ngram_min = 2}, ""), "n-grams: expected 1 <= min <= max, got 2 and 1");
}

}  // namespace
}  // namespace slipway::terms
