#include "protocol/openinference/request_reader.h"

#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>

#include "protocol/openinference/testing/tensor_values.h"
#include "tensor/half.h"

namespace slipway::openinference {
namespace {

using std::chrono::microseconds;

/// A request read from JSON and the binary data after it. Its tensors may borrow `body`.
struct Outcome {
  std::string body;
  InferRequest request;
  Status status;

  std::string message() const { return std::string(MessageOf(status)); }
};

std::unique_ptr<Outcome> Read(std::string_view json, std::string_view tail = "") {
  auto outcome = std::make_unique<Outcome>();
  outcome->body = std::string(json) + std::string(tail);
  outcome->request.context.received = TimePoint(std::chrono::seconds(100));
  outcome->status =
      ReadRequest(std::as_bytes(std::span(outcome->body)), json.size(), outcome->request);
  return outcome;
}

/// One input "x" of that type and shape.
std::unique_ptr<Outcome> ReadInput(std::string_view dtype, std::string_view shape,
                                   std::string_view data) {
  return Read(fmt::format(R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}","data":{}}}]}})",
                          shape, dtype, data));
}

TEST(RequestReaderTest, ReadsARequestAsTheProtocolShowsIt) {
  const auto got = Read(R"({
    "id": "42", "model_name": "ignored",
    "parameters": {"priority": 1, "timeout": 2500, "custom": {"a": [1, "x"]}},
    "inputs": [
      {"name": "a", "shape": [2, 2], "datatype": "UINT32", "data": [1, 2, 3, 4]},
      {"name": "b", "shape": [3], "datatype": "BOOL", "data": [true, false, true]}],
    "outputs": [{"name": "y", "parameters": {"classification": 2}},
                {"name": "z", "parameters": {"binary_data": true}}, {"name": "w"}]})");
  ASSERT_TRUE(got->status.ok()) << got->message();
  const InferRequest& request = got->request;
  EXPECT_EQ(request.id, "42");
  EXPECT_EQ(request.context.priority, 1u);
  EXPECT_EQ(*request.context.deadline - request.context.received, microseconds(2500));
  ASSERT_EQ(request.inputs.size(), 2u);
  EXPECT_EQ(request.inputs[0].name, "a");
  EXPECT_EQ(request.inputs[0].tensor.shape, (Shape{2, 2}));
  EXPECT_EQ(Values<uint32_t>(request.inputs[0].tensor), (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(Values<uint8_t>(request.inputs[1].tensor), (std::vector<uint8_t>{1, 0, 1}));
  ASSERT_EQ(request.outputs.size(), 3u);
  EXPECT_EQ(request.outputs[0].classification, 2u);
  EXPECT_EQ(request.outputs[1].binary, true);
  EXPECT_EQ(request.outputs[2].binary, std::nullopt);
  EXPECT_FALSE(request.binary_outputs);
}

TEST(RequestReaderTest, KeysMayComeInAnyOrder) {
  const auto got = Read(
      R"({"outputs":[{"parameters":{"binary_data":false},"name":"y"}],)"
      R"("inputs":[{"data":[[1.5],[2.5]],"datatype":"FP32","shape":[2,1],"name":"x"}],"id":"7"})");
  ASSERT_TRUE(got->status.ok()) << got->message();
  EXPECT_EQ(Values<float>(got->request.inputs[0].tensor), (std::vector<float>{1.5, 2.5}));
  EXPECT_EQ(got->request.id, "7");
  // A message about data that had to wait still counts from the start of the body.
  EXPECT_EQ(Read(R"({"inputs":[{"data":[1,x],"datatype":"FP32"}]})")->message(),
            "input 0: JSON, byte 22: expected a value, got 'x'");
  EXPECT_EQ(
      Read(R"({"inputs":[{"data":["a"],"name":"x","datatype":"FP32","shape":[1]}]})")->message(),
      "input \"x\": JSON, byte 20: expected a number, got '\"'");
}

TEST(RequestReaderTest, EveryDataTypeReadsItsExtremes) {
  EXPECT_EQ(Values<int8_t>(ReadInput("INT8", "[2]", "[-128,127]")->request.inputs[0].tensor),
            (std::vector<int8_t>{-128, 127}));
  EXPECT_EQ(Values<uint16_t>(ReadInput("UINT16", "[1]", "[65535]")->request.inputs[0].tensor),
            (std::vector<uint16_t>{65535}));
  EXPECT_EQ(Values<int64_t>(ReadInput("INT64", "[2]", "[-9223372036854775808,9223372036854775807]")
                                ->request.inputs[0]
                                .tensor),
            (std::vector<int64_t>{INT64_MIN, INT64_MAX}));
  EXPECT_EQ(Values<uint64_t>(
                ReadInput("UINT64", "[1]", "[18446744073709551615]")->request.inputs[0].tensor),
            (std::vector<uint64_t>{UINT64_MAX}));
  EXPECT_EQ(Values<double>(ReadInput("FP64", "[2]", "[0.1,5e-324]")->request.inputs[0].tensor),
            (std::vector<double>{0.1, 5e-324}));
  EXPECT_EQ(
      Values<uint16_t>(ReadInput("FP16", "[3]", "[65504,-0.0,0.1]")->request.inputs[0].tensor),
      (std::vector<uint16_t>{0x7BFF, 0x8000, 0x2E66}));
  EXPECT_EQ(Values<uint16_t>(ReadInput("BF16", "[2]", "[1,3.3e38]")->request.inputs[0].tensor),
            (std::vector<uint16_t>{0x3F80, DoubleToBf16(3.3e38)}));
  EXPECT_EQ(Strings(ReadInput("BYTES", "[3]", R"(["","é","a\u0000b"])")->request.inputs[0].tensor),
            (std::vector<std::string>{"", "é", std::string("a\0b", 3)}));
}

TEST(RequestReaderTest, WhatATypeCannotHoldIsRefused) {
  const std::pair<std::string_view, std::string_view> cases[] = {{"INT8", "128"},
                                                                 {"UINT8", "-1"},
                                                                 {"UINT8", "256"},
                                                                 {"INT64", "9223372036854775808"},
                                                                 {"INT64", "1.0"},
                                                                 {"INT64", "1e3"},
                                                                 {"UINT64", "18446744073709551616"},
                                                                 {"FP16", "65520"},
                                                                 {"BF16", "3.4e38"},
                                                                 {"FP32", "1e39"},
                                                                 {"FP64", "1e400"},
                                                                 {"FP32", "NaN"},
                                                                 {"FP32", "Infinity"},
                                                                 {"FP64", "-Infinity"},
                                                                 {"FP32", "null"},
                                                                 {"FP32", "\"1\""},
                                                                 {"FP32", "true"},
                                                                 {"BOOL", "1"},
                                                                 {"BOOL", "\"true\""},
                                                                 {"BYTES", "1"},
                                                                 {"BYTES", "null"},
                                                                 {"INT32", "true"}};
  for (const auto& [dtype, value] : cases) {
    const auto got = ReadInput(dtype, "[1]", fmt::format("[{}]", value));
    ASSERT_FALSE(got->status.ok()) << dtype << ' ' << value;
    EXPECT_EQ(ReasonOf(got->status), Reason::kBadRequest);
    EXPECT_TRUE(got->message().starts_with("input \"x\": JSON, byte 6")) << got->message();
  }
  EXPECT_EQ(ReadInput("FP32", "[1]", "[NaN]")->message(),
            "input \"x\": JSON, byte 61: NaN and Infinity are no JSON numbers");
}

TEST(RequestReaderTest, ElementCountMustBeTheShapes) {
  for (const std::string_view dtype :
       {"BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16",
        "BF16", "FP32", "FP64", "BYTES"}) {
    const std::string_view one = dtype == "BOOL" ? "true" : dtype == "BYTES" ? "\"a\"" : "1";
    EXPECT_EQ(ReadInput(dtype, "[2,2]", fmt::format("[{0},{0},{0}]", one))->message(),
              fmt::format("input \"x\": expected 4 elements for {} [2,2], got 3", dtype));
    EXPECT_EQ(ReadInput(dtype, "[1]", fmt::format("[[{0},{0}],{0}]", one))->message(),
              fmt::format("input \"x\": expected 1 elements for {} [1], got 3", dtype));
    EXPECT_TRUE(ReadInput(dtype, "[]", fmt::format("[{}]", one))->status.ok());
    EXPECT_TRUE(ReadInput(dtype, "[0,3]", "[]")->status.ok());
  }
}

TEST(RequestReaderTest, ShapesThatLieCostNothing) {
  const auto huge = ReadInput("FP32", "[16,1152921504606846978]", "[1.0]");
  EXPECT_EQ(huge->message(),
            "input \"x\": element count of [16,1152921504606846978] exceeds 2^63-1");
  const auto large = ReadInput("FP64", "[1099511627776]", "[1.0]");
  EXPECT_EQ(large->message(),
            "input \"x\": expected 1099511627776 elements for FP64 [1099511627776], got 1");
  EXPECT_EQ(ReadInput("FP32", "[-5]", "[1.0]")->message(),
            "input \"x\": expected dimensions >= 0, got [-5]");
  EXPECT_EQ(ReadInput("FP32", "[" + std::string(32, '1') + "]", "[1]")->status.ok(), false);
  std::string deep = "1";
  for (int i = 0; i < 32; ++i) deep += ",1";
  EXPECT_EQ(ReadInput("FP32", "[" + deep + "]", "[1]")->message(),
            "input \"x\": expected at most 32 dimensions");
}

TEST(RequestReaderTest, DeepNestingIsRefusedWithoutRecursion) {
  EXPECT_TRUE(
      ReadInput("FP32", "[1]", std::string(90, '[') + "1" + std::string(90, ']'))->status.ok());
  EXPECT_FALSE(
      ReadInput("FP32", "[1]", std::string(120, '[') + "1" + std::string(120, ']'))->status.ok());
  EXPECT_FALSE(Read("{\"spare\":" + std::string(250'000, '[') + std::string(250'000, ']') + "}")
                   ->status.ok());
}

TEST(RequestReaderTest, MissingMembersAreNamed) {
  EXPECT_EQ(Read("{}")->message(), "\"inputs\" is missing");
  EXPECT_EQ(Read(R"({"inputs":null})")->message(), "JSON, byte 10: expected an array, got 'n'");
  EXPECT_EQ(Read(R"({"inputs":[{"shape":[1],"datatype":"FP32","data":[1]}]})")->message(),
            "input 0: \"name\" is missing");
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","datatype":"FP32","data":[1]}]})")->message(),
            "input \"x\": \"shape\" is missing");
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","shape":[1],"data":[1]}]})")->message(),
            "input \"x\": \"datatype\" is missing");
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32"}]})")->message(),
            "input \"x\": expected either \"data\" or \"binary_data_size\", got neither");
  EXPECT_EQ(Read(R"({"inputs":[],"outputs":[{}]})")->message(), "output 0: \"name\" is missing");
  EXPECT_EQ(
      ReadInput("STRING", "[1]", "[1]")->message(),
      "input \"x\": expected a datatype of BOOL, UINT8-64, INT8-64, FP16, BF16, FP32, FP64, BYTES, "
      "got \"STRING\"");
}

