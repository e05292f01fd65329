#include "repository/text_format.h"

namespace slipway::repository {
namespace {

using ::testing::HasSubstr;

// The tree in one line: "a=1 b{c='x'}".
std::string Dump(const std::vector<TextField>& fields) {
  std::string out;
  for (const TextField& field : fields) {
    if (!out.empty()) out += ' ';
    out += field.name;
    switch (field.value.kind) {
      case TextValue::Kind::kMessage: out += "{" + Dump(field.value.fields) + "}"; break;
      case TextValue::Kind::kString: out += "='" + field.value.text + "'"; break;
      case TextValue::Kind::kWord:
      case TextValue::Kind::kNumber: out += "=" + field.value.text; break;
    }
  }
  return out;
}

std::string Parsed(std::string_view text) {
  const auto fields = ParseTextFormat(text, "f");
  return fields.ok() ? Dump(*fields) : std::string(MessageOf(fields.status()));
}

TEST(TextFormatTest, ReadsTheGrammar) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", ""},
      {"# only a comment", ""},
      {"a: 1 b: x # note\nc: \"s\"", "a=1 b=x c='s'"},
      {"a { b { } } c < d: 1 >", "a{b{}} c{d=1}"},
      {"a: { b: 1 } c: < >", "a{b=1} c{}"},
      {"a: 1, b: 2; c { }, d { };", "a=1 b=2 c{} d{}"},
      {"a: [1, 2,3] b: []", "a=1 a=2 a=3"},
      {"a [ { b: 1 }, { b: 2 } ] c: 3", "a{b=1} a{b=2} c=3"},
      {"a: [ < b: [1, 2]; c { } >, { } ], d: 1", "a{b=1 b=2 c{}} a{} d=1"},
      {"a: -5 b: - 6 c: -inf d: 1.5e-3 e: .5 f: 0x1F g: 1e+5f", "a=-5 b=-6 c=-inf d=1.5e-3 e=.5 f=0x1F g=1e+5f"},
      {"a: 'one' \"two\"\n  # between\n 'three'", "a='onetwothree'"},
      {R"(a: "\n\t\"\'\\\101\x41\u00e9\U0001F600")", "a='\n\t\"'\\AAé😀'"},
  };
  for (const auto& [text, dump] : cases) EXPECT_EQ(Parsed(text), dump) << text;
}

TEST(TextFormatTest, NamesLineAndCulprit) {
  const std::pair<std::string, std::string> cases[] = {
      {"a: 1\nb 2", "f:2: expected ':' or '{' after \"b\", got \"2\""},
      {"a {\n b: 1\n", "f:3: expected a field name or '}', got the end of the file"},
      {"a { b: 1 >", "f:1: expected a field name or '}', got \">\""},
      {"}", "f:1: expected a field name, got \"}\""},
      {"a:", "f:1: expected a value, got the end of the file"},
      {"a: }", "f:1: expected a value, got \"}\""},
      {"a: [1 2]", "f:1: expected ',' or ']', got \"2\""},
      {"a: [1,]", "f:1: expected a value, got \"]\""},
      {"a: [[1]]", "f:1: expected a value, got \"[\""},
      {"a: \"x", "f:1: a string does not end on its line"},
      {"a: \"x\ny\"", "f:1: a string does not end on its line"},
      {"a: \"\\", "f:1: a string does not end on its line"},
      {"a: \"\\q\"", "f:1: unknown escape \\ before 'q'"},
      {"a: \"\\ud800\"", "f:1: an escape needs 4 hexadecimal digits of a character"},
      {"a: \"\\777\"", "f:1: an octal escape is above \\377"},
      {"a: -\"x\"", "f:1: expected a number after '-', got \"x\""},
      {"a: 1 @", "f:1: '@' has no meaning here"},
      {"a: 1 \x01", "f:1: byte 0x01 has no meaning here"},
      {"[type.googleapis.com/x] { }", "f:1: expected a field name, got \"[\""},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(Parsed(text), message) << text;
}

TEST(TextFormatTest, BoundsNestingFieldsAndSize) {
  std::string deep;
  for (int i = 0; i < 250'000; ++i) deep += "a{";
  EXPECT_THAT(Parsed(deep), HasSubstr("nested deeper than 32 levels"));
  std::string lists;
  for (int i = 0; i < 100'000; ++i) lists += "a[{";
  EXPECT_THAT(Parsed(lists), HasSubstr("nested deeper than 32 levels"));
  std::string many;
  for (int i = 0; i < 100'001; ++i) many += "a:1 ";
  EXPECT_THAT(Parsed(many), HasSubstr("more than 100000 fields"));
  EXPECT_THAT(Parsed(std::string((1 << 20) + 1, ' ')), HasSubstr("at most 1048576 bytes"));
}

TEST(TextFormatTest, EveryTruncationIsAnsweredCleanly) {
  const std::string text = "a: \"\\x41\" b [ { c: -1 }, < > ] # x\nd { e: [1, 'a' 'b'] };";
  for (size_t size = 0; size < text.size(); ++size) {
    const auto fields = ParseTextFormat(text.substr(0, size), "f");
    if (fields.ok()) continue;
    EXPECT_EQ(ReasonOf(fields.status()), Reason::kBadModel);
  }
}

}  // namespace
}  // namespace slipway::repository
