#include "protocol/instances/nested.h"

#include <cmath>
#include <cstring>

namespace slipway::instances {
namespace {

/// One value read as `dtype` and written back, "FP32 [2,2] [[1.0,2.0],[3.0,4.0]]", or the error.
std::string Reread(DType dtype, std::string_view text, bool cells = false) {
  Arena arena;
  JsonReader json(text, {.allow_nan_tokens = true});
  const TensorSpec spec{.dtype = dtype, .any_number = cells};
  NestedReader reader(spec, arena);
  if (const Status read = reader.Read(json); !read.ok()) return std::string(MessageOf(read));
  if (const Status end = json.End(); !end.ok()) return std::string(MessageOf(end));
  const Tensor tensor = reader.One();
  EXPECT_TRUE(CheckData(tensor).ok());
  std::string out = ToString(tensor.dtype, tensor.shape) + " ";
  const Status written = AppendNested(tensor, {NonFinite::kTokens}, out);
  return written.ok() ? out : std::string(MessageOf(written));
}

template <typename T>
Tensor Make(DType dtype, Shape shape, std::vector<T> values) {
  return {dtype, std::move(shape),
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                  values.size() * sizeof(T)))};
}

TEST(NestedTest, TheNestingIsTheShape) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"5", "INT32 [] 5"},
      {" [ 1 ,2, 3 ] ", "INT32 [3] [1,2,3]"},
      {"[[1,2],[3,4],[5,6]]", "INT32 [3,2] [[1,2],[3,4],[5,6]]"},
      {"[[[1],[2]],[[3],[4]]]", "INT32 [2,2,1] [[[1],[2]],[[3],[4]]]"},
      {"[[[[7]]]]", "INT32 [1,1,1,1] [[[[7]]]]"},
      {"[]", "INT32 [0] []"},
      {"[[],[]]", "INT32 [2,0] [[],[]]"},
      {"[[[]],[[]]]", "INT32 [2,1,0] [[[]],[[]]]"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Reread(DType::kInt32, text), expected);
}

TEST(NestedTest, RaggedListsAreRefusedAtTheByte) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"[[1,2],[3]]", "JSON, byte 10: expected a list of 2 like those before it, got 1"},
      {"[[1],[2,3]]", "JSON, byte 10: expected a list of 1 like those before it, got 2"},
      {"[1,[2]]", "JSON, byte 3: expected an element, as before it, and no list, got '['"},
      {"[[1],2]", "JSON, byte 5: expected a list, as before it, got '2'"},
      {"[[],[1]]", "JSON, byte 7: expected a list of 0 like those before it, got 1"},
      {"[[],[[]]]", "JSON, byte 5: expected an element, as before it, and no list, got '['"},
      {"[[[1]],[]]", "JSON, byte 9: expected a list of 1 like those before it, got 0"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(Reread(DType::kInt32, text), expected);
}

TEST(NestedTest, CellsOfATableMayBeMissingTrueAndFalse) {
  const std::tuple<DType, std::string_view, std::string_view> cases[] = {
      {DType::kFp64, "[[1,null,3],[true,false,NaN]]", "FP64 [2,3] [[1.0,NaN,3.0],[1.0,0.0,NaN]]"},
      {DType::kFp32, "[null,1,2,true]", "FP32 [4] [NaN,1.0,2.0,1.0]"},
      {DType::kFp64, "null", "FP64 [] NaN"},
      {DType::kFp64, "[1,\"a\"]", "JSON, byte 3: expected a number, got '\"'"},
      {DType::kBytes, R"(["a",null])", R"(BYTES [2] ["a",""])"},
      {DType::kBytes, "[true]", "JSON, byte 1: expected a string, got 't'"},
  };
  for (const auto& [dtype, text, expected] : cases)
    EXPECT_EQ(Reread(dtype, text, /*cells=*/true), expected);
  EXPECT_EQ(Reread(DType::kFp64, "[1,null]"), "JSON, byte 3: expected a number, got 'n'");
}