TEST(RequestReaderTest, AKeyGivenTwiceIsRefused) {
  EXPECT_EQ(Read(R"({"inputs":[],"inputs":[]})")->message(), "\"inputs\" is given twice");
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","name":"y"}]})")->message(),
            "input \"x\": \"name\" is given twice");
  EXPECT_TRUE(Read(R"({"inputs":[],"spare":1,"spare":2})")->status.ok());
}

TEST(RequestReaderTest, NullStandsForWhatIsLeftOut) {
  const auto got =
      Read(R"({"id":null,"parameters":null,"outputs":null,"inputs":[{"name":"x","shape":[1],)"
           R"("datatype":"FP32","parameters":null,"data":[1]}]})");
  EXPECT_TRUE(got->status.ok()) << got->message();
}

/// One input "x" of four bytes, and one output "y", with such parameters.
Status ReadShared(std::string_view input_members, std::string_view output_parameters,
                  InferRequest& request, SharedTensors& shared) {
  const std::string body =
      fmt::format(R"({{"inputs":[{{"name":"x","shape":[4],"datatype":"UINT8",{}}}],)"
                  R"("outputs":[{{"name":"a"}},{{"name":"y","parameters":{{{}}}}}]}})",
                  input_members, output_parameters);
  return ReadRequest(std::as_bytes(std::span(body)), body.size(), request, &shared);
}

