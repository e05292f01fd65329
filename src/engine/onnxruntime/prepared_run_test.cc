// The second run of small tensors goes through values that were made by the first.
#include "engine/onnxruntime/onnxruntime_engine.h"
#include "engine/testing/harness.h"

namespace slipway {
namespace {

using ::testing::ElementsAre;
using namespace slipway::testing;

class PreparedRunTest : public ::testing::Test {
 protected:
  std::unique_ptr<Engine> engine_ = *CreateOnnxRuntimeEngine();
};

TEST_F(PreparedRunTest, RunsOfTheSameShapesGiveResultsOfTheirOwn) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1}).Input("k", DType::kInt64, {1});
  b.Output("y", DType::kFp32, {-1}).Output("l", DType::kInt64, {1});
  b.Node("Neg", {"x"}, {"y"}).Node("Add", {"k", "k"}, {"l"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<std::vector<Tensor>> all;
  for (int round = 0; round < 40; ++round) {
    const size_t rows = 1 + static_cast<size_t>(round) % 3;
    const Tensor x = TensorOf<float>({static_cast<int64_t>(rows)},
                                     std::vector<float>(rows, static_cast<float>(round)));
    const Tensor k = TensorOf<int64_t>({1}, {round});
    auto outputs = RunAll(**model, {&x, &k});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    all.push_back(*std::move(outputs));
  }
  for (int round = 0; round < 40; ++round) {
    const auto& outputs = all[static_cast<size_t>(round)];
    EXPECT_EQ(outputs[0].shape, Shape({1 + round % 3}));
    EXPECT_THAT(ValuesOf<float>(outputs[0]), ::testing::Each(-static_cast<float>(round)));
    EXPECT_THAT(ValuesOf<int64_t>(outputs[1]), ElementsAre(2 * round));
  }
}

TEST_F(PreparedRunTest, AnOutputMayBeAskedForTwice) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {1}).Output("y", DType::kFp32, {1}).Node("Neg", {"x"}, {"y"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  for (const float value : {1.f, 2.f, 3.f}) {
    const Tensor x = TensorOf<float>({1}, {value});
    const Tensor* inputs[] = {&x};
    const size_t outputs[] = {0, 0};
    std::vector<Tensor> results;
    ASSERT_TRUE((*model)->Run(inputs, outputs, {}, results).ok());
    EXPECT_THAT(ValuesOf<float>(results[0]), ElementsAre(-value));
    EXPECT_THAT(ValuesOf<float>(results[1]), ElementsAre(-value));
  }
}

TEST_F(PreparedRunTest, OutputsMayHaveAnotherShapeForOtherValuesOfTheSameInputs) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {4}).Output("where", DType::kInt64, {1, -1});
  b.Node("NonZero", {"x"}, {"where"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const std::pair<Tensor, std::vector<int64_t>> table[] = {
      {TensorOf<float>({4}, {0, 1, 0, 1}), {1, 3}},    {TensorOf<float>({4}, {1, 0, 1, 0}), {0, 2}},
      {TensorOf<float>({4}, {1, 1, 1, 0}), {0, 1, 2}}, {TensorOf<float>({4}, {0, 0, 0, 1}), {3}},
      {TensorOf<float>({4}, {0, 0, 0, 0}), {}},        {TensorOf<float>({4}, {0, 1, 0, 0}), {1}},
  };
  for (int again = 0; again < 3; ++again) {
    for (const auto& [x, where] : table) {
      const auto outputs = RunAll(**model, {&x});
      ASSERT_TRUE(outputs.ok()) << outputs.status();
      EXPECT_EQ(ValuesOf<int64_t>((*outputs)[0]), where);
    }
  }
}

TEST_F(PreparedRunTest, RunsThatWereRefusedLeaveTheNextOnesAsTheyWere) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Input("i", DType::kInt64, {1}).Output("y", DType::kFp32, {1});
  b.Node("Gather", {"x", "i"}, {"y"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor x = TensorOf<float>({2}, {5, 6});
  const Tensor in = TensorOf<int64_t>({1}, {1}), out = TensorOf<int64_t>({1}, {7});
  for (int round = 0; round < 3; ++round) {
    const auto outputs = RunAll(**model, {&x, &in});
    ASSERT_TRUE(outputs.ok()) << outputs.status();
    EXPECT_THAT(ValuesOf<float>((*outputs)[0]), ElementsAre(6));
    EXPECT_EQ(ReasonOf(RunAll(**model, {&x, &out}).status()), Reason::kBadRequest);
  }
}

// A graph may give back an input, or a constant, without any operator.
TEST_F(PreparedRunTest, OutputsThatAreInputsOrConstantsAreTheResultsOwn) {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {2}).Output("x", DType::kFp32, {2}).Output("c", DType::kFp32, {2});
  const float c[] = {7, 8};
  b.Constant<float>("c", {2}, c).Input("z", DType::kFp32, {1}).Output("u", DType::kFp32, {1});
  b.Node("Neg", {"z"}, {"u"});
  const auto model = LoadModel(*engine_, b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  for (const float first : {1.f, 5.f, 9.f}) {
    std::vector<Tensor> results;
    {
      float values[] = {first, 2};
      const Tensor x{DType::kFp32, {2}, Buffer(std::as_bytes(std::span(values)))};
      const Tensor z = TensorOf<float>({1}, {3});
      auto outputs = RunAll(**model, {&x, &z});
      ASSERT_TRUE(outputs.ok()) << outputs.status();
      results = *std::move(outputs);
      values[0] = 99;
    }
    EXPECT_THAT(ValuesOf<float>(results[0]), ElementsAre(first, 2));
    EXPECT_THAT(ValuesOf<float>(results[1]), ElementsAre(7, 8));
    EXPECT_THAT(ValuesOf<float>(results[2]), ElementsAre(-3));
  }
}

}  // namespace
}  // namespace slipway
