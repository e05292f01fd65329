#include "bundle/example.h"

#include <cmath>
#include <limits>

namespace slipway::bundle {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

StatusOr<Buffer> NoFiles(const std::string& path) {
  return Error(Reason::kBadModel, "no {}", path);
}

StatusOr<Example> Parse(std::string_view json, const ReadRaw& read_raw = NoFiles) {
  return ParseExample("first", json, read_raw);
}

StatusOr<Tensor> ParseTensor(std::string_view tensor, const ReadRaw& read_raw = NoFiles) {
  ASSIGN_OR_RETURN(
      const Example example,
      Parse(fmt::format(R"({{"origin": "self", "inputs": [], "outputs": [{{"name": "y", {}}}]}})",
                        tensor),
            read_raw));
  return example.outputs.at(0).tensor;
}

TEST(ExampleTest, ReadsTheSpecification) {
  const auto example = Parse(R"({
    "origin": "scikit-learn", "framework_version": "1.7.2", "later": [1, {}],
    "inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [14.23, 1.71]}],
    "outputs": [{"name": "label", "datatype": "INT64", "shape": [1], "data": [0]},
                {"name": "p", "data": [[0.97, 0.02, 0.01]], "shape": [1, 3], "datatype": "FP32",
                 "tolerance": {"absolute": 1e-6, "relative": 1e-5}}]})");
  ASSERT_TRUE(example.ok()) << example.status();
  EXPECT_EQ(example->name, "first");
  EXPECT_EQ(example->origin, "scikit-learn");
  EXPECT_EQ(example->framework_version, "1.7.2");
  EXPECT_THAT(example->inputs.at(0).tensor.as<float>(), ElementsAre(14.23f, 1.71f));
  EXPECT_THAT(example->outputs.at(1).tensor.as<float>(), ElementsAre(0.97f, 0.02f, 0.01f));
  ASSERT_EQ(example->tolerances.size(), 2u);
  EXPECT_EQ(example->tolerances[0].absolute, 0);
  EXPECT_EQ(example->tolerances[1].absolute, 1e-6);
  EXPECT_EQ(example->tolerances[1].relative, 1e-5);
}

TEST(ExampleTest, ReadsEveryType) {
  EXPECT_THAT(
      ParseTensor(R"("datatype": "BOOL", "shape": [2], "data": [true, false])")->as<uint8_t>(),
      ElementsAre(1, 0));
  EXPECT_THAT(ParseTensor(R"("datatype": "UINT8", "shape": [1], "data": [255])")->as<uint8_t>(),
              ElementsAre(255));
  EXPECT_THAT(ParseTensor(R"("datatype": "INT16", "shape": [1], "data": [-32768])")->as<int16_t>(),
              ElementsAre(-32768));
  EXPECT_THAT(ParseTensor(R"("datatype": "UINT64", "shape": [1], "data": [18446744073709551615])")
                  ->as<uint64_t>(),
              ElementsAre(std::numeric_limits<uint64_t>::max()));
  EXPECT_THAT(ParseTensor(R"("datatype": "FP16", "shape": [2], "data": [1, -2.5])")->as<uint16_t>(),
              ElementsAre(0x3c00, 0xc100));
  EXPECT_THAT(ParseTensor(R"("datatype": "BF16", "shape": [1], "data": [1])")->as<uint16_t>(),
              ElementsAre(0x3f80));
  EXPECT_THAT(ParseTensor(R"("datatype": "FP64", "shape": [], "data": [0.1])")->as<double>(),
              ElementsAre(0.1));
  const auto strings =
      ParseTensor(R"("datatype": "BYTES", "shape": [2, 1], "data": [["é\n"], [""]])");
  ASSERT_TRUE(strings.ok()) << strings.status();
  BytesReader reader(strings->data.bytes());
  std::string_view element;
  ASSERT_TRUE(reader.Next(&element));
  EXPECT_EQ(element, "é\n");
}