TEST(RequestReaderTest, TensorsMayLieInSharedMemory) {
  InferRequest request;
  SharedTensors shared;
  ASSERT_TRUE(ReadShared(R"("parameters":{"shared_memory_byte_size":4,"shared_memory_region":"r"})",
                         R"("shared_memory_region":"\u0073","shared_memory_offset":9,)"
                         R"("shared_memory_byte_size":18446744073709551615,"binary_data":false)",
                         request, shared)
                  .ok());
  ASSERT_EQ(shared.inputs.size(), 1u);
  EXPECT_EQ(shared.inputs[0].index, 0u);
  EXPECT_EQ(shared.inputs[0].region, "r");
  EXPECT_EQ(shared.inputs[0].offset, std::nullopt);
  EXPECT_EQ(shared.inputs[0].byte_size, 4u);
  ASSERT_EQ(shared.outputs.size(), 1u);
  EXPECT_EQ(shared.outputs[0].index, 1u);
  EXPECT_EQ(shared.outputs[0].region, "s");
  EXPECT_EQ(shared.outputs[0].offset, 9u);
  EXPECT_EQ(shared.outputs[0].byte_size, UINT64_MAX);
  EXPECT_FALSE(request.InSharedMemory(0));
  EXPECT_TRUE(request.InSharedMemory(1));
}