TEST(NestedTest, EveryDataTypeKeepsItsExtremes) {
  const std::tuple<DType, std::string_view, std::string_view> cases[] = {
      {DType::kBool, "[true,false]", "BOOL [2] [true,false]"},
      {DType::kInt8, "[-128,127]", "INT8 [2] [-128,127]"},
      {DType::kUint8, "[0,255]", "UINT8 [2] [0,255]"},
      {DType::kInt16, "[-32768]", "INT16 [1] [-32768]"},
      {DType::kUint16, "[65535]", "UINT16 [1] [65535]"},
      {DType::kInt32, "[-2147483648]", "INT32 [1] [-2147483648]"},
      {DType::kUint32, "[4294967295]", "UINT32 [1] [4294967295]"},
      {DType::kInt64, "[-9223372036854775808]", "INT64 [1] [-9223372036854775808]"},
      {DType::kUint64, "[18446744073709551615]", "UINT64 [1] [18446744073709551615]"},
      {DType::kFp16, "[65504,1]", "FP16 [2] [65504.0,1.0]"},
      {DType::kBf16, "[1.5]", "BF16 [1] [1.5]"},
      {DType::kFp32, "[0.1,1e10,-0.0,7]", "FP32 [4] [0.1,10000000000.0,-0.0,7.0]"},
      {DType::kFp64, "[0.1,5e-324]", "FP64 [2] [0.1,5e-324]"},
      {DType::kBytes, R"(["","a\"\u00e9"])", "BYTES [2] [\"\",\"a\\\"é\"]"},
      {DType::kBytes, R"([{"b64":"AP8="},{ "b64" : "" }])",
       "element 0 is not UTF-8, which JSON cannot say"},
  };
  for (const auto& [dtype, text, expected] : cases) EXPECT_EQ(Reread(dtype, text), expected);
}

TEST(NestedTest, WhatATypeCannotHoldIsRefused) {
  const std::tuple<DType, std::string_view, std::string_view> cases[] = {
      {DType::kInt64, "[9223372036854775808]",
       "JSON, byte 1: expected a whole number from -9223372036854775808 to 9223372036854775807, "
       "got 9223372036854775808"},
      {DType::kInt32, "[1.0]",
       "JSON, byte 1: expected a whole number from -2147483648 to 2147483647, got 1.0"},
      {DType::kInt32, "[NaN]", "JSON, byte 1: NaN and Infinity are no JSON numbers"},
      {DType::kFp32, "[1e39]",
       "JSON, byte 1: expected a number within the range of a 32-bit float, got 1e39"},
      {DType::kFp16, "[65536]",
       "JSON, byte 1: expected a number within the range of the 16-bit type, got 65536"},
      {DType::kFp32, "[null]", "JSON, byte 1: expected a number, got 'n'"},
      {DType::kBool, "[1]", "JSON, byte 1: expected true or false, got '1'"},
      {DType::kBytes, "[1]", "JSON, byte 1: expected a string, got '1'"},
      {DType::kBytes, R"([{"b64":"A"}])",
       "JSON, byte 11: base64: expected a multiple of 4 characters, got 1"},
      {DType::kBytes, R"([{"b":"AA=="}])", "JSON, byte 6: expected {\"b64\": \"<base64>\"}"},
      {DType::kBytes, R"([{"b64":"","x":1}])", "JSON, byte 15: expected nothing beside \"b64\""},
      {DType::kBytes, "[{}]", "JSON, byte 3: expected {\"b64\": \"<base64>\"}"},
  };
  for (const auto& [dtype, text, expected] : cases) EXPECT_EQ(Reread(dtype, text), expected);
}

TEST(NestedTest, NanTokensAreFloats) {
  EXPECT_EQ(Reread(DType::kFp32, "[NaN,Infinity, -Infinity,1,-Infinity]"),
            "FP32 [5] [NaN,Infinity,-Infinity,1.0,-Infinity]");
  EXPECT_EQ(Reread(DType::kFp64, "[[1,NaN],[ NaN ,2]]"), "FP64 [2,2] [[1.0,NaN],[NaN,2.0]]");
  EXPECT_EQ(Reread(DType::kFp16, "[-Infinity,NaN]"), "FP16 [2] [-Infinity,NaN]");
  EXPECT_EQ(Reread(DType::kBf16, "Infinity"), "BF16 [] Infinity");
}