/// One element of every type, and long data, through files and back.
TEST(ExampleTest, WhatIsRenderedIsReadBack) {
  const std::pair<DType, std::string> cases[] = {{DType::kBool, "[true, false]"},
                                                 {DType::kUint8, "[0, 255]"},
                                                 {DType::kUint16, "[1, 65535]"},
                                                 {DType::kUint32, "[1, 4294967295]"},
                                                 {DType::kUint64, "[1, 18446744073709551615]"},
                                                 {DType::kInt8, "[-128, 127]"},
                                                 {DType::kInt16, "[-32768, 1]"},
                                                 {DType::kInt32, "[-2147483648, 1]"},
                                                 {DType::kInt64, "[-9223372036854775808, 1]"},
                                                 {DType::kFp16, "[1, -2.5]"},
                                                 {DType::kBf16, "[1, -2.5]"},
                                                 {DType::kFp32, "[0.1, 1e-45]"},
                                                 {DType::kFp64, "[0.1, 5e-324]"},
                                                 {DType::kBytes, R"(["é \" \n", ""])"}};
  for (const auto& [dtype, data] : cases) {
    const auto read = Parse(fmt::format(R"({{"origin": "self", "inputs": [],
                         "outputs": [{{"name": "y", "datatype": "{}", "shape": [2], "data": {},
                                       "tolerance": {{"absolute": 0.5}}}}]}})",
                                        NameOf(dtype), data));
    ASSERT_TRUE(read.ok()) << read.status();
    const auto files = RenderExample(*read);
    ASSERT_TRUE(files.ok()) << files.status();
    const auto again = Parse(
        files->at("examples/first.json"),
        [&](const std::string& path) -> StatusOr<Buffer> { return Buffer::Own(files->at(path)); });
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(Compare(read->outputs, {again->outputs[0].tensor}, {}).ok()) << NameOf(dtype);
    EXPECT_EQ(again->tolerances.at(0).absolute, 0.5);
  }
}

TEST(ExampleTest, BytesThatAreNoTextAndLongDataLieInFilesOfTheirOwn) {
  std::string wire;
  AppendBytesElement(wire, "\xff");
  const Tensor bytes{DType::kBytes, {1}, Buffer::Own(wire)};
  const Tensor zeros{DType::kInt8, {100'000}, Buffer::Own(std::string(100'000, '\0'))};
  const auto files = RenderExample({"a", "self", "", {{"x", bytes}}, {{"y", zeros}}, {{}}});
  ASSERT_TRUE(files.ok()) << files.status();
  EXPECT_EQ(files->size(), 3U);
  EXPECT_EQ(files->at("examples/a.input0.bin"), wire);
  EXPECT_EQ(files->at("examples/a.output0.bin").size(), 100'000U);
  const Tensor wrong{DType::kInt8, {2}, Buffer::Own(std::string(1, '\0'))};
  EXPECT_THAT(MessageOf(RenderExample({"a", "self", "", {}, {{"y", wrong}}, {}}).status()),
              HasSubstr("example \"a\", output \"y\""));
}

TEST(ExampleTest, ReadsRawFilesBesideIt) {
  const float values[] = {1.0f, std::numeric_limits<float>::infinity()};
  const ReadRaw read_raw = [&](const std::string& path) -> StatusOr<Buffer> {
    EXPECT_EQ(path, "examples/first.y.bin");
    return Buffer(std::as_bytes(std::span(values)));
  };
  const auto tensor =
      ParseTensor(R"("datatype": "FP32", "shape": [2], "file": "first.y.bin")", read_raw);
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_THAT(tensor->as<float>(), ElementsAre(values[0], values[1]));
  EXPECT_FALSE(
      ParseTensor(R"("datatype": "FP32", "shape": [3], "file": "first.y.bin")", read_raw).ok());
}