TEST(RequestReaderTest, ParametersOfSharedMemoryAreWhole) {
  constexpr std::string_view kInput =
      R"("parameters":{"shared_memory_region":"r","shared_memory_byte_size":4})";
  constexpr std::string_view kPlace = R"("shared_memory_region":"r","shared_memory_byte_size":4)";
  const struct {
    std::string input, output, message;
  } kCases[] = {
      {R"("parameters":{"shared_memory_region":"r"})", "",
       R"(input "x": expected "shared_memory_region" and "shared_memory_byte_size", )"
       R"("shared_memory_byte_size" is missing)"},
      {R"("parameters":{"shared_memory_offset":1})", "",
       R"(input "x": expected "shared_memory_region" and "shared_memory_byte_size", )"
       R"("shared_memory_region" is missing)"},
      {fmt::format(R"({},"data":[1,2,3,4])", kInput), "",
       R"(input "x": expected either "shared_memory_region" or "data", got both)"},
      {R"("parameters":{"binary_data_size":0,"shared_memory_region":"r","shared_memory_byte_size":4})",
       "", R"(input "x": expected either "shared_memory_region" or "binary_data_size", got both)"},
      {R"("parameters":{"shared_memory_region":"r","shared_memory_region":"r"})", "",
       R"(input "x": "shared_memory_region" is given twice)"},
      {std::string(kInput), fmt::format(R"({},"binary_data":true)", kPlace),
       R"(output "y": expected either "shared_memory_region" or "binary_data", got both)"},
      {std::string(kInput), fmt::format(R"("classification":2,{})", kPlace),
       R"(output "y": expected either "shared_memory_region" or "classification", got both)"},
  };
  for (const auto& each : kCases) {
    InferRequest request;
    SharedTensors shared;
    EXPECT_EQ(MessageOf(ReadShared(each.input, each.output, request, shared)), each.message);
  }
}

