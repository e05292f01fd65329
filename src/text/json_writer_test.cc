#include "text/json_writer.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "text/json_reader.h"
#include "text/number_format.h"

namespace slipway {
namespace {

TEST(JsonWriterTest, PutsCommasBetweenMembersAndElements) {
  std::string out = "> ";
  JsonWriter w(out);
  w.BeginObject()
      .Key("a")
      .BeginArray()
      .Int(-1)
      .Uint(2)
      .Double(0.5)
      .EndArray()
      .Key("b")
      .BeginObject();
  w.EndObject().Key("c").Null().Key("d").Bool(true).Key("e").Raw("[1]").EndObject();
  EXPECT_EQ(out, R"(> {"a":[-1,2,0.5],"b":{},"c":null,"d":true,"e":[1]})");
}

TEST(JsonWriterTest, EscapesWhatJsonCannotHold) {
  std::string out;
  AppendJsonString(out, std::string_view("\"\\/\b\f\n\r\t\x01\x1F\x7F\0é", 14));
  EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000é\"");
}

TEST(JsonWriterTest, ReplacesWhatIsNotUtf8) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"a\xFFz", "\"a\uFFFDz\""},
      {"\xE2\x82", "\"\uFFFD\uFFFD\""},
      {"\xED\xA0\x80!", "\"\uFFFD\uFFFD\uFFFD!\""},
      {"\xF0\x9F\x98\x80\xC0\"", "\"\xF0\x9F\x98\x80\uFFFD\\\"\""}};
  for (const auto& [bytes, text] : cases) {
    std::string out;
    AppendJsonString(out, bytes);
    EXPECT_EQ(out, text);
  }
}

/// Whatever the bytes, what comes out is one JSON string.
TEST(JsonWriterTest, EveryPairOfBytesGivesValidJson) {
  for (int a = 0; a < 256; ++a)
    for (int b = 0; b < 256; ++b) {
      const char bytes[2] = {static_cast<char>(a), static_cast<char>(b)};
      std::string out;
      AppendJsonString(out, {bytes, 2});
      JsonReader reader(out);
      std::string_view read;
      ASSERT_TRUE(reader.ReadString(&read).ok() && reader.End().ok()) << a << ' ' << b;
    }
}

template <typename T>
std::string Text(T value) {
  std::string out;
  return AppendNumber(out, value) ? out : "refused";
}

TEST(NumberFormatTest, WritesTheShortestTextThatIsAFloat) {
  EXPECT_EQ(Text(1.0f), "1.0");
  EXPECT_EQ(Text(-0.0f), "-0.0");
  EXPECT_EQ(Text(0.1f), "0.1");
  EXPECT_EQ(Text(0.1), "0.1");
  EXPECT_EQ(Text(16777216.0f), "16777216.0");
  EXPECT_EQ(Text(std::numeric_limits<float>::max()), "3.4028235e38");
  EXPECT_EQ(Text(std::numeric_limits<float>::denorm_min()), "1e-45");
  EXPECT_EQ(Text(std::numeric_limits<double>::denorm_min()), "5e-324");
  EXPECT_EQ(Text(INFINITY), "refused");
  EXPECT_EQ(Text(std::nan("")), "refused");
}

TEST(NumberFormatTest, FloatsChangeToExponentsAtTheEdges) {
  const std::pair<float, std::string_view> cases[] = {
      {0.00001234f, "0.00001234"},   {0.000001234f, "1.234e-6"},     {-1e-10f, "-1e-10"},
      {1234567.5f, "1234567.5"},     {1e15f, "1000000000000000.0"},  {1e16f, "1e16"},
      {123456790.0f, "123456790.0"}, {9.999999e-5f, "0.00009999999"}};
  for (const auto& [value, text] : cases) EXPECT_EQ(Text(value), text);
}

