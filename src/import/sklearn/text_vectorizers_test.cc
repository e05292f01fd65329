// Vectorizers of texts whose states are broken or ask for what is not read.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "import/sklearn/sklearn.h"

namespace slipway::importing {
namespace {

using ::testing::HasSubstr;

struct Parts {
  std::string_view name = "CountVectorizer";
  std::string_view analyzer = "S'word'\n";
  std::string_view ngram_range = "(I1\nI1\nt";
  std::string_view pattern = R"(S'\\b\\w+\\b'
)";
  std::string_view further = "S'vocabulary_'\n(dS'a'\nI1\nsS'b'\nI0\ns";
};

/// What becomes of a vectorizer, as pickles of protocol 0 spell it: "" when it is read.
std::string Refusal(const Parts& parts) {
  const std::string bytes = fmt::format(
      "\x80\x02"
      "csklearn.feature_extraction.text\n{}\n)\x81}}(S'analyzer'\n{}S'ngram_range'\n{}"
      "S'token_pattern'\n{}{}ub.",
      parts.name, parts.analyzer, parts.ngram_range, parts.pattern, parts.further);
  const auto document = pickle::Read(std::as_bytes(std::span(bytes)));
  if (!document.ok()) return std::string(MessageOf(document.status()));
  const auto imported = ImportScikitLearn(**document);
  return imported.ok() ? "" : std::string(MessageOf(imported.status()));
}

TEST(TextVectorizersTest, VocabulariesNumberTheirColumns) {
  EXPECT_EQ(Refusal({}), "");
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"S'vocabulary_'\n(dS'a'\nI0\nsS'b'\nI0\ns", "expected each of the columns 0 to 1 once"},
      {"S'vocabulary_'\n(dS'a'\nI0\nsS'b'\nI2\ns", "expected each of the columns 0 to 1 once"},
      {"S'vocabulary_'\n(dS'a'\nI-1\ns", "expected each of the columns 0 to 0 once"},
      {"S'vocabulary_'\n(dS'a'\nF0.5\ns", "expected each of the columns 0 to 0 once"},
      {"S'vocabulary_'\n(dS'a'\nI0\nsS'a'\nI1\ns", "a term stands in it twice"},
      {"S'vocabulary_'\n(dI7\nI0\ns", "expected terms of text, got an int"},
      {"S'vocabulary_'\n(d", "expected 1 to 4194304 terms, got 0"},
      {"S'vocabulary_'\nI1\n", "expected"},
      {"S'binary'\nI00\n", "vocabulary_: missing; the estimator was not fitted"},
  };
  for (const auto& [further, message] : kCases)
    EXPECT_THAT(Refusal({.further = further}), HasSubstr(message));
}

TEST(TextVectorizersTest, NgramsAreBounded) {
  // No term is that long: what cannot be found is not looked for.
  EXPECT_EQ(Refusal({.ngram_range = "(I1\nI1000000000\nt"}), "");
  const Parts hashing = {.name = "HashingVectorizer",
                         .ngram_range = "(I1\nI1000000000\nt",
                         .further = "S'n_features'\nI16\n"};
  EXPECT_EQ(Refusal(hashing),
            "HashingVectorizer: n-grams of up to 1000000000: at most 64 are read");
  for (const std::string_view range :
       {"(I0\nI1\nt", "(I2\nI1\nt", "(I1\nt", "(S'a'\nI1\nt", "I1\n"})
    EXPECT_THAT(Refusal({.ngram_range = range}), HasSubstr("ngram_range: expected"));
}

TEST(TextVectorizersTest, HashesAreNoWiderThanATable) {
  const auto refusal = [](std::string_view features) {
    return Refusal({.name = "HashingVectorizer", .further = features});
  };
  EXPECT_EQ(refusal("S'n_features'\nI1048576\n"), "");
  EXPECT_THAT(refusal("S'n_features'\nL1099511627776L\n"),
              HasSubstr("at most 4194304 are supported, got 1099511627776"));
  EXPECT_THAT(refusal("S'n_features'\nI0\n"), HasSubstr("expected 1 or more, got 0"));
}

TEST(TextVectorizersTest, FunctionsOfOnesOwnAreRefusedByTheirParameter) {
  EXPECT_THAT(Refusal({.analyzer = "S'lines'\n"}),
              HasSubstr("analyzer: expected \"word\", \"char\" or \"char_wb\", got \"lines\""));
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"S'tokenizer'\ncbuiltins\nlist\n",
       "tokenizer: expected None, got builtins.list, which is code"},
      {"S'preprocessor'\ncbuiltins\nlist\n",
       "preprocessor: expected \"unicode\", \"ascii\" or None, got builtins.list"},
      {"S'input'\nS'filename'\n", "input: expected \"content\", got \"filename\""},
      {"S'stop_words'\nS'german'\n",
       "stop_words: expected \"english\" or a list of words, got \"german\""},
  };
  for (const auto& [parameter, message] : kCases) {
    const std::string further = fmt::format("{}{}", parameter, Parts().further);
    EXPECT_THAT(Refusal({.further = further}), HasSubstr(message));
  }
}

TEST(TextVectorizersTest, PatternsThatAreNotReadAreNamed) {
  EXPECT_EQ(Refusal({.pattern = "S'(\\\\w)\\\\1'\n"}),
            "CountVectorizer: token pattern \"(\\w)\\1\", byte 6: this escape is not read (\\w \\d "
            "\\s \\b and their complements are)");
  EXPECT_THAT(Refusal({.pattern = "S'(?:(?:a{999}){999}){999}'\n"}),
              HasSubstr("more than 2,000 instructions"));
}

}  // namespace
}  // namespace slipway::importing
