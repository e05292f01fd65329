#include "terms/token_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace slipway::terms {
namespace {

/// The tokens between bars, or the message.
std::string Tokens(std::string_view pattern, std::string_view text) {
  const auto parsed = TokenPattern::Parse(pattern);
  if (!parsed.ok()) return std::string(MessageOf(parsed.status()));
  std::vector<std::string_view> tokens;
  if (const Status status = parsed->FindAll(text, tokens); !status.ok())
    return std::string(MessageOf(status));
  std::string joined;
  for (const std::string_view token : tokens) {
    if (!joined.empty()) joined += "|";
    joined += token;
  }
  return joined;
}

Reason ReasonFor(std::string_view pattern) {
  return ReasonOf(TokenPattern::Parse(pattern).status());
}

struct Case {
  std::string_view pattern;
  std::string_view text;
  std::string_view tokens;  // as re.findall of CPython 3.11 finds them
};

TEST(TokenPatternTest, FindsWhatPythonFinds) {
  constexpr Case kCases[] = {
      {R"re((?u)\b\w\w+\b)re", "The cat's a b_c naïve 中文 a1 ١٢ été don't x-ray",
       "The|cat|b_c|naïve|中文|a1|١٢|te|don|ray"},
      {R"re((?u)\b\w\w+\b)re", "", ""},
      {R"re((?u)\b\w+\b)re", "a b c_d", "a|b|c_d"},
      {R"re(\w+)re", "a-b", "a|b"},
      {R"re(\w{3,})re", "ab abc abcd", "abc|abcd"},
      {R"re(\b[a-zA-Z]{2,}\b)re", "ab a1 1a Cd é ef_g éa hij", "ab|Cd|hij"},
      {R"re([a-zA-Z]{2,})re", "ab a1b2 éabc", "ab|abc"},
      {R"re(\b[a-z]+)re", "ab 1ab ab1", "ab|ab"},
      {R"re([a-z]+\b)re", "ab 1ab ab1", "ab|ab"},
      {R"re(\b[^\d\W]+\b)re", "ab a1 été _x 中", "ab|été|_x|中"},
      {R"re([^\s]+)re", " a  b　c ", "a|b|c"},
      {R"re(\S+)re", "a b", "a|b"},
      {R"re([A-Za-z0-9]+(?=\s+))re", "one two, three ", "one|three"},
      {R"re((?u)\b\w\w+\b|!|\?|\"|')re", "it's fine! ok?", "it|'|fine|!|ok|?"},
      {R"re(\w+|\$[\d\.]+|\S+)re", "costs $12.50, ok", "costs|$12.50|,|ok"},
      {R"re((?ui)\b\w*[a-z]+\w*\b)re", "A1 22 b2c É", "A1|b2c"},
      {R"re(\b\w+[-']?\w+\b)re", "don't x-ray a it", "don't|x-ray|it"},
      {R"re(#(\w+))re", "#one two #three4", "one|three4"},
      {R"re((?:ab|a)b?)re", "abb ab a", "abb|ab|a"},
      {R"re(a|ab)re", "ab", "a"},
      {R"re(a+?b?)re", "aab", "a|ab"},
      {R"re(<.+?>)re", "<a><b>\n<c\n>", "<a>|<b>"},
      {R"re(<.+>)re", "<a><b>", "<a><b>"},
      {R"re(x{2})re", "xxxxx", "xx|xx"},
      {R"re(x{2,3})re", "xxxxx", "xxx|xx"},
      {R"re(x{,2}y)re", "xxxy", "xxy"},
      {R"re(x{a})re", "x{a}", "x{a}"},
      {R"re([]a]+)re", "]a]b", "]a]"},
      {R"re([^]]+)re", "a]b", "a|b"},
      {R"re([a\-z]+)re", "a-zb", "a-z"},
      {R"re([a-]+)re", "a-b", "a-"},
      {R"re([\w.]+@[\w.]+)re", "me@x.org, you@y.de", "me@x.org|you@y.de"},
      {R"re(^\w+)re", "ab cd", "ab"},
      {R"re(\w+$)re", "ab cd\n", "cd"},
      {R"re(\w+\Z)re", "ab cd\n", ""},
      {R"re(\Aab|cd)re", "abcd", "ab|cd"},
      {R"re(\Bb)re", "ab b", "b"},
      {R"re((?<!\S)\w+(?!\S))re", "ab cd, ef", "ab|ef"},
      {R"re((?<=@)\w+)re", "@ab cd", "ab"},
      {R"re(\u00e9\x41)re", "éA", "éA"},
      {R"re((?i)[k-s]+)re", "KsſK k", "KsſK|k"},
      {R"re((?i)[^i]+)re", "aİIıi", "a"},
      {R"re(\d+)re", "1٢३ ²", "1٢३"},
      {R"re((?P<w>\w)\w)re", "abcd", "a|c"},
      {R"re((a)|b)re", "ab", "a|"},
      {R"re([\b])re", "\b", "\b"},
      {R"re(a.c)re", "abc a\nc a😀c", "abc|a😀c"},
      {R"re(\.\-\')re", "x.-'y", ".-'"},
      {R"re((?:a|b)*c)re", "abac c abab", "abac|c"},
      {R"re(\t+)re", "a\t\tb", "\t\t"},
      {R"re([A-Z][a-z]*(?:\s[A-Z][a-z]*)*)re", "The New York Times of london",
       "The New York Times"},
  };
  for (const Case& c : kCases) EXPECT_EQ(Tokens(c.pattern, c.text), c.tokens) << c.pattern;
}

TEST(TokenPatternTest, RefusesByNameWhatItDoesNotRead) {
  EXPECT_EQ(Tokens(R"((\w)\1)", ""),
            R"(token pattern "(\w)\1", byte 6: this escape is not read (\w \d \s \b and their )"
            "complements are)");
  for (const std::string_view pattern :
       {R"(\w*)", R"(a|)", R"((?:a?)+)", R"((?=ab)a)", R"((?<=ab)a)", R"((?s)a)", R"((?x)a)",
        R"(a++)", R"((?>a))", R"(\ud800)", R"(a{2000})", R"((?i)é)", R"((?(1)a|b))"})
    EXPECT_EQ(ReasonFor(pattern), Reason::kUnsupported) << pattern;
}

TEST(TokenPatternTest, RefusesWhatPythonRefuses) {
  for (const std::string_view pattern : {"(", ")", "[", "[a", "a)", "*", "+a", R"(\)", R"(\x1)",
                                         "[b-a]", "a{3,2}", "(a)(b)", "(?:a", "\xff"})
    EXPECT_EQ(ReasonFor(pattern), Reason::kBadModel) << pattern;
}

TEST(TokenPatternTest, BoundsWhatAPatternMayBecome) {
  EXPECT_EQ(ReasonFor("(?:(?:a{100}){100}){100}"), Reason::kUnsupported);
  std::string nested;
  for (int i = 0; i < 200; ++i) nested += "(?:";
  EXPECT_EQ(ReasonFor(nested + "a"), Reason::kUnsupported);
  EXPECT_EQ(ReasonFor(std::string(2000, 'a')), Reason::kUnsupported);
}

TEST(TokenPatternTest, TakesTimeInProportionToTheTextHoweverManyWaysThereAre) {
  const std::string text(100'000, 'a');
  EXPECT_EQ(Tokens("(?:a|a|aa)+b|c", text), "");
  EXPECT_EQ(
      Tokens("(?:a?){20}a{20}", std::string(20, 'a')),
      "token pattern \"(?:a?){20}a{20}\", byte 10: repeats of what may be empty are not read");
}

TEST(TokenPatternTest, GivesUpWhereEachTokenLooksAtTheWholeText) {
  EXPECT_EQ(Tokens("a+b|a", std::string(100'000, 'a')),
            "the model's token pattern takes too long on a text of 100000 bytes");
}

}  // namespace
}  // namespace slipway::terms
