#include "client/http_infer_client.h"

#include "client/testing/tiny_server.h"

namespace slipway::client {
namespace {

using testing::Ok;
using testing::TinyServer;

InferRequest RequestOf(std::span<const float> values) {
  InferRequest request;
  request.inputs.push_back(
      {"x",
       {DType::kFp32, {1, static_cast<int64_t>(values.size())}, Buffer(std::as_bytes(values))}});
  return request;
}

TEST(EncodeBinaryTest, PutsTensorsBehindTheJson) {
  const float values[] = {1.5f, 2.0f};
  const EncodedRequest encoded = EncodeBinary(RequestOf(values));
  const std::string json =
      R"({"inputs":[{"name":"x","datatype":"FP32","shape":[1,2],"parameters":{"binary_data_size":8}}],)"
      R"("parameters":{"binary_data_output":true}})";
  ASSERT_TRUE(encoded.body.starts_with(json)) << encoded.body;
  EXPECT_EQ(encoded.body.size(), json.size() + sizeof(values));
  EXPECT_EQ(std::memcmp(encoded.body.data() + json.size(), values, sizeof(values)), 0);
  EXPECT_EQ(encoded.headers,
            "Content-Type: application/octet-stream\r\nInference-Header-Content-Length: " +
                std::to_string(json.size()) + "\r\n");
}

HttpResponse Answer(const std::string& json, const std::string& binary) {
  HttpResponse response;
  response.status = 200;
  response.headers = {{"inference-header-content-length", std::to_string(json.size())}};
  response.body = json + binary;
  return response;
}

TEST(DecodeAnswerTest, CutsOutputsInOrder) {
  const auto answer = DecodeAnswer(Answer(
      R"({"model_name":"m","model_version":"3","outputs":[{"name":"a","datatype":"UINT8","shape":[2],"parameters":{"binary_data_size":2}},)"
      R"({"name":"b","datatype":"FP32","shape":[1],"parameters":{"binary_data_size":4}}]})",
      std::string("\x01\x02\x00\x00\x80\x3f", 6)));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->version, "3");
  ASSERT_EQ(answer->outputs.size(), 2u);
  EXPECT_EQ(answer->outputs[0].tensor.as<uint8_t>()[1], 2);
  EXPECT_EQ(answer->outputs[1].tensor.as<float>()[0], 1.0f);
}

TEST(DecodeAnswerTest, RefusesAnswersThatDoNotAddUp) {
  const std::string head = R"({"outputs":[{"name":"a","datatype":"UINT8","shape":)";
  for (const std::string& json :
       {head + R"([3],"parameters":{"binary_data_size":2}}]})",
        head + R"([9],"parameters":{"binary_data_size":9}}]})", head + R"([2],"data":[1,2]}]})",
        head + R"([-2],"parameters":{"binary_data_size":2}}]})",
        std::string(R"({"outputs":[{"name":"a","datatype":"INT4","shape":[2]}]})"),
        std::string("{"), std::string()}) {
    const auto outputs = DecodeAnswer(Answer(json, "\x01\x02"));
    ASSERT_FALSE(outputs.ok()) << json;
    EXPECT_EQ(ReasonOf(outputs.status()), Reason::kIo) << json;
  }
}

TEST(InferClientTest, ReadsMetadataAndKeepsTheServersError) {
  TinyServer server([](const std::string& request) -> std::string {
    if (request.starts_with("GET /v2/models/m "))
      return Ok(R"({"name":"m","versions":["1"],"platform":"onnxruntime_onnx",)"
                R"("inputs":[{"name":"x","datatype":"FP32","shape":[-1,2],)"
                R"("parameters":{"content_type":"np","columns":["a","b"]}}],)"
                R"("outputs":[{"name":"y","datatype":"BYTES","shape":[-1]}]})");
    const std::string body = R"({"error":"input \"x\": expected FP32 [-1,2], got FP32 [1,1]"})";
    return "HTTP/1.1 400 Bad Request\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  });
  auto client = InferClient::Create({*Endpoint::Parse(server.Url("/v2/models/m/infer"))});
  ASSERT_TRUE(client.ok()) << client.status();
  const auto signature = (*client)->Metadata();
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(signature->inputs[0].shape, (Shape{-1, 2}));
  EXPECT_EQ(signature->outputs[0].dtype, DType::kBytes);
  EXPECT_EQ(signature->inputs[0].columns, (std::vector<std::string>{"a", "b"}));
  const float one[] = {1};
  const auto refused = (*client)->Infer(RequestOf(one));
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kBadRequest);
  EXPECT_EQ(MessageOf(refused.status()),
            "HTTP 400: input \"x\": expected FP32 [-1,2], got FP32 [1,1]");
}

TEST(InferClientTest, FindsTheVersionInAnAnswersBody) {
  const auto model = InferClient::Create({*Endpoint::Parse("http://localhost/v2/models/m")});
  ASSERT_TRUE(model.ok());
  const std::pair<std::string_view, std::string_view> table[] = {
      {R"({"model_name":"m","model_version":"3","outputs":[]})", "3"},
      {"{\"outputs\":[{}],\"model_version\":\"12\"}\x01\xFF{", "12"},
      {R"({"outputs":[]})", ""}};
  for (const auto& [body, version] : table) {
    const auto found = (*model)->VersionIn(body);
    ASSERT_TRUE(found.ok()) << body;
    EXPECT_EQ(*found, version) << body;
  }
  EXPECT_EQ(ReasonOf((*model)->VersionIn("[]").status()), Reason::kIo);
}

TEST(InferClientTest, NeedsAUrlOfAModel) {
  for (const std::string url :
       {"http://h:1", "http://h:1/v2/models", "grpc://h:1/v2/models/", "grpc://h:1/v2/models/%zz"})
    EXPECT_FALSE(InferClient::Create({*Endpoint::Parse(url)}).ok()) << url;
}

}  // namespace
}  // namespace slipway::client
