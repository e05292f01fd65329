#include "text/json_reader.h"

namespace slipway {
namespace {

Status Check(std::string_view text, JsonReader::Options options = {}) {
  JsonReader reader(text, options);
  RETURN_IF_ERROR(reader.Skip());
  return reader.End();
}

TEST(JsonReaderTest, ReadsAnObjectKeyByKey) {
  JsonReader r(R"( { "id" : "a\u00e9\n" , "n" : [ 1 , -2 ] , "t":true, "x" : {"y":null} } )");
  std::string_view key;
  std::string id;
  ASSERT_TRUE(r.BeginObject().ok());
  ASSERT_TRUE(*r.NextKey(&key));
  EXPECT_EQ(key, "id");
  ASSERT_TRUE(r.ReadString(&id).ok());
  EXPECT_EQ(id, "aé\n");
  ASSERT_TRUE(*r.NextKey(&key));
  ASSERT_TRUE(r.BeginArray().ok());
  int64_t sum = 0, n;
  while (*r.NextElement()) {
    ASSERT_TRUE(r.ReadInt64(&n).ok());
    sum += n;
  }
  EXPECT_EQ(sum, -1);
  ASSERT_TRUE(*r.NextKey(&key));
  bool truth;
  ASSERT_TRUE(r.ReadBool(&truth).ok());
  EXPECT_TRUE(truth);
  ASSERT_TRUE(*r.NextKey(&key));
  std::string_view raw;
  ASSERT_TRUE(r.Skip(&raw).ok());
  EXPECT_EQ(raw, R"({"y":null})");
  EXPECT_FALSE(*r.NextKey(&key));
  EXPECT_TRUE(r.End().ok());
}

TEST(JsonReaderTest, ErrorsSayWhereWhatAndWhatCame) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "JSON, byte 0: expected a value, got the end"},
      {"[1 x]", "JSON, byte 3: expected ',' or ']', got 'x'"},
      {"{1}", "JSON, byte 1: expected a key or '}', got '1'"},
      {"{\"a\":1,}", "JSON, byte 7: expected a key, got '}'"},
      {"{\"a\" 1}", "JSON, byte 5: expected ':', got '1'"},
      {"[1,]", "JSON, byte 3: expected a value, got ']'"},
      {"tru", "JSON, byte 0: expected true or false, got 't'"},
      {"[-]", "JSON, byte 2: expected a digit, got ']'"},
      {"\"\x01\"",
       "JSON, byte 1: expected an escape in place of a control character, got byte 0x01"},
      {"\"\\q\"", "JSON, byte 2: expected an escape, got 'q'"},
      {"\"\\u12G4\"", "JSON, byte 5: expected a hexadecimal digit, got 'G'"},
      {"\"\\uD800\"", "JSON, byte 1: a lone surrogate escape is no character"},
      {"\"\xFF\"", "JSON, byte 1: the string starting here is not valid UTF-8"},
      {"\"abc", "JSON, byte 4: expected '\"' to end the string, got the end"},
      {"1 2", "JSON, byte 2: expected the end, got '2'"},
  };
  for (const auto& [text, message] : cases) EXPECT_EQ(MessageOf(Check(text)), message);
}