TEST(RequestReaderTest, WhatIsNotOfferedIsNamed) {
  EXPECT_EQ(Read(R"({"parameters":{"sequence_id":1},"inputs":[]})")->message(),
            "parameter \"sequence_id\": sequences are not offered");
  const auto shm = Read(
      R"({"inputs":[{"name":"x","shape":[1],"datatype":"FP32","parameters":{"shared_memory_region":"r"}}]})");
  EXPECT_EQ(shm->message(),
            "input \"x\": parameter \"shared_memory_region\": shared memory is not offered");
  EXPECT_EQ(ReasonOf(shm->status), Reason::kNotOffered);
  EXPECT_EQ(
      Read(R"({"inputs":[],"outputs":[{"name":"y","parameters":{"shared_memory_offset":1}}]})")
          ->message(),
      "output \"y\": parameter \"shared_memory_offset\": shared memory is not offered");
  EXPECT_EQ(Read(R"({"parameters":{"triton_x":1},"inputs":[]})")->message(),
            "parameter \"triton_x\": names that begin with triton_ are reserved");
}

TEST(RequestReaderTest, ParametersOfTheWrongTypeAreNamed) {
  EXPECT_EQ(
      Read(R"({"parameters":{"timeout":-1},"inputs":[]})")->message(),
      "parameter \"timeout\": JSON, byte 25: expected a whole number from 0 to 2^64-1, got -1");
  EXPECT_FALSE(Read(R"({"parameters":{"priority":"high"},"inputs":[]})")->status.ok());
  EXPECT_FALSE(Read(R"({"parameters":{"binary_data_output":1},"inputs":[]})")->status.ok());
  EXPECT_FALSE(Read(R"({"parameters":[],"inputs":[]})")->status.ok());
  EXPECT_FALSE(Read(R"({"id":42,"inputs":[]})")->status.ok());
}

TEST(RequestReaderTest, TimeoutsOnlyTightenADeadlineAndZeroIsNone) {
  EXPECT_FALSE(Read(R"({"parameters":{"timeout":0},"inputs":[]})")->request.context.deadline);
  EXPECT_TRUE(Read(R"({"parameters":{"timeout":18446744073709551615},"inputs":[]})")->status.ok());
  const std::string body = R"({"parameters":{"timeout":1000},"inputs":[]})";
  InferRequest request;
  request.context.deadline = request.context.received + microseconds(10);
  ASSERT_TRUE(ReadRequest(std::as_bytes(std::span(body)), body.size(), request).ok());
  EXPECT_EQ(*request.context.deadline - request.context.received, microseconds(10));
}

constexpr std::string_view kTwoBinary =
    R"({"parameters":{"binary_data_output":true},"inputs":[)"
    R"({"name":"a","shape":[2],"datatype":"UINT32","parameters":{"binary_data_size":8}},)"
    R"({"name":"j","shape":[1],"datatype":"INT32","data":[5]},)"
    R"({"name":"b","shape":[3],"datatype":"BOOL","parameters":{"binary_data_size":3}}]})";

TEST(RequestReaderTest, BinaryDataIsTakenInTheOrderOfTheInputs) {
  const auto got = Read(kTwoBinary, std::string_view("\1\0\0\0\2\0\0\0\1\0\1", 11));
  ASSERT_TRUE(got->status.ok()) << got->message();
  EXPECT_TRUE(got->request.binary_outputs);
  EXPECT_EQ(Values<uint32_t>(got->request.inputs[0].tensor), (std::vector<uint32_t>{1, 2}));
  EXPECT_EQ(Values<int32_t>(got->request.inputs[1].tensor), (std::vector<int32_t>{5}));
  EXPECT_EQ(Values<uint8_t>(got->request.inputs[2].tensor), (std::vector<uint8_t>{1, 0, 1}));
  // One-byte elements are always aligned, so they stay where they came in.
  const auto* const first = reinterpret_cast<const std::byte*>(got->body.data());
  EXPECT_EQ(got->request.inputs[2].tensor.data.data(), first + kTwoBinary.size() + 8);
}

