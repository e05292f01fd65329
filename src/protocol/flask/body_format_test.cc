#include "protocol/flask/body_format.h"

#include <cmath>

namespace slipway::flask {
namespace {

using ::testing::HasSubstr;

const Signature kClassifier = {
    {{"x", DType::kFp32, {-1, 2}}},
    {{"label", DType::kInt64, {-1}}, {"probabilities", DType::kFp32, {-1, 2}}}};

TEST(FlaskOutputsTest, ThePredictionIsTheFirstOutput) {
  InferRequest request;
  ASSERT_TRUE(AskForOutputs(kClassifier, false, request).ok());
  EXPECT_EQ(request.outputs.size(), 1u);
  EXPECT_EQ(request.outputs[0].name, "label");
  request.Clear();
  ASSERT_TRUE(AskForOutputs(kClassifier, true, request).ok());
  EXPECT_EQ(request.outputs.at(1).name, "probabilities");
  const Signature regressor = {{}, {{"variable", DType::kFp32, {-1, 1}}}};
  EXPECT_THAT(MessageOf(AskForOutputs(regressor, true, request)),
              HasSubstr("no output of probabilities"));
}

TEST(FlaskWriterTest, WritesListsAsScikitLearnHasThem) {
  const std::vector<int64_t> labels = {2, 0};
  const std::vector<float> values = {0.5f, NAN};
  const auto bytes = [](const auto& all) { return Buffer(std::as_bytes(std::span(all))); };
  std::string out;
  const NamedTensor both[] = {{"label", {DType::kInt64, {2}, bytes(labels)}},
                              {"p", {DType::kFp32, {1, 2}, bytes(values)}}};
  ASSERT_TRUE(WriteAnswer(both, out).ok());
  EXPECT_EQ(out, R"({"prediction":[2,0],"probability":[[0.5,NaN]]})");
  const NamedTensor column[] = {{"variable", {DType::kFp32, {2, 1}, bytes(values)}}};
  out.clear();
  ASSERT_TRUE(WriteAnswer(column, out).ok());
  EXPECT_EQ(out, R"({"prediction":[0.5,NaN]})");
}

}  // namespace
}  // namespace slipway::flask
