#include "pipeline/runners.h"

#include <atomic>

#include "client/testing/tiny_server.h"
#include "engine/testing/fake_engine.h"

namespace slipway::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Tensor Row(std::span<const float> values) {
  return {DType::kFp32, {1, static_cast<int64_t>(values.size())}, Buffer(std::as_bytes(values))};
}

TEST(RunnersTest, ALoadedModelAnswersTheOutputsAskedFor) {
  slipway::testing::FakeEngine engine;
  const evaluate::LoadModel load = LoaderOf(engine);
  slipway::testing::FakeModel model;
  model.add = 10;
  const auto runner = load(model.Serialize());
  ASSERT_TRUE(runner.ok()) << runner.status();
  const float values[] = {1, 2};
  const auto outputs = (*runner)->Run({{"x", Row(values)}}, {"y"});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_EQ(outputs->front().name, "y");
  EXPECT_THAT(outputs->front().tensor.as<float>(), ElementsAre(11, 12));
}

TEST(RunnersTest, WhatDoesNotFitTheSignatureIsRefused) {
  slipway::testing::FakeEngine engine;
  const auto runner = LoaderOf(engine)(slipway::testing::FakeModel().Serialize());
  const float values[] = {1, 2, 3};
  EXPECT_THAT(std::string(MessageOf((*runner)->Run({{"x", Row(values)}}, {}).status())),
              HasSubstr("input \"x\": expected FP32 [-1,2]"));
}

TEST(RunnersTest, BytesThatAreNoModelAreRefused) {
  slipway::testing::FakeEngine engine;
  EXPECT_EQ(ReasonOf(LoaderOf(engine)("no model").status()), Reason::kBadModel);
}

TEST(RunnersTest, AServerIsAskedForTheSignatureOnceAndThenForAnswers) {
  std::atomic<int> asked = 0;
  client::testing::TinyServer server([&](const std::string& request) -> std::string {
    ++asked;
    if (request.starts_with("GET /v2/models/m "))
      return client::testing::Ok(
          R"({"name":"m","inputs":[{"name":"x","datatype":"FP32","shape":[-1,2]}],)"
          R"("outputs":[{"name":"y","datatype":"UINT8","shape":[-1]}]})");
    const std::string json = R"({"outputs":[{"name":"y","datatype":"UINT8","shape":[1],)"
                             R"("parameters":{"binary_data_size":1}}]})";
    return "HTTP/1.1 200 OK\r\nInference-Header-Content-Length: " + std::to_string(json.size()) +
           "\r\nContent-Length: " + std::to_string(json.size() + 1) + "\r\n\r\n" + json + "\x07";
  });
  const auto runner = ConnectRunner({*client::Endpoint::Parse(server.Url("/v2/models/m"))});
  ASSERT_TRUE(runner.ok()) << runner.status();
  EXPECT_EQ((*runner)->signature().inputs.front().name, "x");
  const float values[] = {1, 2};
  for (int i = 0; i < 2; ++i) {
    const auto outputs = (*runner)->Run({{"x", Row(values)}}, {"y"});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_EQ(outputs->front().tensor.as<uint8_t>()[0], 7);
  }
  EXPECT_EQ(asked, 3);
}

}  // namespace
}  // namespace slipway::pipeline