TEST(RequestReaderTest, BinaryDataIsCopiedOnlyWhenItIsNotAligned) {
  const std::string json =
      R"({"inputs":[{"name":"a","shape":[1],"datatype":"FP64","parameters":{"binary_data_size":8}}]})";
  const double value = 0.1;
  alignas(8) std::byte memory[256];
  for (size_t offset = 0; offset < 8; ++offset) {
    std::memcpy(memory + offset, json.data(), json.size());
    std::memcpy(memory + offset + json.size(), &value, sizeof(value));
    InferRequest request;
    ASSERT_TRUE(ReadRequest({memory + offset, json.size() + 8}, json.size(), request).ok());
    const Tensor& tensor = request.inputs[0].tensor;
    EXPECT_EQ(tensor.as<double>()[0], value);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(tensor.data.data()) % 8, 0u);
    EXPECT_EQ(tensor.data.data() == memory + offset + json.size(), (offset + json.size()) % 8 == 0);
  }
}

TEST(RequestReaderTest, BinaryDataMustBeAsLongAsItSays) {
  const auto with = [](std::string_view dtype, std::string_view shape, std::string_view size,
                       std::string_view tail) {
    return Read(fmt::format(R"({{"inputs":[{{"name":"x","shape":{},"datatype":"{}","parameters":)"
                            R"({{"binary_data_size":{}}}}}]}})",
                            shape, dtype, size),
                tail)
        ->message();
  };
  EXPECT_EQ(with("FP32", "[2]", "8", "1234"),
            "input \"x\": binary_data_size is 8, but 4 bytes are left after the JSON (its length "
            "goes into "
            "the header Inference-Header-Content-Length)");
  EXPECT_EQ(with("FP32", "[2]", "4", "1234"), "input \"x\": expected 8 bytes for FP32 [2], got 4");
  EXPECT_EQ(with("FP32", "[1]", "4", "12345"),
            "1 bytes of binary data are left over after the inputs took theirs");
  EXPECT_NE(with("FP32", "[1]", "-4", "1234"), "");
  EXPECT_NE(with("FP32", "[1]", "\"4\"", "1234"), "");
  EXPECT_EQ(with("BYTES", "[1]", "5", std::string_view("\1\0\0\0a", 5)), "");
  EXPECT_EQ(with("BYTES", "[2]", "5", std::string_view("\1\0\0\0a", 5)),
            "input \"x\": expected 2 elements, got 1");
  EXPECT_EQ(with("BYTES", "[1]", "5", std::string_view("\2\0\0\0a", 5)),
            "input \"x\": BYTES element 0: its length runs past the data");
  EXPECT_EQ(with("BYTES", "[1]", "4", "\xFF\xFF\xFF\xFF"),
            "input \"x\": BYTES element 0: its length runs past the data");
  EXPECT_EQ(with("BOOL", "[2]", "2", "\1\2"),
            "input \"x\": expected byte 0 or 1 for BOOL element 1, got 2");
  EXPECT_EQ(with("FP32", "[0]", "0", ""), "");
  EXPECT_EQ(Read(R"({"inputs":[{"name":"x","shape":[1],"datatype":"INT8","data":[1],)"
                 R"("parameters":{"binary_data_size":1}}]})",
                 "1")
                ->message(),
            "input \"x\": expected either \"data\" or \"binary_data_size\", got both");
}

TEST(RequestReaderTest, TheSameRequestObjectServesAgain) {
  InferRequest request;
  const std::string first = R"({"id":"a","parameters":{"binary_data_output":true},"inputs":[)"
                            R"({"name":"x","shape":[2],"datatype":"FP32","data":[1,2]}]})";
  const std::string second =
      R"({"inputs":[{"name":"y","shape":[1],"datatype":"FP32","data":[3]}]})";
  ASSERT_TRUE(ReadRequest(std::as_bytes(std::span(first)), first.size(), request).ok());
  const std::byte* const memory = request.inputs[0].tensor.data.data();
  request.Clear();
  ASSERT_TRUE(ReadRequest(std::as_bytes(std::span(second)), second.size(), request).ok());
  EXPECT_EQ(request.id, "");
  EXPECT_FALSE(request.binary_outputs);
  ASSERT_EQ(request.inputs.size(), 1u);
  EXPECT_EQ(request.inputs[0].tensor.data.data(), memory);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory) % 64, 0u);
}