TEST(ExampleTest, NamesWhatIsWrong) {
  const std::pair<std::string, std::string> tensors[] = {
      {R"("shape": [1], "data": [1])", "output \"y\": unknown datatype \"\""},
      {R"("datatype": "FP31", "shape": [1], "data": [1])", "unknown datatype \"FP31\""},
      {R"("datatype": "FP32", "data": [1])", "\"shape\" is missing"},
      {R"("datatype": "FP32", "shape": [1])", "either \"data\" or \"file\""},
      {R"("datatype": "FP32", "shape": [1], "data": [1], "file": "x")",
       "either \"data\" or \"file\""},
      {R"("datatype": "FP32", "shape": [1], "file": "../x")", "\"..\" is not allowed"},
      {R"("datatype": "FP32", "shape": [2], "data": [1])", "expected 2 elements, got 1"},
      {R"("datatype": "FP32", "shape": [2], "data": [1, 2, 3])", "expected 2 elements, got 3"},
      {R"("datatype": "FP32", "shape": [-1], "data": [1])", "got [-1]"},
      {R"("datatype": "FP32", "shape": [16, 1152921504606846978], "data": [1])", "element count"},
      {R"("datatype": "FP32", "shape": [1000000000000], "data": [1])",
       "expected 1000000000000 elements"},
      {R"("datatype": "BYTES", "shape": [1000000000000], "data": ["a"])", "1000000000000"},
      {R"("datatype": "FP32", "shape": [1], "data": ["1"])", "JSON, byte"},
      {R"("datatype": "FP32", "shape": [1], "data": [NaN])", "JSON, byte"},
      {R"("datatype": "FP32", "shape": [1], "data": [1e39])", "JSON, byte"},
      {R"("datatype": "FP16", "shape": [1], "data": [70000])", "JSON, byte"},
      {R"("datatype": "UINT8", "shape": [1], "data": [256])", "JSON, byte"},
      {R"("datatype": "INT64", "shape": [1], "data": [1.0])", "JSON, byte"},
      {R"("datatype": "BOOL", "shape": [1], "data": [1])", "JSON, byte"},
      {R"("datatype": "FP32", "shape": [1], "data": [1], "tolerance": {"absolute": -1})",
       "tolerance: expected 0 or more"},
  };
  for (const auto& [tensor, message] : tensors) {
    const auto parsed = ParseTensor(tensor);
    ASSERT_FALSE(parsed.ok()) << tensor;
    EXPECT_EQ(ReasonOf(parsed.status()), Reason::kBadModel) << tensor;
    EXPECT_THAT(MessageOf(parsed.status()), HasSubstr("examples/first.json: ")) << tensor;
    EXPECT_THAT(MessageOf(parsed.status()), HasSubstr(message)) << tensor;
  }
  EXPECT_THAT(MessageOf(Parse(R"({"inputs": [], "outputs": []})").status()),
              HasSubstr("\"origin\" is missing"));
  EXPECT_THAT(MessageOf(Parse(R"({"origin": "x"})").status()), HasSubstr("\"outputs\" is missing"));
  EXPECT_FALSE(Parse(R"({"origin": "x"} )"
                     "x")
                   .ok());
}

TEST(ExampleTest, KnowsItsFileNames) {
  EXPECT_EQ(ExampleNameOf("examples/first.json"), "first");
  EXPECT_EQ(ExampleNameOf("examples/a.b-c_9.json"), "a.b-c_9");
  for (const char* path :
       {"first.json", "examples/.json", "examples/a/b.json", "examples/.hidden.json",
        "examples/a.bin", "examples/a b.json", "model.onnx"}) {
    EXPECT_EQ(ExampleNameOf(path), "") << path;
  }
  EXPECT_EQ(ExampleNameOf("examples/" + std::string(64, 'a') + ".json"), "");
}

TEST(ExampleTest, MustFitTheSignature) {
  const Signature signature = {{{"x", DType::kFp32, {-1, 2}}, {"k", DType::kInt64, {}, true}},
                               {{"y", DType::kFp32, {-1, 2}}}};
  const auto check = [&](std::string_view inputs, std::string_view outputs) {
    const auto example = Parse(
        fmt::format(R"({{"origin": "x", "inputs": [{}], "outputs": [{}]}})", inputs, outputs));
    EXPECT_TRUE(example.ok()) << example.status();
    const Status status = CheckExample(*example, signature);
    return status.ok() ? "ok" : std::string(MessageOf(status));
  };
  const std::string x = R"({"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]})";
  const std::string y = R"({"name": "y", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]})";
  const std::string wide =
      R"({"name": "y", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]})";
  EXPECT_EQ(check(x, y), "ok");
  EXPECT_THAT(check("", y), HasSubstr("input \"x\" is missing"));
  EXPECT_THAT(check(x + "," + x, y), HasSubstr("input \"x\" occurs twice"));
  EXPECT_THAT(check(x + "," + y, y), HasSubstr("input \"y\": the model has none of this name"));
  EXPECT_THAT(check(x, wide), HasSubstr("output \"y\": expected FP32 [-1,2], got FP32 [1,3]"));
}

