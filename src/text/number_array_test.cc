#include "text/number_array.h"

#include <cmath>

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
  for (const std::string_view text : {"[1,2,3,4,5,6]", "[[1,2,3],[4,5,6]]", "[[[1,2],[3,4]],[[5,6]]]",
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
       {"", "1", "[", "[1", "[1,", "[1,]", "[,1]", "[1,,2]", "[1 2]", "[01]", "[1.]", "[.5]", "[+1]",
        "[1]]", "[[1]", "[1,2}", "[1e]", "[-]", "[1_000]", "[0x10]", "[1,2,3,4,5,6,7,8,9,10,11,12,x]"})
    EXPECT_FALSE(Read(bad, &values).ok()) << bad;
}

TEST(NumberArrayTest, DepthIsTheReadersOwnLimit) {
  std::vector<float> values;
  EXPECT_TRUE(Read(std::string(100, '[') + "1" + std::string(100, ']'), &values).ok());
  EXPECT_EQ(MessageOf(Read(std::string(120, '[') + "1" + std::string(120, ']'), &values)),
            "JSON, byte 100: nested deeper than 100");
  EXPECT_FALSE(Read(std::string(250'000, '['), &values).ok());
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

}  // namespace
}  // namespace slipway
