#include "protocol/openinference/stream_message.h"

#include <inference/grpc_service.pb.h>

#include "protocol/openinference/grpc_response_writer.h"

namespace slipway::openinference {
namespace {

inference::ModelStreamInferResponse Read(const http::StreamMessage& message) {
  std::string bytes = message.body;
  for (const http::BodyPart& part : message.parts)
    bytes.append(reinterpret_cast<const char*>(part.bytes.data()), part.bytes.size());
  EXPECT_EQ(bytes.size(), message.size());
  inference::ModelStreamInferResponse read;
  EXPECT_TRUE(read.ParseFromString(bytes));
  return read;
}

bool IsFinal(const inference::ModelInferResponse& response) {
  const auto mark = response.parameters().find("triton_final_response");
  return mark != response.parameters().end() && mark->second.bool_param();
}

class StreamMessageTest : public testing::TestWithParam<size_t> {};

TEST_P(StreamMessageTest, AnAnswerIsWholeAndFinal) {
  InferRequest request;
  request.id = "7";
  request.binary_outputs = true;
  InferResponse response{.model = "m", .version = "3", .outputs = {}};
  std::byte* data;
  NamedTensor& output = response.outputs.emplace_back();
  output.name = "y";
  output.tensor = {.dtype = DType::kUint8,
                   .shape = {static_cast<int64_t>(GetParam())},
                   .data = Buffer::Allocate(GetParam(), &data)};
  std::fill_n(data, GetParam(), std::byte{5});
  http::Response written;
  ASSERT_TRUE(WriteInferMessage(request, response, written).ok());
  const auto read = Read(StreamAnswer(std::move(written)));
  EXPECT_EQ(read.error_message(), "");
  const inference::ModelInferResponse& answer = read.infer_response();
  EXPECT_EQ(answer.id(), "7");
  EXPECT_EQ(answer.model_name(), "m");
  EXPECT_EQ(answer.model_version(), "3");
  ASSERT_EQ(answer.raw_output_contents_size(), 1);
  EXPECT_EQ(answer.raw_output_contents(0), std::string(GetParam(), '\5'));
  EXPECT_TRUE(IsFinal(answer));
}

INSTANTIATE_TEST_SUITE_P(Copied, StreamMessageTest, testing::Values(0, 100));
INSTANTIATE_TEST_SUITE_P(SentFromWhereItLies, StreamMessageTest, testing::Values(1 << 20));

TEST(StreamErrorTest, SaysWhichRequestFailedAndWhy) {
  InferRequest request;
  request.model = "m";
  request.version = "stable";
  request.id = "8";
  const auto read = Read(StreamError(request, MakeError(Reason::kBadRequest, "input \"x\": no")));
  EXPECT_EQ(read.error_message(), "input \"x\": no");
  EXPECT_EQ(read.infer_response().id(), "8");
  EXPECT_EQ(read.infer_response().model_name(), "m");
  EXPECT_EQ(read.infer_response().model_version(), "stable");
  EXPECT_TRUE(IsFinal(read.infer_response()));
}

}  // namespace
}  // namespace slipway::openinference