Tensor Floats(std::vector<float> values) {
  Tensor tensor{DType::kFp32, {static_cast<int64_t>(values.size())}, {}};
  std::string bytes(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
  tensor.data = Buffer::Own(std::move(bytes));
  return tensor;
}

std::string Compared(Tensor expected, Tensor got, Tolerance tolerance = {}) {
  const Status status = Compare({{"y", std::move(expected)}}, {std::move(got)}, {tolerance});
  if (status.ok()) return "ok";
  EXPECT_EQ(ReasonOf(status), Reason::kBadModel);
  return std::string(MessageOf(status));
}

TEST(CompareTest, FloatsWithinTolerance) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN(),
                  kInf = std::numeric_limits<float>::infinity();
  EXPECT_EQ(Compared(Floats({1, kNan, kInf, -kInf, 0}), Floats({1, kNan, kInf, -kInf, -0.0f})),
            "ok");
  EXPECT_EQ(Compared(Floats({100}), Floats({101}), {1, 0}), "ok");
  EXPECT_EQ(Compared(Floats({100}), Floats({101}), {0, 0.01}), "ok");
  EXPECT_EQ(Compared(Floats({100}), Floats({101.5}), {0.5, 0.01}), "ok");
  EXPECT_EQ(
      Compared(Floats({1, 100}), Floats({1, 101.5}), {0.25, 0.01}),
      "output \"y\", element 1: expected 100, got 101.5 (tolerance: 0.25 absolute, 0.01 relative)");
  EXPECT_NE(Compared(Floats({1}), Floats({kNan}), {1e9, 0}), "ok");
  EXPECT_NE(Compared(Floats({kNan}), Floats({1}), {1e9, 0}), "ok");
  EXPECT_NE(Compared(Floats({kInf}), Floats({1}), {1e9, 1e9}), "ok");
  EXPECT_NE(Compared(Floats({kInf}), Floats({-kInf}), {1e9, 1e9}), "ok");
  EXPECT_NE(Compared(Floats({1}), Floats({kInf}), {1e9, 1e9}), "ok");
}

TEST(CompareTest, IntegersAndStringsExactly) {
  const auto parse = [](std::string_view tensor) { return ParseTensor(tensor).value(); };
  const Tensor seven = parse(R"("datatype": "INT64", "shape": [1], "data": [7])");
  const Tensor eight = parse(R"("datatype": "INT64", "shape": [1], "data": [8])");
  const Tensor yes = parse(R"("datatype": "BYTES", "shape": [1], "data": ["yes"])");
  const Tensor no = parse(R"("datatype": "BYTES", "shape": [1], "data": ["no"])");
  EXPECT_EQ(Compared(seven, seven), "ok");
  EXPECT_EQ(Compared(seven, eight, {100, 100}), "output \"y\", element 0: expected 7, got 8");
  EXPECT_EQ(Compared(yes, yes), "ok");
  EXPECT_EQ(Compared(yes, no), "output \"y\", element 0: expected \"yes\", got \"no\"");
}

TEST(CompareTest, ShapesTypesAndCounts) {
  EXPECT_EQ(Compared(Floats({1}), Floats({1, 2})), "output \"y\": expected FP32 [1], got FP32 [2]");
  Tensor integers = Floats({1});
  integers.dtype = DType::kInt32;
  EXPECT_EQ(Compared(Floats({1}), integers), "output \"y\": expected FP32 [1], got INT32 [1]");
  Tensor cut = Floats({1});
  cut.data = Buffer();
  EXPECT_EQ(Compared(Floats({1}), cut), "output \"y\": expected 4 bytes, got 0");
  EXPECT_FALSE(Compare({{"y", Floats({1})}}, {}, {}).ok());
}

}  // namespace
}  // namespace slipway::bundle
