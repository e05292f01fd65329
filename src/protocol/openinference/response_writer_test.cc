#include "protocol/openinference/response_writer.h"

#include <cmath>
#include <cstring>
#include <limits>

#include "protocol/openinference/infer_handler.h"
#include "tensor/half.h"

namespace slipway::openinference {
namespace {

template <typename T>
Tensor Make(DType dtype, Shape shape, std::vector<T> values) {
  return {dtype, std::move(shape),
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                  values.size() * sizeof(T)))};
}

Tensor MakeBytes(Shape shape, const std::vector<std::string>& elements) {
  std::string wire;
  for (const std::string& element : elements) AppendBytesElement(wire, element);
  return {DType::kBytes, std::move(shape), Buffer::Own(std::move(wire))};
}

InferResponse Answer(std::vector<NamedTensor> outputs) {
  InferResponse answer;
  answer.model = "m";
  answer.version = "3";
  answer.outputs = std::move(outputs);
  return answer;
}

/// The "data" of one tensor in JSON, or the error.
std::string Data(Tensor tensor) {
  http::Response response;
  const Status status = WriteResponse({}, Answer({{"y", std::move(tensor)}}), response);
  if (!status.ok()) return std::string(MessageOf(status));
  const size_t from = response.body.find("\"data\":") + 7;
  return response.body.substr(from, response.body.size() - from - 3);
}

std::string Parts(const http::Response& response) {
  std::string all;
  for (const http::BodyPart& part : response.parts)
    all.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  return all;
}

TEST(ResponseWriterTest, WritesJsonAsTheProtocolShowsIt) {
  InferRequest request;
  request.id = "a\"b";
  http::Response response;
  ASSERT_TRUE(WriteResponse(request,
                            Answer({{"p", Make<float>(DType::kFp32, {1, 2}, {0.5f, 1.0f})},
                                    {"label", MakeBytes({1}, {"cat"})}}),
                            response)
                  .ok());
  EXPECT_EQ(response.body, R"({"id":"a\"b","model_name":"m","model_version":"3","outputs":[)"
                           R"({"name":"p","datatype":"FP32","shape":[1,2],"data":[0.5,1.0]},)"
                           R"({"name":"label","datatype":"BYTES","shape":[1],"data":["cat"]}]})");
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.headers, "");
}

TEST(ResponseWriterTest, ACodecIsAParameterOfEachOutput) {
  InferResponse answer = Answer({{"y", Make<int32_t>(DType::kInt32, {1}, {5})}});
  AnswerAsMlserver(answer);
  http::Response response;
  ASSERT_TRUE(WriteResponse({}, answer, response).ok());
  EXPECT_EQ(response.body,
            R"({"model_name":"m","model_version":"3","outputs":[{"name":"y","datatype":"INT32",)"
            R"("shape":[1,1],"parameters":{"content_type":"np"},"data":[5]}]})");
}

TEST(ResponseWriterTest, KserveNumbersTheOutputsThatAreGivenUnasked) {
  Signature signature;
  signature.outputs = {{.name = "proba", .shape = {-1}, .on_request = true},
                       {.name = "label", .shape = {-1}},
                       {.name = "score", .shape = {-1}}};
  InferResponse answer;
  answer.outputs = {{"score", {}}, {"label", {}}};
  AnswerAsKserve(signature, answer);
  EXPECT_EQ(answer.outputs[0].name, "output-1");
  EXPECT_EQ(answer.outputs[1].name, "output-0");

  InferRequest request;
  request.outputs = {{.name = "output-1"}, {.name = "output-0"}};
  ASSERT_TRUE(AskAsKserve(signature, request).ok());
  EXPECT_EQ(request.outputs[0].name, "score");
  EXPECT_EQ(request.outputs[1].name, "label");
  for (const char* name : {"output-2", "output-"}) {
    request.outputs = {{.name = name}};
    EXPECT_EQ(MessageOf(AskAsKserve(signature, request)),
              fmt::format("output \"{}\": expected \"proba\", \"output-0\" or \"label\", "
                          "\"output-1\" or \"score\"",
                          name));
  }
}

TEST(ResponseWriterTest, KserveTakesTheNamesThatMetadataLists) {
  const Signature signature{
      .inputs = {},
      .outputs = {{.name = "predict", .shape = {-1}},
                  {.name = "predict_proba", .shape = {-1, 2}, .on_request = true}}};
  InferRequest request;
  request.outputs = {{.name = "predict"}, {.name = "predict_proba"}};
  ASSERT_TRUE(AskAsKserve(signature, request).ok());
  EXPECT_EQ(request.outputs[0].name, "predict");
  EXPECT_EQ(request.outputs[1].name, "predict_proba");
  InferResponse answer;
  answer.outputs = {{"predict", {}}, {"predict_proba", {}}};
  AnswerAsKserve(signature, answer);
  EXPECT_EQ(answer.outputs[0].name, "output-0");
  EXPECT_EQ(answer.outputs[1].name, "predict_proba");
}