/// Significant digits without point, exponent and outer zeros.
std::string Digits(std::string_view text) {
  std::string digits;
  for (const char c : text.substr(0, text.find('e')))
    if (c >= '0' && c <= '9' && !(digits.empty() && c == '0')) digits += c;
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

/// As short as the standard library's, with the same digits, and back to the same bits.
TEST(NumberFormatTest, FloatsAreShortestAndExact) {
  const char* const scale = std::getenv("SLIPWAY_TEST_SCALE");
  const uint32_t step = scale != nullptr && std::string_view(scale) == "release" ? 13 : 5003;
  for (uint64_t bits = 0; bits < 0x7F800000; bits += step) {
    const float value = std::bit_cast<float>(static_cast<uint32_t>(bits));
    char ours[kMaxNumberText], theirs[64];
    const char* const end = FormatNumber(value, ours);
    float back = -1;
    ASSERT_EQ(std::from_chars(ours, end, back).ptr, end);
    ASSERT_EQ(std::bit_cast<uint32_t>(back), bits);
    const char* const their_end =
        std::to_chars(theirs, theirs + 64, value, std::chars_format::scientific).ptr;
    ASSERT_EQ(Digits({ours, end}), Digits({theirs, their_end})) << bits;
  }
}

/// Several at once say the same as one alone, whatever stands beside it, and end where it does.
TEST(NumberFormatTest, FloatsInARowAreWrittenAsAlone) {
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::vector<float> values(random() % 40);
    for (float& value : values) {
      const uint32_t bits = random();
      value = std::bit_cast<float>(bits % 7 == 0 ? bits & 0x807FFFFF : bits);  // subnormal
      if (bits % 11 == 0) value = 0;
      if (!std::isfinite(value) && round % 8 != 0) value = -1;
    }
    std::string expected;
    size_t count = 0;
    for (; count < values.size() && AppendNumber(expected, values[count]); ++count) expected += ',';
    std::string ours(values.size() * (kMaxNumberText + 1), '?');
    char* end = ours.data();
    ASSERT_EQ(FormatNumbers(std::span<const float>(values), &end), count);
    ASSERT_EQ(ours.substr(0, static_cast<size_t>(end - ours.data())), expected);
  }
}

TEST(NumberFormatTest, TokensStandBetweenNumbers) {
  std::vector<float> values(20, 0.5f);
  values[0] = NAN;
  values[9] = -INFINITY;
  values[10] = INFINITY;
  values[19] = NAN;
  std::string out;
  EXPECT_EQ(AppendNumberList(
                out, values.size(), [&](size_t i) { return values[i]; }, NonFinite::kTokens),
            20u);
  EXPECT_EQ(
      out,
      "NaN,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,-Infinity,Infinity,0.5,0.5,0.5,0.5,0.5,0.5,0.5,0.5,"
      "NaN");
}

TEST(NumberFormatTest, WholeNumbersKeepAllTheirBits) {
  EXPECT_EQ(Text(INT64_MIN), "-9223372036854775808");
  EXPECT_EQ(Text(UINT64_MAX), "18446744073709551615");
  EXPECT_EQ(Text(int8_t{-128}), "-128");
}

TEST(NumberFormatTest, ArraysAreSeparatedAcrossChunks) {
  std::vector<uint8_t> values(130, 7);
  std::string out;
  EXPECT_EQ(AppendNumberArray(out, std::span<const uint8_t>(values)), values.size());
  std::string expected = "[";
  for (int i = 0; i < 130; ++i) expected += i == 129 ? "7]" : "7,";
  EXPECT_EQ(out, expected);
  out.clear();
  AppendNumberArray(out, std::span<const float>());
  EXPECT_EQ(out, "[]");
}

TEST(NumberFormatTest, AnArrayNamesItsFirstNumberThatJsonCannotSay) {
  std::vector<float> values(100, 1);
  values[70] = NAN;
  std::string out;
  EXPECT_EQ(AppendNumberArray(out, std::span<const float>(values)), 70u);
}

}  // namespace
}  // namespace slipway
