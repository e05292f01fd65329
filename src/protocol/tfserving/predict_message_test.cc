#include "protocol/tfserving/predict_message.h"

#include "protobuf/message_writer.h"
#include "protocol/tfserving/tensor_proto.h"
#include "protocol/tfserving/testing/plenty.h"

namespace slipway::tfserving {
namespace {

using protobuf::MessageWriter;

std::string Spec(std::string_view name, std::string_view label = "",
                 std::string_view signature = "") {
  std::string spec;
  MessageWriter writer(spec);
  writer.Bytes(1, name);
  if (!signature.empty()) writer.Bytes(3, signature);
  if (!label.empty()) writer.Bytes(4, label);
  return spec;
}

std::string Request(const std::string& spec, const Tensor* tensor = nullptr) {
  std::string message;
  MessageWriter writer(message);
  writer.Bytes(1, spec);
  if (tensor != nullptr) {
    const size_t entry = writer.Begin(2);
    writer.Bytes(1, "x");
    writer.Bytes(2, WriteTensorProto(*tensor).head);
    writer.End(entry);
  }
  return message;
}

std::string Refusal(const std::string& message, Reason reason = Reason::kBadRequest) {
  InferRequest request;
  Plenty plenty;
  const Status read =
      ReadPredictMessage(std::as_bytes(std::span(message)), request, plenty.repeated);
  if (read.ok()) return "OK";
  EXPECT_EQ(ReasonOf(read), reason);
  return std::string(MessageOf(read));
}

TEST(PredictMessageTest, ReadsModelInputsAndFilter) {
  const Tensor tensor{DType::kInt32, {2}, Buffer::Own(std::string("\1\0\0\0\2\0\0\0", 8))};
  std::string message = Request(Spec("m", "stable", "serving_default"), &tensor);
  MessageWriter(message).Bytes(3, "y");
  InferRequest request;
  Plenty plenty;
  ASSERT_TRUE(ReadPredictMessage(std::as_bytes(std::span(message)), request, plenty.repeated).ok());
  EXPECT_EQ(request.model, "m");
  EXPECT_EQ(request.version, "stable");
  ASSERT_EQ(request.inputs.size(), 1u);
  EXPECT_EQ(request.inputs[0].name, "x");
  EXPECT_THAT(request.inputs[0].tensor.as<int32_t>(), testing::ElementsAre(1, 2));
  ASSERT_EQ(request.outputs.size(), 1u);
  EXPECT_EQ(request.outputs[0].name, "y");
}

TEST(PredictMessageTest, AVersionIsANumberAndALabelIsNone) {
  std::string spec = Spec("m");
  MessageWriter(spec).Bytes(2, "\x08\x07");
  const std::string message = Request(spec);
  InferRequest request;
  Plenty plenty;
  ASSERT_TRUE(ReadPredictMessage(std::as_bytes(std::span(message)), request, plenty.repeated).ok());
  EXPECT_EQ(request.version, "7");
  EXPECT_EQ(Refusal(Request(Spec("m", "7")), Reason::kNotFound), "model \"m\" has no label \"7\"");
}

TEST(PredictMessageTest, RefusesAsTheRealServerDoes) {
  EXPECT_EQ(Refusal(""), "Missing ModelSpec");
  EXPECT_EQ(Refusal(Request("")), "ModelSpec has no name specified.");
  EXPECT_EQ(Refusal(Request(Spec("m", "", "other")), Reason::kPreconditionFailed),
            "Serving signature key \"other\" not found.");
}

TEST(PredictMessageTest, NamesTheInputThatIsWrong) {
  std::string message = Request(Spec("m"));
  MessageWriter writer(message);
  const size_t entry = writer.Begin(2);
  writer.Bytes(1, "pixels");
  writer.Bytes(2, "\x08\x08");
  writer.End(entry);
  EXPECT_EQ(Refusal(message), "input \"pixels\": \"dtype\" 8 is no data type of a model");
}

}  // namespace
}  // namespace slipway::tfserving
