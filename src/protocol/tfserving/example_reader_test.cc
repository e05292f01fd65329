#include "protocol/tfserving/example_reader.h"

#include "protocol/instances/nested.h"
#include "protocol/tfserving/testing/plenty.h"

namespace slipway::tfserving {
namespace {

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}},
                                  {"n", DType::kInt64, {-1}, /*optional=*/true},
                                  {"s", DType::kBytes, {-1, 1}, /*optional=*/true},
                                  {"img", DType::kUint8, {-1, 2, -1}, /*optional=*/true},
                                  {"free", DType::kUint8, {-1, -1, -1}, /*optional=*/true}},
                       .outputs = {}};

/// "x [[1.0,2.0]]; n [3]", or the error.
std::string Read(std::string_view body) {
  InferRequest request;
  Plenty plenty;
  if (const Status read = ReadExamples(body, kModel, request, plenty.repeated); !read.ok())
    return std::string(MessageOf(read));
  std::string out;
  for (const auto& [name, tensor] : request.inputs) {
    EXPECT_TRUE(CheckData(tensor).ok());
    out += (out.empty() ? "" : "; ") + name + " ";
    EXPECT_TRUE(instances::AppendNested(tensor, {NonFinite::kTokens}, out).ok());
  }
  return out;
}

TEST(ExampleReaderTest, FeaturesTakeTheShapeOfTheirInput) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {R"({"examples":[{"x":[1,2]},{"x":[3,NaN]}]})", "x [[1.0,2.0],[3.0,NaN]]"},
      {R"({"examples":[{"n":1},{"n":[2]}]})", "n [1,2]"},
      {R"({"examples":[{"s":"a"},{"s":{"b64":"Yg=="}}]})", R"(s [["a"],["b"]])"},
      {R"({"examples":[{"img":[1,2,3,4]}]})", "img [[[1,2],[3,4]]]"},
      {R"({"examples":[{"n":1,"x":[1,2]},{"x":[3,4],"n":2}],"signature_name":"serving_default"})",
       "x [[1.0,2.0],[3.0,4.0]]; n [1,2]"},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(Read(body), expected) << body;
}

TEST(ExampleReaderTest, TheContextIsInEveryExample) {
  EXPECT_EQ(Read(R"({"context":{"x":[1,2],"s":"ab"},"examples":[{"n":1},{"n":2}]})"),
            R"(n [1,2]; x [[1.0,2.0],[1.0,2.0]]; s [["ab"],["ab"]])");
  EXPECT_EQ(Read(R"({"examples":[{},{}],"context":{"n":5}})"), "n [5,5]");
}

TEST(ExampleReaderTest, RefusalsNameTheExampleAndTheFeature) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"{}", "\"examples\" is missing"},
      {R"({"examples":[]})", "expected at least one example"},
      {R"({"examples":{}})", "JSON, byte 12: expected an array, got '{'"},
      {R"({"examples":[1]})", "example 0: JSON, byte 13: expected an object, got '1'"},
      {R"({"examples":[{}],"examples":[{}]})", "\"examples\" is given twice"},
      {R"({"examples":[{"y":1}]})", "example 0: the model has no input \"y\""},
      {R"({"examples":[{"n":1,"n":1}]})", "example 0: feature \"n\" is given twice"},
      {R"({"examples":[{"n":1},{}]})", "example 1: feature \"n\" is missing"},
      {R"({"examples":[{"n":1},{"n":1,"s":"a"}]})",
       "example 1: feature \"s\" is not in the examples before it"},
      {R"({"examples":[{"n":[1]},{"n":[1,2]}]})",
       "example 1: feature \"n\": JSON, byte 33: expected 1 values like the examples before it, "
       "got 2"},
      {R"({"examples":[{"n":[[1]]}]})",
       "example 0: feature \"n\": JSON, byte 19: expected a number, got '['"},
      {R"({"examples":[{"n":1.5}]})",
       "example 0: feature \"n\": JSON, byte 18: expected a whole number from "
       "-9223372036854775808 to 9223372036854775807, got 1.5"},
      {R"({"examples":[{"x":[1,2,3]}]})",
       "input \"x\": expected 2 values for FP32 [-1,2] in each example, got 3"},
      {R"({"examples":[{"img":[1,2,3]}]})",
       "input \"img\": expected a multiple of 2 values for UINT8 [-1,2,-1] in each example, got 3"},
      {R"({"examples":[{"free":[1,2,3]}]})",
       "input \"free\": values of UINT8 [-1,-1,-1] cannot be told apart in an example; use "
       "predict"},
      {R"({"examples":[{"n":1}],"context":{"n":1}})",
       "feature \"n\" is given twice, once in the context"},
      {R"({"examples":[{"n":1}],"context":{"y":1}})", "the model has no input \"y\""},
      {R"({"examples":[{"n":1}],"context":{"x":true}})",
       "context: feature \"x\": JSON, byte 37: expected a number, got 't'"},
  };
  for (const auto& [body, expected] : cases) EXPECT_EQ(Read(body), expected) << body;
}

TEST(ExampleReaderTest, AContextCannotBeMultipliedWithoutLimit) {
  std::string examples = "{}";
  for (int i = 1; i < 2000; ++i) examples += ",{}";
  const std::string text(40'000, 'a');
  EXPECT_EQ(Read("{\"context\":{\"s\":\"" + text + "\"},\"examples\":[" + examples + "]}"),
            "context: feature \"s\": values that are written once and repeated may take 67108864 "
            "bytes in "
            "one request");
}

TEST(ExampleReaderTest, AContextIsCharged) {
  BodyMemory memory;
  memory.max_buffered_bytes = 20;
  BodyCharge charge;
  RepeatedBytes repeated(memory, charge);
  InferRequest request, again;
  const std::string_view two = R"({"examples":[{"n":1},{"n":2}],"context":{"x":[1,2]}})";
  EXPECT_TRUE(ReadExamples(two, kModel, request, repeated).ok());
  EXPECT_EQ(memory.budget->used(), 16u);
  EXPECT_EQ(ReasonOf(ReadExamples(two, kModel, again, repeated)), Reason::kOverloaded);
}

}  // namespace
}  // namespace slipway::tfserving
