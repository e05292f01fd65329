#include "protocol/torchserve/prediction_writer.h"

#include <cmath>

namespace slipway::torchserve {
namespace {

const float kScores[] = {0.25f, 0.75f, NAN, 0.5f, 0.125f, 1.0f};

NamedTensor Scores(std::string name, Shape shape) {
  return {std::move(name),
          {DType::kFp32, std::move(shape), Buffer(std::as_bytes(std::span(kScores)))}};
}

std::string Write(std::vector<NamedTensor> outputs, const Signature& signature, Form form) {
  std::string out;
  const Status status = WritePredictions(outputs, signature, form, out);
  return status.ok() ? out : std::string(MessageOf(status));
}

TEST(PredictionWriterTest, AnswersAListAndARowOnItsOwnForAFile) {
  const Signature plain = {{}, {{"y", DType::kFp32, {-1, -1}}}};
  EXPECT_EQ(Write({Scores("y", {2, 3})}, plain, Form::kRows), "[[0.25,0.75,NaN],[0.5,0.125,1.0]]");
  EXPECT_EQ(Write({Scores("y", {1, 6})}, plain, Form::kRow), "[0.25,0.75,NaN,0.5,0.125,1.0]");
  EXPECT_EQ(Write({Scores("y", {1, 6})}, plain, Form::kRows), "[[0.25,0.75,NaN,0.5,0.125,1.0]]");
  EXPECT_EQ(Write({Scores("y", {2, 3})}, plain, Form::kRow), "[[0.25,0.75,NaN],[0.5,0.125,1.0]]")
      << "the file held two rows";
}

TEST(PredictionWriterTest, NamesOutputsWhereThereAreSeveral) {
  const int64_t labels[] = {7};
  const NamedTensor label{"label", {DType::kInt64, {1}, Buffer(std::as_bytes(std::span(labels)))}};
  EXPECT_EQ(Write({label}, {}, Form::kRow), "7");
  EXPECT_EQ(Write({label, Scores("y", {1, 6})}, {}, Form::kRows),
            R"([{"label":7,"y":[0.25,0.75,NaN,0.5,0.125,1.0]}])");
  EXPECT_EQ(Write({label, Scores("y", {1, 6})}, {}, Form::kRow),
            R"({"label":7,"y":[0.25,0.75,NaN,0.5,0.125,1.0]})");
}

TEST(PredictionWriterTest, TellsTheFiveLikeliestClassesByLabel) {
  const Signature six = {{}, {{"y", DType::kFp32, {-1, 6}, false, {"a", "b", "c", "d", "e", "f"}}}};
  EXPECT_EQ(Write({Scores("y", {1, 6})}, six, Form::kRow),
            R"({"f":1.0,"b":0.75,"d":0.5,"a":0.25,"e":0.125})");
  const Signature three = {{}, {{"y", DType::kFp32, {-1, 3}, false, {"a", "b", "c"}}}};
  EXPECT_EQ(Write({Scores("y", {2, 3})}, three, Form::kRows),
            R"([{"b":0.75,"a":0.25,"c":null},{"c":1.0,"a":0.5,"b":0.125}])");
  EXPECT_EQ(Write({Scores("y", {1, 6})}, three, Form::kRow), "[0.25,0.75,NaN,0.5,0.125,1.0]")
      << "labels that do not fit the columns are none";
}

TEST(PredictionWriterTest, RefusesOutputsWithoutRows) {
  EXPECT_THAT(Write({Scores("y", {2, 3}), Scores("z", {3, 2})}, {}, Form::kRows),
              ::testing::HasSubstr("z"));
}

}  // namespace
}  // namespace slipway::torchserve