TEST(JsonReaderTest, DepthIsBounded) {
  EXPECT_TRUE(Check(std::string(100, '[') + std::string(100, ']')).ok());
  EXPECT_EQ(MessageOf(Check(std::string(101, '[') + std::string(101, ']'))),
            "JSON, byte 100: nested deeper than 100");
  EXPECT_FALSE(Check(std::string(250'000, '[') + std::string(250'000, ']')).ok());
  std::string objects;
  for (int i = 0; i < 101; ++i) objects += "{\"a\":";
  EXPECT_EQ(MessageOf(Check(objects)), "JSON, byte 500: nested deeper than 100");
}

TEST(JsonReaderTest, NumbersAreExactOrRefused) {
  int64_t i;
  uint64_t u;
  double d;
  EXPECT_TRUE(JsonReader("-9223372036854775808").ReadInt64(&i).ok());
  EXPECT_EQ(MessageOf(JsonReader(" 1.0").ReadInt64(&i)),
            "JSON, byte 1: expected a whole number from -2^63 to 2^63-1, got 1.0");
  EXPECT_FALSE(JsonReader("1e2").ReadInt64(&i).ok());
  EXPECT_FALSE(JsonReader("-1").ReadUint64(&u).ok());
  EXPECT_TRUE(JsonReader("1e2").ReadDouble(&d).ok());
  EXPECT_EQ(MessageOf(JsonReader("1e400").ReadDouble(&d)),
            "JSON, byte 0: expected a number within the range of a 64-bit float, got 1e400");
  const std::string long_number(5000, '9');
  EXPECT_LT(JsonReader(long_number).ReadInt64(&i).message().size(), 200u);
}

TEST(JsonReaderTest, NanTokensAreNumbersOnlyWhenAllowed) {
  for (const std::string_view token : {"NaN", "Infinity", "-Infinity"}) {
    EXPECT_FALSE(Check(token).ok()) << token;
    EXPECT_TRUE(Check(token, {.allow_nan_tokens = true}).ok()) << token;
  }
  double value;
  JsonReader reader("-Infinity", {.allow_nan_tokens = true});
  ASSERT_TRUE(reader.ReadDouble(&value).ok());
  EXPECT_EQ(value, -HUGE_VAL);
}

TEST(JsonReaderTest, NanTokensAreRefusedInWhatNobodyReads) {
  for (const std::string_view text : {"[1,NaN]", "[2,[Infinity]]"}) {
    JsonReader reader(text, {.allow_nan_tokens = true});
    ASSERT_TRUE(reader.BeginArray().ok() && *reader.NextElement() && reader.SkipUnread().ok());
    ASSERT_TRUE(*reader.NextElement());
    EXPECT_FALSE(reader.SkipUnread().ok()) << text;
  }
  JsonReader reader("[1,NaN]", {.allow_nan_tokens = true});
  ASSERT_TRUE(reader.BeginArray().ok() && *reader.NextElement() && reader.SkipUnread().ok());
  EXPECT_TRUE(*reader.NextElement() && reader.Skip().ok()) << "they are allowed after it";
}

TEST(JsonReaderTest, ABrokenNumberIsToldInAListThatIsSkipped) {
  for (const auto& [text, place] : {std::pair{"[1,2.5E-3,03,4]", "byte 11: expected ',' or ']'"},
                                    {"[1,2,-,4]", "byte 6: expected a digit"},
                                    {"[1,2,3", "byte 6: expected ',' or ']'"},
                                    {"[1,2,,4]", "byte 5: expected a value"},
                                    {"{\"a\":1,2}", "byte 7: expected a key"}}) {
    const Status skipped = JsonReader(text).Skip();
    EXPECT_NE(MessageOf(skipped).find(place), std::string_view::npos)
        << text << ": " << MessageOf(skipped);
  }
  EXPECT_TRUE(JsonReader("[1,2 ,[3,4],\"5\",-0.5e+7]").Skip().ok());
}

TEST(JsonReaderTest, EscapesDecodeToUtf8) {
  std::string_view out;
  JsonReader reader(R"("\"\\\/\b\f\n\r\t\u0041\u00e9\u20ac\ud83d\ude00\u0000")");
  ASSERT_TRUE(reader.ReadString(&out).ok());
  EXPECT_EQ(out, std::string_view("\"\\/\b\f\n\r\tAé€\xF0\x9F\x98\x80\0", 19 - 0));
}

TEST(JsonReaderTest, StringsWithoutEscapesAreNotCopied) {
  const std::string text = "\"plain\"";
  std::string_view out;
  JsonReader reader(text);
  ASSERT_TRUE(reader.ReadString(&out).ok());
  EXPECT_EQ(out.data(), text.data() + 1);
}

}  // namespace
}  // namespace slipway
