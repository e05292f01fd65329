#include "protocol/openinference/grpc_response_writer.h"

#include <inference/grpc_service.pb.h>

#include "protocol/openinference/grpc_contents.h"
#include "protocol/openinference/infer_handler.h"

namespace slipway::openinference {
namespace {

using inference::ModelInferResponse;

template <typename T>
std::string Raw(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

InferResponse Answer(std::vector<NamedTensor> outputs) {
  InferResponse answer;
  answer.model = "m";
  answer.version = "3";
  answer.outputs = std::move(outputs);
  return answer;
}

/// What a client's generated classes make of the message.
ModelInferResponse Parse(const http::Response& response) {
  std::string all = response.body;
  for (const http::BodyPart& part : response.parts)
    all.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  ModelInferResponse message;
  EXPECT_TRUE(message.ParseFromString(all));
  return message;
}

TEST(GrpcResponseWriterTest, ACodecIsAParameterOfEachOutput) {
  InferResponse answer = Answer({{"p", {DType::kFp32, {2}, Buffer::Own(Raw<float>({0.5f, 1}))}}});
  AnswerAsMlserver(answer);
  http::Response response;
  ASSERT_TRUE(WriteInferMessage({}, answer, response).ok());
  const ModelInferResponse message = Parse(response);
  ASSERT_EQ(message.outputs_size(), 1);
  const auto& output = message.outputs(0);
  EXPECT_EQ(output.parameters().at("content_type").string_param(), "np");
  EXPECT_EQ(std::vector<int64_t>(output.shape().begin(), output.shape().end()),
            (std::vector<int64_t>{2, 1}));
}

TEST(GrpcResponseWriterTest, WritesWhatTheGeneratedClassesRead) {
  InferRequest request;
  request.id = "42";
  request.binary_outputs = true;
  http::Response response;
  ASSERT_TRUE(
      WriteInferMessage(
          request,
          Answer({{"p", {DType::kFp32, {1, 2}, Buffer::Own(Raw<float>({0.5f, 1}))}},
                  {std::string(200, 'n'), {DType::kFp16, {}, Buffer::Own(Raw<uint16_t>({7}))}}}),
          response)
          .ok());
  const ModelInferResponse message = Parse(response);
  EXPECT_EQ(message.model_name(), "m");
  EXPECT_EQ(message.model_version(), "3");
  EXPECT_EQ(message.id(), "42");
  ASSERT_EQ(message.outputs_size(), 2);
  EXPECT_EQ(message.outputs(0).name(), "p");
  EXPECT_EQ(message.outputs(0).datatype(), "FP32");
  EXPECT_EQ(
      std::vector<int64_t>(message.outputs(0).shape().begin(), message.outputs(0).shape().end()),
      (std::vector<int64_t>{1, 2}));
  EXPECT_EQ(message.outputs(1).name(), std::string(200, 'n'));
  EXPECT_EQ(message.outputs(1).shape_size(), 0);
  ASSERT_EQ(message.raw_output_contents_size(), 2);
  EXPECT_EQ(message.raw_output_contents(0), Raw<float>({0.5f, 1}));
  EXPECT_EQ(message.raw_output_contents(1), Raw<uint16_t>({7}));
  EXPECT_TRUE(response.parts.empty());
}

TEST(GrpcResponseWriterTest, LargeOutputsAreSentFromWhereTheyLie) {
  const Buffer large = Buffer::Own(std::string(10'000, 'l'));
  InferRequest request;
  request.binary_outputs = true;
  http::Response response;
  ASSERT_TRUE(WriteInferMessage(request,
                                Answer({{"a", {DType::kUint8, {10'000}, large}},
                                        {"b", {DType::kUint8, {2}, Buffer::Own("xy")}},
                                        {"c", {DType::kUint8, {10'000}, large}}}),
                                response)
                  .ok());
  EXPECT_EQ(response.parts[0].bytes.data(), large.data());
  EXPECT_LT(response.body.size(), 200u);
  const ModelInferResponse message = Parse(response);
  ASSERT_EQ(message.raw_output_contents_size(), 3);
  EXPECT_EQ(message.raw_output_contents(0), std::string(10'000, 'l'));
  EXPECT_EQ(message.raw_output_contents(1), "xy");
  EXPECT_EQ(message.raw_output_contents(2), std::string(10'000, 'l'));
}

TEST(GrpcResponseWriterTest, TypedContentsReadBackAsTheSameTensor) {
  const Tensor tensors[] = {
      {DType::kBool, {2}, Buffer::Own(Raw<uint8_t>({1, 0}))},
      {DType::kUint8, {2}, Buffer::Own(Raw<uint8_t>({0, 255}))},
      {DType::kUint16, {2}, Buffer::Own(Raw<uint16_t>({0, 65535}))},
      {DType::kUint32, {2}, Buffer::Own(Raw<uint32_t>({0, UINT32_MAX}))},
      {DType::kUint64, {2}, Buffer::Own(Raw<uint64_t>({0, UINT64_MAX}))},
      {DType::kInt8, {2}, Buffer::Own(Raw<int8_t>({-128, 127}))},
      {DType::kInt16, {2}, Buffer::Own(Raw<int16_t>({-32768, 32767}))},
      {DType::kInt32, {2}, Buffer::Own(Raw<int32_t>({INT32_MIN, INT32_MAX}))},
      {DType::kInt64, {2}, Buffer::Own(Raw<int64_t>({INT64_MIN, INT64_MAX}))},
      {DType::kFp32, {2}, Buffer::Own(Raw<float>({-0.0f, 1e-45f}))},
      {DType::kFp64, {2}, Buffer::Own(Raw<double>({0.1, 5e-324}))},
      {DType::kBytes, {2}, Buffer::Own(std::string("\x01\0\0\0a\0\0\0\0", 9))},
      {DType::kInt32, {0}, {}},
  };
  for (const Tensor& tensor : tensors) {
    InferRequest request;
    request.binary_outputs = false;
    http::Response response;
    ASSERT_TRUE(WriteInferMessage(request, Answer({{"y", tensor}}), response).ok());
    const ModelInferResponse message = Parse(response);
    EXPECT_EQ(message.raw_output_contents_size(), 0);
    ASSERT_TRUE(message.outputs(0).has_contents());
    Arena arena;
    Tensor again{tensor.dtype, tensor.shape, {}};
    const Status read =
        ReadContents(message.outputs(0).contents().SerializeAsString(), arena, again);
    ASSERT_TRUE(read.ok()) << NameOf(tensor.dtype) << read;
    EXPECT_TRUE(std::ranges::equal(again.data.bytes(), tensor.data.bytes()))
        << NameOf(tensor.dtype);
  }
}

TEST(GrpcResponseWriterTest, HalvesHaveNoTypedContents) {
  for (const DType dtype : {DType::kFp16, DType::kBf16}) {
    http::Response response;
    const Status status = WriteInferMessage(
        {}, Answer({{"y", {dtype, {1}, Buffer::Own(Raw<uint16_t>({0}))}}}), response);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(ReasonOf(status), Reason::kBadRequest);
    EXPECT_EQ(MessageOf(status),
              fmt::format("output \"y\": {} has no typed contents; leave out the parameter "
                          "\"binary_data_output\"",
                          NameOf(dtype)));
    EXPECT_TRUE(response.body.empty());
  }
}

TEST(GrpcResponseWriterTest, OutputInSharedMemoryHasNoContents) {
  for (const bool raw : {true, false}) {
    InferRequest request;
    request.binary_outputs = raw;
    request.outputs = {{.name = "y", .in_shared_memory = true}, {.name = "z"}};
    http::Response response;
    ASSERT_TRUE(
        WriteInferMessage(request,
                          Answer({{"y", {DType::kFp32, {1}, Buffer::Own(Raw<float>({1}))}},
                                  {"z", {DType::kFp32, {1}, Buffer::Own(Raw<float>({2}))}}}),
                          response)
            .ok());
    const ModelInferResponse message = Parse(response);
    ASSERT_EQ(message.outputs_size(), 2);
    EXPECT_EQ(message.outputs(0).datatype(), "FP32");
    EXPECT_FALSE(message.outputs(0).has_contents());
    if (raw) {
      ASSERT_EQ(message.raw_output_contents_size(), 2);  // places stay those of the outputs
      EXPECT_EQ(message.raw_output_contents(0), "");
      EXPECT_EQ(message.raw_output_contents(1), Raw<float>({2}));
    }
  }
}

}  // namespace
}  // namespace slipway::openinference
