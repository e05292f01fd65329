#include "text/decimal.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <random>

namespace slipway {
namespace {

Decimal Scan(std::string_view text) {
  Decimal number;
  const char* broken = nullptr;
  const char* const after = ScanDecimal(text.data(), text.data() + text.size(), &number, &broken);
  EXPECT_EQ(after, text.data() + text.size()) << text;
  return number;
}

float FloatOf(std::string_view text) {
  float value = -1;
  return ToFloat(Scan(text), &value) ? value : INFINITY;
}

double DoubleOf(std::string_view text) {
  double value = -1;
  return ToDouble(Scan(text), &value) ? value : HUGE_VAL;
}

TEST(DecimalTest, StopsWhereTheGrammarBreaks) {
  const std::pair<std::string_view, int> broken_at[] = {
      {"", 0},     {"-", 1},  {"+1", 0},  {".5", 0},   {"-.5", 1}, {"1.", 2},
      {"1.e5", 2}, {"1e", 2}, {"1e+", 3}, {"1E-x", 3}, {"NaN", 0}, {"-x", 1}};
  for (const auto& [text, offset] : broken_at) {
    Decimal number;
    const char* broken = nullptr;
    EXPECT_EQ(ScanDecimal(text.data(), text.data() + text.size(), &number, &broken), nullptr);
    EXPECT_EQ(broken - text.data(), offset) << text;
  }
}

TEST(DecimalTest, LeavesWhatFollowsTheNumber) {
  const std::pair<std::string_view, int> length[] = {{"01", 1},    {"-0,1", 2}, {"12]", 2},
                                                     {"1.5.2", 3}, {"1e5e", 3}, {"0x1", 1}};
  for (const auto& [text, taken] : length) {
    Decimal number;
    const char* broken;
    EXPECT_EQ(ScanDecimal(text.data(), text.data() + text.size(), &number, &broken) - text.data(),
              taken)
        << text;
  }
}

TEST(DecimalTest, RoundsToFloatOnceNotTwice) {
  // Just above the midpoint of 1 and its successor; by way of double it would fall back to 1.
  EXPECT_EQ(FloatOf("1.00000005960464477540"), std::nextafterf(1, 2));
  EXPECT_EQ(FloatOf("1.000000059604644775390625"), 1.0f);  // the midpoint itself, to even
  EXPECT_EQ(FloatOf("16777217"), 16777216.0f);
  EXPECT_EQ(FloatOf("16777219"), 16777220.0f);
}

TEST(DecimalTest, ADoubleToNarrowKeepsTheSideOfWhatLiesHalfWay) {
  const double half_way = 1 + 0x1p-11;  // 1.00048828125
  const double above = std::nextafter(half_way, 2), below = std::nextafter(half_way, 0);
  const std::pair<std::string, double> cases[] = {
      {"1.00048828125", half_way},
      {"0.0100048828125000e+2", half_way},
      {"1.000488281250000000001", above},
      {"1.000488281249999999999", below},
      {"1.00048828125" + std::string(5000, '0') + "1", above},
      {"100048828124" + std::string(5000, '9') + "e-5011", below},
      {"0." + std::string(5000, '0') + "100048828125e5001", half_way},
      {"0." + std::string(5000, '0') + "1000488281250000000001e5001", above},
      // Sixteen digits, which are all that is known of the nearest double.
      {"0.00006106495857238770", std::nextafter(6.1064958572387695e-05, 1)},
      {"0.5", 0.5},
      {"0.1", 0.1},
      {"65520", 65520},
      {"65519.99999999999999999", std::nextafter(65520.0, 0)},
      {"1e23", 1e23},
      {"0.0e7", 0},
      {"1e-400", 0},
      {"1e300", 1e300},
  };
  for (const auto& [text, expected] : cases) {
    double value = -1;
    EXPECT_TRUE(ToDoubleToNarrow(Scan(text), &value)) << text;
    EXPECT_EQ(value, expected) << text;
    EXPECT_TRUE(ToDoubleToNarrow(Scan("-" + text), &value)) << text;
    EXPECT_EQ(std::bit_cast<uint64_t>(value), std::bit_cast<uint64_t>(-expected)) << text;
  }
  double value;
  EXPECT_FALSE(ToDoubleToNarrow(Scan("1e400"), &value));
}

TEST(DecimalTest, TellsOverflowFromUnderflow) {
  EXPECT_EQ(FloatOf("3.4028235e38"), std::numeric_limits<float>::max());
  EXPECT_EQ(FloatOf("3.40282356e38"), std::numeric_limits<float>::max());
  for (const std::string_view big : {"3.4028236e38", "1e39", "-1e39", "1e999999999999", "1e400"})
    EXPECT_TRUE(std::isinf(FloatOf(big))) << big;
  for (const std::string_view small : {"1e-50", "-1e-46", "0e999", "0.0e-999999999999", "1e-400"})
    EXPECT_EQ(FloatOf(small), 0) << small;
  EXPECT_TRUE(std::signbit(FloatOf("-1e-50")));
  EXPECT_EQ(FloatOf("1e-45"), std::numeric_limits<float>::denorm_min());
  EXPECT_TRUE(std::isinf(DoubleOf("1.8e308")));
  EXPECT_EQ(DoubleOf("4.9e-324"), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(DoubleOf("1e-400"), 0);
  EXPECT_EQ(DoubleOf("0." + std::string(400, '0') + "1e401"), 1);
  EXPECT_EQ(DoubleOf("1" + std::string(400, '0') + "e-400"), 1);
  EXPECT_TRUE(std::isinf(DoubleOf("1" + std::string(400, '0'))));
}

TEST(DecimalTest, WholeNumbersKeepAllTheirBits) {
  int64_t i;
  uint64_t u;
  EXPECT_TRUE(ToInt64(Scan("-9223372036854775808"), &i));
  EXPECT_EQ(i, INT64_MIN);
  EXPECT_TRUE(ToInt64(Scan("9223372036854775807"), &i));
  EXPECT_EQ(i, INT64_MAX);
  EXPECT_TRUE(ToUint64(Scan("18446744073709551615"), &u));
  EXPECT_EQ(u, UINT64_MAX);
  EXPECT_TRUE(ToUint64(Scan("-0"), &u));
  EXPECT_EQ(u, 0u);
  for (const std::string_view bad : {"9223372036854775808", "-9223372036854775809", "1.0", "1e3",
                                     "99999999999999999999", "10000000000000000000"})
    EXPECT_FALSE(ToInt64(Scan(bad), &i)) << bad;
  for (const std::string_view bad :
       {"-1", "18446744073709551616", "1.0", "99999999999999999999999"})
    EXPECT_FALSE(ToUint64(Scan(bad), &u)) << bad;
}

/// Every path against the standard library's correctly rounded conversion.
TEST(DecimalTest, AgreesWithFromCharsOnRandomDecimals) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 200'000; ++round) {
    std::string text = random() % 2 ? "-" : "";
    const auto digits = [&](size_t n) {
      std::string s;
      while (s.size() < n) s += static_cast<char>('0' + random() % 10);
      return s;
    };
    text += random() % 3 ? std::to_string(random() % 1000) : "1" + digits(random() % 24);
    if (random() % 4)
      text += "." + std::string(random() % 3 ? 0 : random() % 12, '0') + digits(1 + random() % 20);
    if (random() % 4 == 0) text += "e" + std::to_string(static_cast<int>(random() % 100) - 50);
    float want_float;
    double want_double;
    const char* const end = text.data() + text.size();
    if (std::from_chars(text.data(), end, want_float).ec == std::errc()) {
      ASSERT_EQ(std::bit_cast<uint32_t>(FloatOf(text)), std::bit_cast<uint32_t>(want_float))
          << text;
    }
    if (std::from_chars(text.data(), end, want_double).ec == std::errc()) {
      ASSERT_EQ(std::bit_cast<uint64_t>(DoubleOf(text)), std::bit_cast<uint64_t>(want_double))
          << text;
    }
  }
}

}  // namespace
}  // namespace slipway