TEST(NestedTest, NanTokensAreRefusedUnlessAskedFor) {
  Arena arena;
  JsonReader json("[NaN]");
  const TensorSpec spec{.dtype = DType::kFp32};
  EXPECT_EQ(MessageOf(NestedReader(spec, arena).Read(json)),
            "JSON, byte 1: NaN and Infinity are no JSON numbers");
  std::string out;
  EXPECT_EQ(MessageOf(AppendNested(Make<float>(DType::kFp32, {2}, {1, NAN}), {}, out)),
            "element 1 is NaN or infinite, which JSON cannot say");
}

TEST(NestedTest, DepthIsBoundedWithoutRecursion) {
  const auto lists = [](size_t n) { return std::string(n, '[') + "1" + std::string(n, ']'); };
  EXPECT_TRUE(Reread(DType::kInt8, lists(kMaxRank)).starts_with("INT8 [1,1"));
  EXPECT_EQ(Reread(DType::kInt8, lists(kMaxRank + 1)),
            "JSON, byte 32: expected at most 32 nested lists");
  EXPECT_EQ(Reread(DType::kInt8, std::string(1'000'000, '[')),
            "JSON, byte 32: expected at most 32 nested lists");
}

TEST(NestedTest, MemoryFollowsTheText) {
  std::string text = "[1";
  for (int i = 1; i < 100'000; ++i) text += ",1";
  text += "]";
  Arena arena;
  JsonReader json(text);
  const TensorSpec spec{.dtype = DType::kFp64};
  NestedReader reader(spec, arena);
  ASSERT_TRUE(reader.Read(json).ok());
  EXPECT_EQ(reader.One().data.size(), 800'000u);
  EXPECT_EQ(reader.One().as<double>()[99'999], 1.0);
}

TEST(NestedTest, ValuesOfOneShapeAreStacked) {
  Arena arena;
  const TensorSpec spec{.dtype = DType::kInt32};
  NestedReader reader(spec, arena);
  for (const std::string_view text : {"[1,2]", "[3,4]", "[5,6]"}) {
    JsonReader json(text);
    ASSERT_TRUE(reader.Read(json).ok());
  }
  std::string out;
  ASSERT_TRUE(AppendNested(reader.Stacked(), {}, out).ok());
  EXPECT_EQ(out, "[[1,2],[3,4],[5,6]]");
  JsonReader json("7");
  EXPECT_EQ(MessageOf(reader.Read(json)), "JSON, byte 0: expected a list, as before it, got '7'");
}

TEST(NestedTest, BytesAreBase64WhenAskedFor) {
  std::string wire, out;
  for (const std::string_view element : {std::string_view("\0\xff", 2), std::string_view("ab")})
    AppendBytesElement(wire, element);
  const Tensor tensor{DType::kBytes, {2, 1}, Buffer::Own(wire)};
  ASSERT_TRUE(AppendNested(tensor, {.base64 = true}, out).ok());
  EXPECT_EQ(out, R"([[{"b64":"AP8="}],[{"b64":"YWI="}]])");
}

TEST(NestedTest, EmptyListsAreBounded) {
  std::string out;
  EXPECT_TRUE(AppendNested(Make<float>(DType::kFp32, {kMaxEmptyLists, 0}, {}), {}, out).ok());
  EXPECT_EQ(MessageOf(AppendNested(Make<float>(DType::kFp32, {int64_t{1} << 40, 0}, {}), {}, out)),
            "expected at most 1048576 empty lists, got 1099511627776");
  out.clear();
  EXPECT_TRUE(AppendNested(Make<float>(DType::kFp32, {2, 0, int64_t{1} << 40}, {}), {}, out).ok());
  EXPECT_EQ(out, "[[],[]]");
}

}  // namespace
}  // namespace slipway::instances
