#include "protocol/tfserving/example_message.h"

#include "protobuf/message_writer.h"
#include "protocol/instances/nested.h"
#include "protocol/tfserving/example_reader.h"
#include "protocol/tfserving/testing/plenty.h"

namespace slipway::tfserving {
namespace {

using protobuf::MessageWriter;

const Signature kModel{.inputs = {{"x", DType::kFp32, {-1, 2}},
                                  {"n", DType::kInt64, {-1}, /*optional=*/true},
                                  {"s", DType::kBytes, {-1, 1}, /*optional=*/true},
                                  {"u", DType::kUint8, {-1, 1}, /*optional=*/true},
                                  {"h", DType::kFp16, {-1, 1}, /*optional=*/true}},
                       .outputs = {}};

std::string Wrapped(uint32_t number, std::string_view content) {
  std::string out;
  MessageWriter(out).Bytes(number, content);
  return out;
}

/// A feature of a list of kind 1 bytes, 2 floats, 3 integers.
std::string Feature(std::string_view name, uint32_t kind, std::string_view values) {
  return Wrapped(1, Wrapped(1, name) + Wrapped(2, Wrapped(kind, Wrapped(1, values))));
}
std::string Floats(std::string_view name, std::vector<float> values) {
  return Feature(name, 2, {reinterpret_cast<const char*>(values.data()), values.size() * 4});
}
std::string Ints(std::string_view name, std::string_view varints) {
  return Feature(name, 3, varints);
}
std::string Example(std::string_view features) { return Wrapped(1, Wrapped(1, features)); }

/// "x [[1.0,2.0]]; n [3]", or the error.
std::string ReadInput(std::string_view input) {
  InferRequest request;
  Plenty plenty;
  if (const Status read = ReadExampleInput(input, kModel, request, plenty.repeated); !read.ok())
    return std::string(MessageOf(read));
  std::string out;
  for (const auto& [name, tensor] : request.inputs) {
    EXPECT_TRUE(CheckData(tensor).ok());
    out += (out.empty() ? "" : "; ") + name + " ";
    EXPECT_TRUE(instances::AppendNested(tensor, {NonFinite::kTokens}, out).ok());
  }
  return out;
}
std::string Read(std::string_view examples) { return ReadInput(Wrapped(1, examples)); }

TEST(ExampleMessageTest, FeaturesTakeTheShapeAndTypeOfTheirInput) {
  EXPECT_EQ(Read(Example(Floats("x", {1, 2}) + Ints("n", "\3")) +
                 Example(Ints("n", "\4") + Floats("x", {3, 4}))),
            "x [[1.0,2.0],[3.0,4.0]]; n [3,4]");
  EXPECT_EQ(Read(Example(Feature("s", 1, "abc") + Ints("u", "\7") + Floats("h", {0.5}))),
            "s [[\"abc\"]]; u [[7]]; h [[0.5]]");
  EXPECT_EQ(Read(Example(Ints("x", "\1\2"))), "x [[1.0,2.0]]");
}

TEST(ExampleMessageTest, AContextIsInEveryExample) {
  const std::string examples = Example(Ints("n", "\1")) + Example(Ints("n", "\2"));
  const std::string context = Wrapped(2, Wrapped(1, Floats("x", {1, 2})));
  EXPECT_EQ(ReadInput(Wrapped(2, examples + context)), "n [1,2]; x [[1.0,2.0],[1.0,2.0]]");
  const std::string again = Wrapped(2, Wrapped(1, Ints("n", "\1")));
  EXPECT_EQ(ReadInput(Wrapped(2, examples + again)),
            "feature \"n\" is given twice, once in the context");
}

TEST(ExampleMessageTest, AContextDoesNotExplode) {
  std::string examples;
  for (int i = 0; i < 100; ++i) examples += Example(Ints("n", "\1"));
  const std::string large(RepeatedBytes::kMax / 100 + 1, 'x');
  InferRequest request;
  Plenty plenty;
  const std::string context = Wrapped(2, Wrapped(1, Feature("s", 1, large)));
  EXPECT_EQ(
      ReasonOf(ReadExampleInput(Wrapped(2, examples + context), kModel, request, plenty.repeated)),
      Reason::kTooLarge);
}

TEST(ExampleMessageTest, AContextIsCharged) {
  BodyMemory memory;
  memory.max_buffered_bytes = 100;
  BodyCharge charge;
  const std::string context = Wrapped(2, Wrapped(1, Floats("x", {1, 2})));
  const auto read = [&](int count) {
    std::string examples;
    for (int i = 0; i < count; ++i) examples += Example(Ints("n", "\1"));
    InferRequest request;
    RepeatedBytes repeated(memory, charge);
    return ReadExampleInput(Wrapped(2, examples + context), kModel, request, repeated);
  };
  EXPECT_TRUE(read(10).ok());
  EXPECT_EQ(memory.budget->used(), 80u);
  EXPECT_EQ(ReasonOf(read(3)), Reason::kOverloaded);
  charge.Release();
  EXPECT_TRUE(read(3).ok());
}

TEST(ExampleMessageTest, RefusesByExampleAndFeature) {
  const std::string one = Example(Floats("x", {1, 2}));
  EXPECT_EQ(ReadInput(""), "Input is empty.");
  EXPECT_EQ(Read(""), "Input is empty.");
  EXPECT_EQ(Read(Example(Ints("y", "\1"))), "example 0: the model has no input \"y\"");
  EXPECT_EQ(Read(one + Example("")), "example 1: feature \"x\" is missing");
  EXPECT_EQ(Read(one + Example(Floats("x", {1}))),
            "example 1: feature \"x\": expected 2 values like the examples before it, got 1");
  EXPECT_EQ(Read(one + Example(Floats("x", {1, 2}) + Floats("x", {1, 2}))),
            "example 1: feature \"x\": it is given twice");
  EXPECT_EQ(Read(one + Example(Ints("n", "\1"))),
            "example 1: feature \"n\": it is not in the examples before it");
  EXPECT_EQ(Read(Example(Floats("n", {1}))),
            "example 0: feature \"n\": expected values for INT64, got \"float_list\"");
  EXPECT_EQ(Read(Example(Feature("x", 1, "a"))),
            "example 0: feature \"x\": expected values for FP32, got \"bytes_list\"");
  EXPECT_EQ(Read(Example(Ints("u", "\x80\x02"))),
            "example 0: feature \"u\": expected a number of UINT8, got 256");
  EXPECT_EQ(Read(Example(Feature("x", 2, "abc"))),
            "example 0: feature \"x\": its last number is truncated");
  EXPECT_EQ(Read(Example(Floats("x", {1, 2, 3}))),
            "input \"x\": expected 2 values for FP32 [-1,2] in each example, got 3");
}

}  // namespace
}  // namespace slipway::tfserving
