#include "protocol/openinference/grpc_request_reader.h"

#include <inference/grpc_service.pb.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <limits>
#include <memory>

#include "protobuf/message_writer.h"
#include "protocol/openinference/testing/tensor_values.h"

namespace slipway::openinference {
namespace {

using inference::InferTensorContents;
using inference::ModelInferRequest;
using protobuf::MessageWriter;
using std::chrono::microseconds;
using std::string_view_literals::operator""sv;

/// A request read from a message. Its tensors may borrow it.
struct Outcome {
  Buffer message;  // 64-byte aligned
  InferRequest request;
  Status status;

  std::string error() const { return std::string(MessageOf(status)); }
};

std::unique_ptr<Outcome> Read(std::string_view message) {
  auto outcome = std::make_unique<Outcome>();
  std::byte* bytes;
  outcome->message = Buffer::Allocate(message.size(), &bytes);
  std::copy(message.begin(), message.end(), reinterpret_cast<char*>(bytes));
  outcome->request.context.received = TimePoint(std::chrono::seconds(100));
  outcome->status = ReadInferMessage(outcome->message.bytes(), outcome->request);
  return outcome;
}

std::unique_ptr<Outcome> Read(const ModelInferRequest& message) {
  return Read(message.SerializeAsString());
}

template <typename T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

ModelInferRequest::InferInputTensor* AddInput(ModelInferRequest& request, std::string name,
                                              std::string datatype,
                                              const std::vector<int64_t>& shape) {
  auto* input = request.add_inputs();
  input->set_name(std::move(name));
  input->set_datatype(std::move(datatype));
  input->mutable_shape()->Add(shape.begin(), shape.end());
  return input;
}

/// One input "x" with raw contents.
std::unique_ptr<Outcome> ReadRaw(std::string datatype, const std::vector<int64_t>& shape,
                                 std::string raw) {
  ModelInferRequest request;
  AddInput(request, "x", std::move(datatype), shape);
  request.add_raw_input_contents(std::move(raw));
  return Read(request);
}

/// One input "x" with typed contents.
std::unique_ptr<Outcome> ReadTyped(std::string datatype, const std::vector<int64_t>& shape,
                                   const InferTensorContents& contents) {
  ModelInferRequest request;
  *AddInput(request, "x", std::move(datatype), shape)->mutable_contents() = contents;
  return Read(request);
}

TEST(GrpcRequestReaderTest, ReadsAMessageOfTheGeneratedClasses) {
  ModelInferRequest message;
  message.set_model_name("digits");
  message.set_model_version("stable");
  message.set_id("42");
  (*message.mutable_parameters())["priority"].set_uint64_param(1);
  (*message.mutable_parameters())["timeout"].set_int64_param(2500);
  (*message.mutable_parameters())["custom"].set_double_param(0.5);
  AddInput(message, "a", "UINT32", {2, 2});
  AddInput(message, "b", "BYTES", {2});
  message.add_raw_input_contents(Raw<uint32_t>({1, 2, 3, 4}));
  message.add_raw_input_contents("\x02\0\0\0hi\0\0\0\0"sv.data(), 10);
  auto* y = message.add_outputs();
  y->set_name("y");
  (*y->mutable_parameters())["classification"].set_int64_param(2);
  message.add_outputs()->set_name("z");

  const auto got = Read(message);
  ASSERT_TRUE(got->status.ok()) << got->error();
  const InferRequest& request = got->request;
  EXPECT_EQ(request.model, "digits");
  EXPECT_EQ(request.version, "stable");
  EXPECT_EQ(request.id, "42");
  EXPECT_EQ(request.context.priority, 1u);
  EXPECT_EQ(*request.context.deadline - request.context.received, microseconds(2500));
  EXPECT_TRUE(request.binary_outputs);
  ASSERT_EQ(request.inputs.size(), 2u);
  EXPECT_EQ(request.inputs[0].name, "a");
  EXPECT_EQ(request.inputs[0].tensor.shape, (Shape{2, 2}));
  EXPECT_EQ(Values<uint32_t>(request.inputs[0].tensor), (std::vector<uint32_t>{1, 2, 3, 4}));
  EXPECT_EQ(Strings(request.inputs[1].tensor), (std::vector<std::string>{"hi", ""}));
  ASSERT_EQ(request.outputs.size(), 2u);
  EXPECT_EQ(request.outputs[0].name, "y");
  EXPECT_EQ(request.outputs[0].classification, 2u);
  EXPECT_EQ(request.outputs[1].classification, 0u);
}

TEST(GrpcRequestReaderTest, NumbersThatAreNotPackedAreReadToo) {
  std::string message;
  MessageWriter writer(message);
  const size_t input = writer.Begin(5);
  const size_t contents = writer.Begin(5);
  writer.Varint(2, 7);
  writer.Bytes(2, "\x08\x09"sv);
  writer.Varint(2, static_cast<uint64_t>(int64_t{-1}));
  writer.End(contents);
  writer.Varint(3, 2);
  writer.Bytes(3, "\x02"sv);
  writer.Bytes(2, "INT32");
  writer.Bytes(1, "x");
  writer.End(input);
  const auto got = Read(message);
  ASSERT_TRUE(got->status.ok()) << got->error();
  EXPECT_EQ(got->request.inputs[0].tensor.shape, (Shape{2, 2}));
  EXPECT_EQ(Values<int32_t>(got->request.inputs[0].tensor), (std::vector<int32_t>{7, 8, 9, -1}));
}

TEST(GrpcRequestReaderTest, FieldsMayComeInAnyOrderAndUnknownOnesAreSkipped) {
  std::string message;
  MessageWriter writer(message);
  writer.Bytes(7, Raw<float>({1, 2}));
  writer.Varint(99, 5);
  writer.Bytes(98, "whatever");
  writer.Varint(1, 5);  // model_name is no number: skipped as unknown
  const size_t input = writer.Begin(5);
  writer.Bytes(2, "FP32");
  writer.Varint(77, 1);
  writer.Bytes(3, "\x02"sv);
  writer.Bytes(1, "x");
  writer.End(input);
  writer.Bytes(1, "first");
  writer.Bytes(1, "last wins");
  const auto got = Read(message);
  ASSERT_TRUE(got->status.ok()) << got->error();
  EXPECT_EQ(got->request.model, "last wins");
  EXPECT_EQ(Values<float>(got->request.inputs[0].tensor), (std::vector<float>{1, 2}));
}

TEST(GrpcRequestReaderTest, AlignedRawDataIsBorrowedAndOtherDataCopied) {
  for (const size_t shift : {0u, 1u, 2u, 4u}) {
    std::string message;
    MessageWriter writer(message);
    const size_t input = writer.Begin(5);
    writer.Bytes(1, "x");
    writer.Bytes(2, "FP32");
    writer.Bytes(3, "\x01"sv);
    writer.End(input);
    // Two bytes of tag and length before the pad, two before the data.
    const size_t pad = (16 - (message.size() + 4) % 16 + shift) % 16;
    writer.Bytes(99 % 15, std::string(pad, 'x'));
    writer.Bytes(7, Raw<float>({1.5f}));
    const auto got = Read(message);
    ASSERT_TRUE(got->status.ok()) << got->error();
    const Tensor& tensor = got->request.inputs[0].tensor;
    EXPECT_EQ(Values<float>(tensor), (std::vector<float>{1.5f}));
    const std::byte* end = got->message.data() + got->message.size();
    const bool borrowed = tensor.data.data() >= got->message.data() && tensor.data.data() < end;
    EXPECT_EQ(borrowed, shift % alignof(float) == 0) << shift;
  }
}

TEST(GrpcRequestReaderTest, TypedOutputsAreAskedForByParameter) {
  ModelInferRequest message;
  (*message.mutable_parameters())["binary_data_output"].set_bool_param(false);
  const auto got = Read(message);
  ASSERT_TRUE(got->status.ok()) << got->error();
  EXPECT_FALSE(got->request.binary_outputs);
}

TEST(GrpcRequestReaderTest, TheEarlierOfTwoDeadlinesCounts) {
  ModelInferRequest message;
  (*message.mutable_parameters())["timeout"].set_uint64_param(1000);
  const std::string bytes = message.SerializeAsString();
  InferRequest request;
  const TimePoint sooner{std::chrono::microseconds(10)};
  request.context.deadline = sooner;
  ASSERT_TRUE(ReadInferMessage(std::as_bytes(std::span(bytes)), request).ok());
  EXPECT_EQ(request.context.deadline, sooner);
}

TEST(GrpcRequestReaderTest, RefusesParametersByName) {
  struct Case {
    const char* name;
    std::string value;  // of an InferParameter
    Reason reason;
    std::string_view error;
  };
  inference::InferParameter text, negative, flag, none;
  text.set_string_param("soon");
  negative.set_int64_param(-5);
  flag.set_bool_param(true);
  const Case cases[] = {
      {"timeout", text.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "timeout": expected int64_param or uint64_param, got string_param)"},
      {"timeout", negative.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "timeout": expected a number from 0, got -5)"},
      {"priority", none.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "priority": expected int64_param or uint64_param, got nothing)"},
      {"binary_data_output", text.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "binary_data_output": expected bool_param, got string_param)"},
      {"sequence_id", negative.SerializeAsString(), Reason::kNotOffered,
       R"(parameter "sequence_id": sequences are not offered)"},
      {"triton_enable_empty_final_response", text.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "triton_enable_empty_final_response": expected bool_param, got string_param)"},
      {"triton_x", flag.SerializeAsString(), Reason::kBadRequest,
       R"(parameter "triton_x": names that begin with triton_ are reserved)"},
  };
  for (const Case& each : cases) {
    std::string message;
    MessageWriter writer(message);
    const size_t entry = writer.Begin(4);
    writer.Bytes(1, each.name);
    writer.Bytes(2, each.value);
    writer.End(entry);
    const auto got = Read(message);
    ASSERT_FALSE(got->status.ok()) << each.error;
    EXPECT_EQ(ReasonOf(got->status), each.reason) << each.error;
    EXPECT_EQ(got->error(), each.error);
  }
}

TEST(GrpcRequestReaderTest, RefusesInputsByName) {
  const auto with = [](auto fill) {
    ModelInferRequest message;
    fill(message);
    return Read(message);
  };
  InferTensorContents ints, floats;
  ints.add_int_contents(300);
  floats.add_fp32_contents(1);
  struct Case {
    std::unique_ptr<Outcome> got;
    std::string_view error;
  };
  const Case cases[] = {
      {ReadRaw("FP32", {2, 2}, std::string(12, '\0')),
       R"(input "x": expected 16 bytes for FP32 [2,2], got 12)"},
      {ReadRaw("FP99", {1}, "abcd"),
       R"(input "x": expected a datatype of BOOL, UINT8-64, INT8-64, FP16, BF16, FP32, FP64, )"
       R"(BYTES, got "FP99")"},
      {ReadRaw("BOOL", {2}, "\x01\x02"),
       R"(input "x": expected byte 0 or 1 for BOOL element 1, got 2)"},
      {ReadRaw("BYTES", {1}, "\xff\xff\xff\xff"),
       R"(input "x": BYTES element 0: its length runs past the data)"},
      {ReadRaw("FP32", {-1}, "abcd"), R"(input "x": expected dimensions >= 0, got [-1])"},
      {ReadRaw("FP32", {INT64_MAX, 3}, ""), R"(input "x": element count)"},
      {ReadRaw("FP32", std::vector<int64_t>(33, 1), "abcd"),
       R"(input "x": expected at most 32 dimensions)"},
      {ReadTyped("INT32", {2}, ints), R"(input "x": expected 2 elements for INT32 [2], got 1)"},
      {with([](auto& message) { AddInput(message, "", "FP32", {1}); }),
       R"(input 0: "name" is missing)"},
      {with([](auto& message) { AddInput(message, "x", "", {1}); }),
       R"(input "x": "datatype" is missing)"},
      {with([](auto& message) { AddInput(message, "x", "FP32", {1}); }),
       R"(expected 1 "raw_input_contents", one for each input, got 0)"},
      {with([](auto& message) { message.add_raw_input_contents("abcd"); }),
       R"(expected 0 "raw_input_contents", one for each input, got 1)"},
      {with([&](auto& message) {
         *AddInput(message, "x", "FP32", {1})->mutable_contents() = floats;
         message.add_raw_input_contents("abcd");
       }),
       R"(expected either "contents" in each input or "raw_input_contents", got both)"},
      {with([&](auto& message) {
         *AddInput(message, "x", "FP32", {1})->mutable_contents() = floats;
         AddInput(message, "y", "FP32", {1});
       }),
       R"(input "y": expected 4 bytes for FP32 [1], got 0)"},
      {with([](auto& message) {
         auto* input = AddInput(message, "x", "FP32", {1});
         (*input->mutable_parameters())["shared_memory_region"].set_string_param("r");
       }),
       R"(input "x": parameter "shared_memory_region": shared memory is not offered)"},
      {with([](auto& message) {
         auto* output = message.add_outputs();
         output->set_name("y");
         (*output->mutable_parameters())["classification"].set_int64_param(-1);
       }),
       R"(output "y": parameter "classification": expected a number from 0, got -1)"},
      {with([](auto& message) { message.add_outputs(); }), R"(output 0: "name" is missing)"},
  };
  for (const Case& each : cases) {
    ASSERT_FALSE(each.got->status.ok()) << each.error;
    EXPECT_TRUE(each.got->error().starts_with(each.error)) << each.got->error();
  }
}

TEST(GrpcRequestReaderTest, AnInputWithoutElementsNeedsNoContents) {
  ModelInferRequest message;
  *AddInput(message, "x", "FP32", {0, 3})->mutable_contents() = {};
  const auto got = Read(message);
  EXPECT_TRUE(got->status.ok()) << got->error();
}

TEST(GrpcRequestReaderTest, NamesAreUtf8) {
  for (const uint32_t field : {1u, 2u, 3u}) {
    std::string message;
    MessageWriter(message).Bytes(field, "\xff");
    const auto got = Read(message);
    ASSERT_FALSE(got->status.ok());
    EXPECT_NE(got->error().find("is not UTF-8"), std::string::npos) << got->error();
  }
}

TEST(GrpcRequestReaderTest, EveryTruncationIsRefusedOrACompleteMessage) {
  ModelInferRequest message;
  message.set_model_name("m");
  (*message.mutable_parameters())["priority"].set_int64_param(1);
  auto* typed = AddInput(message, "x", "INT64", {2})->mutable_contents();
  typed->add_int64_contents(-1);
  typed->add_int64_contents(1 << 20);
  message.add_outputs()->set_name("y");
  const std::string bytes = message.SerializeAsString();
  for (size_t size = 0; size < bytes.size(); ++size) {
    const auto got = Read(std::string_view(bytes).substr(0, size));
    ModelInferRequest parsed;
    EXPECT_EQ(got->status.ok(), parsed.ParseFromArray(bytes.data(), static_cast<int>(size)))
        << size << ": " << got->error();
    if (got->status.ok()) continue;
    EXPECT_EQ(ReasonOf(got->status), Reason::kBadRequest);
  }
}

TEST(GrpcRequestReaderTest, ALyingLengthNamesTheField) {
  std::string message;
  MessageWriter writer(message);
  writer.Bytes(1, "m");
  writer.BytesHeader(7, 1u << 30);
  message += "short";
  EXPECT_EQ(Read(message)->error(),
            R"(field "raw_input_contents": expected 1073741824 bytes, 5 are left)");
  EXPECT_EQ(Read("\x2a\x04\x0a\x7fxx"sv)->error(),
            R"(input 0: field "name": expected 127 bytes, 2 are left)");
}

TEST(GrpcRequestReaderTest, MoreInputsThanAnyModelHasAreRefused) {
  ModelInferRequest message;
  for (int i = 0; i < 4097; ++i)
    AddInput(message, "x", "FP32", {1})->mutable_contents()->add_fp32_contents(1);
  EXPECT_EQ(Read(message)->error(), "expected at most 4096 inputs");
  ModelInferRequest raw;
  for (int i = 0; i < 4097; ++i) raw.add_raw_input_contents("");
  EXPECT_EQ(Read(raw)->error(), R"(expected at most 4096 "raw_input_contents")");
}

/// "x" and "z" in shared memory, "y" as raw contents; the output "o" to shared memory.
ModelInferRequest Shared() {
  ModelInferRequest message;
  for (const char* name : {"x", "y", "z"}) {
    auto& parameters = *AddInput(message, name, "UINT8", {2})->mutable_parameters();
    if (*name == 'y') continue;
    parameters["shared_memory_region"].set_string_param(name);
    parameters["shared_memory_byte_size"].set_int64_param(2);
  }
  message.add_raw_input_contents("yy");
  auto* output = message.add_outputs();
  output->set_name("o");
  (*output->mutable_parameters())["shared_memory_region"].set_string_param("r");
  (*output->mutable_parameters())["shared_memory_byte_size"].set_int64_param(8);
  (*output->mutable_parameters())["shared_memory_offset"].set_uint64_param(16);
  return message;
}

Status ReadShared(const ModelInferRequest& message, InferRequest& request, SharedTensors& shared) {
  const std::string bytes = message.SerializeAsString();
  return ReadInferMessage(std::as_bytes(std::span(bytes)), request, &shared);
}

TEST(GrpcRequestReaderTest, RawContentsAreOfTheInputsThatAreNotInSharedMemory) {
  InferRequest request;
  SharedTensors shared;
  const std::string bytes = Shared().SerializeAsString();
  ASSERT_TRUE(ReadInferMessage(std::as_bytes(std::span(bytes)), request, &shared).ok());
  ASSERT_EQ(shared.inputs.size(), 2u);
  EXPECT_EQ(shared.inputs[0].index, 0u);
  EXPECT_EQ(shared.inputs[1].index, 2u);
  EXPECT_EQ(shared.inputs[1].region, "z");
  EXPECT_EQ(shared.inputs[1].byte_size, 2u);
  EXPECT_EQ(Values<char>(request.inputs[1].tensor), (std::vector{'y', 'y'}));
  ASSERT_EQ(shared.outputs.size(), 1u);
  EXPECT_EQ(shared.outputs[0].offset, 16u);
  EXPECT_TRUE(request.InSharedMemory(0));
}

TEST(GrpcRequestReaderTest, SharedMemoryThatContradictsItselfIsRefused) {
  using Change = std::function<void(ModelInferRequest&)>;
  const auto input = [](ModelInferRequest& message, std::string name) -> auto& {
    return (*message.mutable_inputs(0)->mutable_parameters())[name];
  };
  const std::pair<Change, std::string> kCases[] = {
      {[&](auto& message) { input(message, "shared_memory_byte_size").set_int64_param(-1); },
       R"(input "x": parameter "shared_memory_byte_size": expected a number from 0, got -1)"},
      {[&](auto& message) { input(message, "shared_memory_region").set_int64_param(1); },
       R"(input "x": parameter "shared_memory_region": expected string_param, got int64_param)"},
      {[&](auto& message) { message.mutable_inputs(0)->clear_parameters(); },
       R"(expected 2 "raw_input_contents", one for each input, got 1)"},
      {[&](auto& message) { message.mutable_inputs(0)->mutable_contents()->add_uint_contents(1); },
       R"(input "x": expected either "shared_memory_region" or "contents", got both)"},
      {[&](auto& message) {
         (*message.mutable_outputs(0)->mutable_parameters())["classification"].set_int64_param(1);
       },
       R"(output "o": expected either "shared_memory_region" or "classification", got both)"},
      {[&](auto& message) {
         message.mutable_outputs(0)->mutable_parameters()->erase("shared_memory_region");
       },
       R"(output "o": expected "shared_memory_region" and "shared_memory_byte_size", )"
       R"("shared_memory_region" is missing)"},
  };
  for (const auto& [change, error] : kCases) {
    ModelInferRequest message = Shared();
    change(message);
    InferRequest request;
    SharedTensors shared;
    EXPECT_EQ(MessageOf(ReadShared(message, request, shared)), error);
  }
}

}  // namespace
}  // namespace slipway::openinference
