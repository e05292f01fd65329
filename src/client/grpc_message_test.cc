#include "client/grpc_message.h"

#include <inference/grpc_service.pb.h>

namespace slipway::client {
namespace {

using ::testing::HasSubstr;

TEST(WriteModelInferTest, SaysWhatTheContractReads) {
  const float values[] = {1.5f, 2.0f};
  InferRequest request;
  request.id = "r1";
  request.inputs.push_back({"x", {DType::kFp32, {1, 2}, Buffer(std::as_bytes(std::span(values)))}});
  request.outputs.push_back({"y"});
  inference::ModelInferRequest read;
  ASSERT_TRUE(read.ParseFromString(WriteModelInfer("m", "3", request)));
  EXPECT_EQ(read.model_name(), "m");
  EXPECT_EQ(read.model_version(), "3");
  EXPECT_EQ(read.id(), "r1");
  ASSERT_EQ(read.inputs_size(), 1);
  EXPECT_EQ(read.inputs(0).datatype(), "FP32");
  EXPECT_EQ(read.inputs(0).shape(1), 2);
  EXPECT_EQ(read.outputs(0).name(), "y");
  ASSERT_EQ(read.raw_input_contents_size(), 1);
  EXPECT_EQ(std::memcmp(read.raw_input_contents(0).data(), values, sizeof(values)), 0);
}

TEST(ReadModelMetadataTest, ReadsTheNamesOfColumns) {
  inference::ModelMetadataResponse metadata;
  auto& input = *metadata.add_inputs();
  input.set_name("input");
  input.set_datatype("FP64");
  const auto columns_of = [&](const std::string& value) {
    (*input.mutable_parameters())["columns"].set_string_param(value);
    const auto read = ReadModelMetadata(metadata.SerializeAsString());
    EXPECT_TRUE(read.ok()) << read.status();
    return read->inputs.at(0).columns;
  };
  EXPECT_EQ(columns_of(R"(["age","income"])"), (std::vector<std::string>{"age", "income"}));
  EXPECT_TRUE(columns_of("age, income").empty());
  (*input.mutable_parameters())["times"].set_string_param("[1]");
  (*input.mutable_parameters())["columns"].set_string_param(R"(["age","since"])");
  EXPECT_EQ(ReadModelMetadata(metadata.SerializeAsString())->inputs.at(0).times,
            (std::vector<bool>{false, true}));
  (*input.mutable_parameters())["columns"].set_int64_param(2);
  EXPECT_TRUE(ReadModelMetadata(metadata.SerializeAsString())->inputs.at(0).columns.empty());
}

inference::ModelInferResponse Response() {
  inference::ModelInferResponse response;
  response.set_model_version("3");
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype("UINT8");
  output.add_shape(2);
  response.add_raw_output_contents("\x01\x02");
  return response;
}

TEST(ReadModelInferTest, ReadsVersionAndOutputs) {
  const auto answer = ReadModelInfer(Response().SerializeAsString());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->version, "3");
  ASSERT_EQ(answer->outputs.size(), 1u);
  EXPECT_EQ(answer->outputs[0].name, "y");
  EXPECT_EQ(answer->outputs[0].tensor.as<uint8_t>()[1], 2);
}

TEST(ReadModelInferTest, RefusesAnswersThatDoNotAddUp) {
  const auto problem = [](const auto& change) {
    inference::ModelInferResponse response = Response();
    change(response);
    const auto answer = ReadModelInfer(response.SerializeAsString());
    EXPECT_FALSE(answer.ok());
    EXPECT_EQ(ReasonOf(answer.status()), Reason::kIo);
    return std::string(MessageOf(answer.status()));
  };
  EXPECT_THAT(problem([](auto& r) { r.clear_raw_output_contents(); }), HasSubstr("raw contents"));
  EXPECT_THAT(problem([](auto& r) { r.set_raw_output_contents(0, "x"); }), HasSubstr("\"y\""));
  EXPECT_THAT(problem([](auto& r) { r.mutable_outputs(0)->set_shape(0, -2); }), HasSubstr("\"y\""));
  EXPECT_THAT(problem([](auto& r) { r.mutable_outputs(0)->set_datatype("INT4"); }),
              HasSubstr("unknown datatype \"INT4\""));
  EXPECT_THAT(problem([](auto& r) {
                for (int i = 0; i < 100; ++i) r.mutable_outputs(0)->add_shape(1);
              }),
              HasSubstr("dimensions"));
  const std::string whole = Response().SerializeAsString();
  for (size_t size = 1; size < whole.size(); ++size) (void)ReadModelInfer(whole.substr(0, size));
}

TEST(ReadModelMetadataTest, ReadsInputsAndOutputs) {
  inference::ModelMetadataResponse response;
  auto& input = *response.add_inputs();
  input.set_name("x");
  input.set_datatype("FP32");
  input.add_shape(-1);
  input.add_shape(64);
  auto& output = *response.add_outputs();
  output.set_name("y");
  output.set_datatype("BYTES");
  const auto signature = ReadModelMetadata(response.SerializeAsString());
  ASSERT_TRUE(signature.ok()) << signature.status();
  EXPECT_EQ(signature->inputs[0].shape, (Shape{-1, 64}));
  EXPECT_EQ(signature->outputs[0].dtype, DType::kBytes);
}

}  // namespace
}  // namespace slipway::client