TEST(JsonSizeTest, IsAWholeNumberWithinTheBody) {
  EXPECT_EQ(*JsonSize(std::nullopt, 10), 10u);
  EXPECT_EQ(*JsonSize("0", 10), 0u);
  EXPECT_EQ(*JsonSize("10", 10), 10u);
  for (const std::string_view bad : {"99999999999", "-1", "abc", "11", "", " 5", "5 ", "+5", "0x5",
                                     "5.0", "99999999999999999999999"}) {
    const auto size = JsonSize(bad, 10);
    ASSERT_FALSE(size.ok()) << bad;
    EXPECT_EQ(
        MessageOf(size.status()),
        fmt::format("header Inference-Header-Content-Length: expected a whole number from 0 to 10, "
                    "the body's size, got \"{}\"",
                    bad));
  }
}

/// A raw request for a model with that one input.
std::unique_ptr<Outcome> ReadRaw(TensorSpec spec, bool batched, std::string_view body) {
  auto outcome = std::make_unique<Outcome>();
  outcome->body = body;
  Signature signature;
  signature.inputs = {std::move(spec)};
  outcome->status =
      ReadRawRequest(std::as_bytes(std::span(outcome->body)), signature, batched, outcome->request);
  return outcome;
}

TEST(RawRequestTest, TheShapeFollowsFromTheSize) {
  const std::string_view sixteen = "0123456789abcdef";
  const auto batched = ReadRaw({"x", DType::kFp32, {-1, 4}}, true, sixteen);
  ASSERT_TRUE(batched->status.ok()) << batched->message();
  EXPECT_EQ(batched->request.inputs[0].name, "x");
  EXPECT_EQ(batched->request.inputs[0].tensor.shape, (Shape{1, 4}));
  EXPECT_TRUE(batched->request.binary_outputs);
  EXPECT_EQ(ReadRaw({"x", DType::kFp32, {-1, 2}}, false, sixteen)->request.inputs[0].tensor.shape,
            (Shape{2, 2}));
  EXPECT_EQ(ReadRaw({"x", DType::kFp32, {-1, -1}}, true, sixteen)->request.inputs[0].tensor.shape,
            (Shape{1, 4}));
  EXPECT_EQ(ReadRaw({"x", DType::kFp32, {-1, 3}}, false, sixteen)->message(),
            "input \"x\": expected a multiple of 12 bytes for FP32 [-1,3], got 16");
  EXPECT_EQ(ReadRaw({"x", DType::kFp32, {-1, -1}}, false, sixteen)->message(),
            "input \"x\": a raw request needs an input with at most one dimension of any size, it "
            "is FP32 "
            "[-1,-1]");
  EXPECT_EQ(ReadRaw({"x", DType::kFp32, {2}}, false, sixteen)->message(),
            "input \"x\": expected 8 bytes for FP32 [2], got 16");
}

TEST(RawRequestTest, ABytesBodyIsOneElement) {
  const auto got = ReadRaw({"text", DType::kBytes, {-1}}, false, "hello");
  ASSERT_TRUE(got->status.ok()) << got->message();
  EXPECT_EQ(got->request.inputs[0].tensor.shape, (Shape{1}));
  EXPECT_EQ(Strings(got->request.inputs[0].tensor), (std::vector<std::string>{"hello"}));
  EXPECT_EQ(ReadRaw({"text", DType::kBytes, {2}}, false, "hello")->message(),
            "input \"text\": a raw request holds one BYTES element, the input takes BYTES [2]");
}

TEST(RawRequestTest, NeedsAModelWithOneInput) {
  InferRequest request;
  Signature none;
  EXPECT_EQ(MessageOf(ReadRawRequest({}, none, true, request)),
            "a raw request needs a model with one input, this one has 0");
}

}  // namespace
}  // namespace slipway::openinference
