#include "text/number_array.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <random>

namespace slipway {
namespace {

template <typename T>
Status Read(std::string_view text, std::vector<T>* values, size_t capacity = 16) {
  values->assign(capacity, T{});
  size_t count = 0;
  JsonReader reader(text);
  RETURN_IF_ERROR(ReadNumberArray(reader, std::span<T>(*values), &count));
  RETURN_IF_ERROR(reader.End());
  values->resize(std::min(count, capacity));
  return OkStatus();
}

TEST(NumberArrayTest, NestingIsFlattenedInRowMajorOrder) {
  std::vector<int32_t> values;
  for (const std::string_view text :
       {"[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]", "[[[1,2],[3,4]],[[5,6]]]",
        " [ [ 1 , 2,3 ] ,[4,\n5,6],[] ] ", "[[1], 2, [3,4], 5,6]"}) {
    ASSERT_TRUE(Read(text, &values).ok()) << text;
    EXPECT_EQ(values, (std::vector<int32_t>{1, 2, 3, 4, 5, 6})) << text;
  }
}

TEST(NumberArrayTest, CountsPastItsDestinationWithoutWriting) {
  std::vector<uint8_t> values(3, 9);
  JsonReader reader("[1,2,3,4,5]");
  size_t count;
  ASSERT_TRUE(ReadNumberArray(reader, std::span(values).first(2), &count).ok());
  EXPECT_EQ(count, 5u);
  EXPECT_EQ(values, (std::vector<uint8_t>{1, 2, 9}));
}

TEST(NumberArrayTest, RefusesWhatIsNoNumberOfTheType) {
  std::vector<int8_t> i8;
  std::vector<uint64_t> u64;
  std::vector<float> f32;
  EXPECT_EQ(MessageOf(Read("[1,128]", &i8)),
            "JSON, byte 3: expected a whole number from -128 to 127, got 128");
  EXPECT_EQ(MessageOf(Read("[1.0]", &i8)),
            "JSON, byte 1: expected a whole number from -128 to 127, got 1.0");
  EXPECT_FALSE(Read("[-1]", &u64).ok());
  EXPECT_TRUE(Read("[18446744073709551615]", &u64).ok());
  EXPECT_EQ(MessageOf(Read("[1,1e39]", &f32)),
            "JSON, byte 3: expected a number within the range of a 32-bit float, got 1e39");
  EXPECT_EQ(MessageOf(Read("[1,true]", &f32)), "JSON, byte 3: expected a number, got 't'");
  EXPECT_EQ(MessageOf(Read("[1,\"2\"]", &f32)), "JSON, byte 3: expected a number, got '\"'");
  EXPECT_EQ(MessageOf(Read("[1,{}]", &f32)), "JSON, byte 3: expected a number, got '{'");
  EXPECT_EQ(MessageOf(Read("[NaN]", &f32)), "JSON, byte 1: NaN and Infinity are no JSON numbers");
}

TEST(NumberArrayTest, BrokenArraysAreRefused) {
  std::vector<float> values;
  for (const std::string_view bad :
       {"",       "1",     "[",    "[1",   "[1,",     "[1,]",   "[,1]",
        "[1,,2]", "[1 2]", "[01]", "[1.]", "[.5]",    "[+1]",   "[1]]",
        "[[1]",   "[1,2}", "[1e]", "[-]",  "[1_000]", "[0x10]", "[1,2,3,4,5,6,7,8,9,10,11,12,x]"})
    EXPECT_FALSE(Read(bad, &values).ok()) << bad;
}

TEST(NumberArrayTest, DepthIsTheReadersOwnLimit) {
  std::vector<float> values;
  EXPECT_TRUE(Read(std::string(100, '[') + "1" + std::string(100, ']'), &values).ok());
  EXPECT_EQ(MessageOf(Read(std::string(120, '[') + "1" + std::string(120, ']'), &values)),
            "JSON, byte 100: nested deeper than 100");
  EXPECT_FALSE(Read(std::string(250'000, '['), &values).ok());
}

/// One decimal in one of the forms that arrays come in.
std::string RandomNumber(std::mt19937_64& random) {
  char text[64];
  const float value = std::bit_cast<float>(static_cast<uint32_t>(random()));
  const double unit = static_cast<double>(random() % 2'000'001) / 1e6 - 1;
  switch (random() % 8) {
    case 0:
      return {text, std::to_chars(text, text + 64, std::isfinite(value) ? value : 1.0f).ptr};
    case 1:
      return {text, std::to_chars(text, text + 64, static_cast<float>(unit)).ptr};
    case 2:
      return {text,
              std::to_chars(text, text + 64, static_cast<double>(static_cast<float>(unit))).ptr};
    case 3:
      return std::to_string(static_cast<int64_t>(random() % 2001) - 1000);
    case 4:
      return std::to_string(random());
    case 5:
      return "0." + std::string(random() % 12, '0') + std::to_string(random() % 1'000'000);
    case 6:
      return std::to_string(random() % 100) + "." + std::to_string(random());
    default:
      return "-0.0";
  }
}

/// Long arrays go through vector code, whose every way in and out must agree with reading one by
/// one.
TEST(NumberArrayTest, LongFloatArraysReadAsTheirNumbersOneByOne) {
  std::mt19937_64 random(5);
  const char* const scale = std::getenv("SLIPWAY_TEST_SCALE");
  const int rounds = scale != nullptr && std::string_view(scale) == "release" ? 200'000 : 3000;
  constexpr std::string_view kSeparators[] = {",", ",", ", ", ",  ", " ,", ",\n", "],[", "],["};
  for (int round = 0; round < rounds; ++round) {
    const std::string_view separator = kSeparators[random() % std::size(kSeparators)];
    std::string text = "[[";
    std::vector<float> expected;
    for (size_t n = random() % 60 + 1; expected.size() < n;) {
      const std::string number = RandomNumber(random);
      if (!expected.empty()) text += random() % 50 ? separator : kSeparators[random() % 8];
      text += number;
      float value;
      std::from_chars(number.data(), number.data() + number.size(), value);
      expected.push_back(value);
    }
    text += "]]";
    std::vector<float> values;
    ASSERT_TRUE(Read(text, &values, 64).ok()) << text;
    ASSERT_EQ(values.size(), expected.size()) << text;
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(std::bit_cast<uint32_t>(values[i]), std::bit_cast<uint32_t>(expected[i]))
          << i << ' ' << text;
  }
}

/// Digits with a point between two of them or none, so long as vectors take; also midpoints between
/// two floats.
std::string RandomPlainNumber(std::mt19937_64& random) {
  const std::string sign = random() % 3 ? "" : "-";
  if (random() % 8 == 0) return sign + std::to_string((1u << 24) + random() % 64);
  const size_t size = 1 + random() % 17;
  std::string digits;
  for (size_t i = 0; i < size; ++i) digits += static_cast<char>('0' + random() % 10);
  const size_t point = random() % 4 == 0 ? 1 : random() % size;  // 0: none
  if (point > 0 && point < size - 1) digits[point] = '.';
  while (digits.size() > 1 && digits[0] == '0' && digits[1] != '.') digits.erase(0, 1);
  return sign + digits;
}

TEST(NumberArrayTest, PlainNumbersOfAnyLengthReadAsTheirNumbersOneByOne) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text = "[";
    std::vector<float> expected(20 + random() % 60);
    for (float& value : expected) {
      const std::string number = RandomPlainNumber(random);
      std::from_chars(number.data(), number.data() + number.size(), value);
      text += (text.size() > 1 ? random() % 16 ? "," : ", " : "") + number;
    }
    std::vector<float> values;
    ASSERT_TRUE(Read(text + "]", &values, 128).ok()) << text;
    ASSERT_EQ(values.size(), expected.size()) << text;
    for (size_t i = 0; i < values.size(); ++i)
      ASSERT_EQ(std::bit_cast<uint32_t>(values[i]), std::bit_cast<uint32_t>(expected[i]))
          << i << ' ' << text;
  }
}

/// The same text broken at one byte is refused exactly when the reader that skips it refuses.
TEST(NumberArrayTest, LongFloatArraysAreAsStrictAsTheReader) {
  std::mt19937_64 random(6);
  constexpr std::string_view kBytes = "0123456789.-+eE, []x\"";
  int accepted = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "[";
    for (int i = 0; i < 40; ++i)
      text += (i == 0 ? "" : ",") + std::to_string(random() % 1000) + ".25";
    text += "]";
    text[random() % text.size()] = kBytes[random() % kBytes.size()];
    JsonReader skipping(text);
    const bool valid = skipping.Skip().ok() && skipping.End().ok();
    std::vector<float> values;
    const Status status = Read(text, &values, 64);
    accepted += valid;
    // A string or a range error is valid JSON and yet no float.
    if (valid && text.find('"') == std::string::npos &&
        text.find_first_of("eE") == std::string::npos) {
      ASSERT_TRUE(status.ok()) << text << '\n' << MessageOf(status);
    }
    if (!valid) {
      ASSERT_FALSE(status.ok()) << text;
    }
  }
  EXPECT_GT(accepted, 1000);
}

TEST(NumberArrayTest, MixedDepthsSurviveLongRuns) {
  std::string text = "[";
  for (int i = 0; i < 50; ++i) text += "1.5,";
  std::vector<float> values;
  ASSERT_TRUE(Read(text + "[2.5],3.5" + "]", &values, 64).ok());
  ASSERT_EQ(values.size(), 52u);
  EXPECT_EQ(values[50], 2.5f);
  EXPECT_FALSE(Read(text + "]", &values, 64).ok());
  EXPECT_FALSE(Read(text + ",1]", &values, 64).ok());
  EXPECT_FALSE(Read(text + "true]", &values, 64).ok());
}

TEST(NumberArrayTest, BoolsAreTrueAndFalseOnly) {
  uint8_t values[3] = {9, 9, 9};
  size_t count;
  JsonReader good("[true,[false]]");
  ASSERT_TRUE(ReadBoolArray(good, values, &count).ok());
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(values[0], 1);
  EXPECT_EQ(values[1], 0);
  EXPECT_EQ(values[2], 9);
  JsonReader bad("[true,1]");
  EXPECT_EQ(MessageOf(ReadBoolArray(bad, values, &count)),
            "JSON, byte 6: expected true or false, got '1'");
}

TEST(NumberArrayTest, NarrowFormsAreTheCallersRule) {
  uint16_t values[2];
  size_t count;
  const NarrowFn halve = [](double value, uint16_t* out) {
    *out = static_cast<uint16_t>(value / 2);
    return value < 100;
  };
  JsonReader good("[8,9.9]");
  ASSERT_TRUE(ReadNumberArray(good, values, halve, &count).ok());
  EXPECT_EQ(values[0], 4);
  EXPECT_EQ(values[1], 4);
  JsonReader bad("[100]");
  EXPECT_FALSE(ReadNumberArray(bad, values, halve, &count).ok());
}

TEST(NumberArrayTest, ARunEndsAtItsLimitOrItsList) {
  JsonReader reader("[1,2,3, 4\n,5],6");
  float values[4] = {};
  size_t count;
  ASSERT_TRUE(reader.BeginArray().ok());
  const auto next = [&] { return reader.NextElement().value(); };
  ASSERT_TRUE(next() && ReadNumberRun(reader, std::span<float>(values, 2), &count).ok());
  EXPECT_EQ(count, 2u);
  ASSERT_TRUE(next() && ReadNumberRun(reader, std::span<float>(values), &count).ok());
  EXPECT_EQ(count, 2u);  // the line break ends the run
  EXPECT_EQ(values[1], 4);
  ASSERT_TRUE(next() && ReadNumberRun(reader, std::span<float>(values), &count).ok());
  EXPECT_EQ(count, 1u);
  EXPECT_FALSE(next());
}

TEST(NumberArrayTest, NumbersOfNoTypeAreWhatTheirTextSays) {
  const std::string_view text = "[-0,16777217,16777217.0,5E-1,1.2345678E-3,9007199254740993]";
  for (const auto fractions : {Fractions::kFp32, Fractions::kFp64}) {
    const bool floats = fractions == Fractions::kFp32;
    JsonReader reader(text);
    double values[6];
    size_t count;
    ASSERT_TRUE(reader.BeginArray().ok() && *reader.NextElement());
    ASSERT_TRUE(ReadNumberRun(reader, std::span<double>(values), fractions, &count).ok());
    const double expected[] = {0,
                               16777217,
                               floats ? 16777216 : 16777217.0,
                               0.5,
                               floats ? 1.2345678E-3F : 1.2345678E-3,
                               9007199254740992};
    EXPECT_TRUE(std::ranges::equal(std::span(values).first(count), expected)) << floats;
  }
  JsonReader reader("1e39");
  double value;
  size_t count;
  EXPECT_EQ(MessageOf(ReadNumberRun(reader, std::span(&value, 1), Fractions::kFp32, &count)),
            "JSON, byte 0: expected a number within the range of a 32-bit float, got 1e39");
}

TEST(NumberArrayTest, NanTokensAreFloatsWhenAllowed) {
  const std::string_view text = "[1.5,NaN,-Infinity, Infinity,2.5]";
  float floats[5];
  uint16_t halves[5];
  size_t count;
  JsonReader reader(text, {.allow_nan_tokens = true}), again(text, {.allow_nan_tokens = true});
  ASSERT_TRUE(ReadNumberArray(reader, std::span<float>(floats), &count).ok());
  EXPECT_TRUE(count == 5 && std::isnan(floats[1]) && floats[2] < 0 && std::isinf(floats[2]) &&
              floats[3] > 0 && std::isinf(floats[3]) && floats[4] == 2.5f);
  const NarrowFn is_finite = [](double value, uint16_t* out) {
    *out = std::isfinite(value);
    return true;
  };
  ASSERT_TRUE(ReadNumberArray(again, halves, is_finite, &count).ok());
  EXPECT_TRUE(std::ranges::equal(halves, std::vector{1, 0, 0, 0, 1}));
  JsonReader whole(text, {.allow_nan_tokens = true});
  int32_t ints[5];
  EXPECT_EQ(MessageOf(ReadNumberArray(whole, std::span<int32_t>(ints), &count)),
            "JSON, byte 1: expected a whole number from -2147483648 to 2147483647, got 1.5");
}

}  // namespace
}  // namespace slipway