TEST(ResponseWriterTest, EveryDataTypeWritesItsExtremes) {
  EXPECT_EQ(Data(Make<uint8_t>(DType::kBool, {3}, {1, 0, 1})), "[true,false,true]");
  EXPECT_EQ(Data(Make<int8_t>(DType::kInt8, {2}, {-128, 127})), "[-128,127]");
  EXPECT_EQ(Data(Make<uint8_t>(DType::kUint8, {1}, {255})), "[255]");
  EXPECT_EQ(Data(Make<int64_t>(DType::kInt64, {2}, {INT64_MIN, INT64_MAX})),
            "[-9223372036854775808,9223372036854775807]");
  EXPECT_EQ(Data(Make<uint64_t>(DType::kUint64, {1}, {UINT64_MAX})), "[18446744073709551615]");
  EXPECT_EQ(Data(Make<double>(DType::kFp64, {2}, {0.1, -0.0})), "[0.1,-0.0]");
  EXPECT_EQ(Data(Make<uint16_t>(DType::kFp16, {2}, {0x7BFF, 0x3C00})), "[65504.0,1.0]");
  EXPECT_EQ(Data(Make<uint16_t>(DType::kBf16, {1}, {0x3FC0})), "[1.5]");
  EXPECT_EQ(Data(Make<float>(DType::kFp32, {0}, {})), "[]");
  EXPECT_EQ(Data(Make<uint8_t>(DType::kBool, {0}, {})), "[]");
  EXPECT_EQ(Data(MakeBytes({2}, {"", "a\nb"})), "[\"\",\"a\\nb\"]");
}

TEST(ResponseWriterTest, WhatJsonCannotSayIsRefusedByName) {
  EXPECT_EQ(
      Data(Make<float>(DType::kFp32, {2}, {1, NAN})),
      "output \"y\": element 1 is NaN or infinite, which JSON cannot say; ask for this output as "
      "binary data");
  EXPECT_NE(Data(Make<double>(DType::kFp64, {1}, {-HUGE_VAL})).find("infinite"), std::string::npos);
  EXPECT_NE(Data(Make<uint16_t>(DType::kFp16, {1}, {0x7C00})).find("infinite"), std::string::npos);
  EXPECT_NE(Data(Make<uint16_t>(DType::kBf16, {1}, {0x7FC0})).find("infinite"), std::string::npos);
  EXPECT_EQ(Data(MakeBytes({2}, {"a", "\xFF"})),
            "output \"y\": element 1 is not UTF-8, which JSON cannot say; ask for this output as "
            "binary data");
  http::Response response;
  EXPECT_FALSE(
      WriteResponse({}, Answer({{"y", Make<float>(DType::kFp32, {1}, {NAN})}}), response).ok());
  EXPECT_EQ(response.body, "");
}

TEST(ResponseWriterTest, BinaryOutputsFollowTheJsonInOrder) {
  InferRequest request;
  request.outputs = {
      {.name = "a", .binary = true}, {.name = "j", .binary = {}}, {.name = "b", .binary = true}};
  http::Response response;
  const std::vector<float> large(5000, NAN);
  ASSERT_TRUE(WriteResponse(request,
                            Answer({{"a", Make<uint8_t>(DType::kUint8, {2}, {7, 8})},
                                    {"j", Make<int32_t>(DType::kInt32, {1}, {5})},
                                    {"b", Make<float>(DType::kFp32, {5000}, large)}}),
                            response)
                  .ok());
  const std::string json =
      R"({"model_name":"m","model_version":"3","outputs":[)"
      R"({"name":"a","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}},)"
      R"({"name":"j","datatype":"INT32","shape":[1],"data":[5]},)"
      R"({"name":"b","datatype":"FP32","shape":[5000],"parameters":{"binary_data_size":20000}}]})";
  EXPECT_EQ(response.headers, fmt::format("Inference-Header-Content-Length: {}\r\n", json.size()));
  EXPECT_EQ(response.content_type, "application/octet-stream");
  EXPECT_EQ(response.body, json + "\7\10");
  const std::string tail = Parts(response);
  ASSERT_EQ(tail.size(), 20000u);
  EXPECT_EQ(std::memcmp(tail.data(), large.data(), tail.size()), 0);
}

TEST(ResponseWriterTest, LargeOutputsOutliveTheirResponse) {
  http::Response response;
  InferRequest request;
  request.binary_outputs = true;
  {
    const std::vector<float> values(3000, 2.5f);
    Tensor borrowed{DType::kFp32, {3000}, Buffer(std::as_bytes(std::span(values)))};
    InferResponse answer =
        Answer({{"owned", Make<float>(DType::kFp32, {3000}, values)}, {"borrowed", borrowed}});
    ASSERT_TRUE(WriteResponse(request, answer, response).ok());
  }
  ASSERT_EQ(response.parts.size(), 2u);
  for (const http::BodyPart& part : response.parts) {
    float last;
    std::memcpy(&last, part.bytes.data() + part.bytes.size() - 4, 4);
    EXPECT_EQ(last, 2.5f);
  }
}

TEST(ResponseWriterTest, AnOutputsOwnWordBeatsTheRequests) {
  InferRequest request;
  request.binary_outputs = true;
  request.outputs = {{.name = "y", .binary = false}};
  http::Response response;
  ASSERT_TRUE(
      WriteResponse(request, Answer({{"y", Make<int32_t>(DType::kInt32, {1}, {5})}}), response)
          .ok());
  EXPECT_NE(response.body.find("\"data\":[5]"), std::string::npos);
  EXPECT_EQ(response.headers, "");
}

TEST(ResponseWriterTest, OutputInSharedMemoryIsDescribedOnly) {
  InferRequest request;
  request.binary_outputs = true;
  request.outputs = {{.name = "y", .in_shared_memory = true}};
  http::Response response;
  ASSERT_TRUE(
      WriteResponse(request, Answer({{"y", Make<float>(DType::kFp32, {2}, {1, 2})}}), response)
          .ok());
  EXPECT_EQ(response.body, R"({"model_name":"m","model_version":"3","outputs":[)"
                           R"({"name":"y","datatype":"FP32","shape":[2]}]})");
  EXPECT_EQ(response.headers, "");
}

}  // namespace
}  // namespace slipway::openinference
