#include "engine/tabular/tabular_engine.h"

#include <cmath>

#include "engine/tabular/testing/graphs.h"
#include "engine/testing/conformance.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct MakeTabular {
  static std::unique_ptr<Engine> Make() { return CreateTabularEngine(); }
};
INSTANTIATE_TYPED_TEST_SUITE_P(Tabular, EngineConformanceTest, MakeTabular);

/// Two features, three classes with names.
onnx::Builder Classifier() {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp64, {-1, 2});
  b.Output("label", DType::kBytes, {-1}).Output("p", DType::kFp64, {-1, 3});
  AddConstant<double>(b, "w", {2, 3}, {1, 2, 3, -1, -2, -3});
  AddConstant<double>(b, "c", {3}, {0, 0.5, 0});
  b.Initializer("names", BytesTensorOf({3}, {"a", "b", "c"}));
  b.Node("MatMul", {"x", "w"}, {"xw"}).Node("Add", {"xw", "c"}, {"z"});
  b.Node("Softmax", {"z"}, {"p"}, {{"axis", 1}});
  b.Node("ArgMax", {"z"}, {"best"}, {{"axis", 1}, {"keepdims", 0}});
  b.Node("Gather", {"names", "best"}, {"label"}, {{"axis", 0}});
  return b;
}

TEST(TabularEngineTest, ALogisticRegressionGivesNamesAndProbabilities) {
  const auto engine = CreateTabularEngine();
  const Tensor x = TensorOf<double>({2, 2}, {1, 0, 0, 1});
  const auto outputs = LoadAndRun(*engine, Classifier(), {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ElementsOf((*outputs)[0]), ElementsAre("c", "a"));
  EXPECT_EQ((*outputs)[1].shape, (Shape{2, 3}));
  const double sum = std::exp(1) + std::exp(2.5) + std::exp(3);
  EXPECT_NEAR((*outputs)[1].as<double>()[0], std::exp(1) / sum, 1e-15);
  EXPECT_NEAR((*outputs)[1].as<double>()[1], std::exp(2.5) / sum, 1e-15);
}

TEST(TabularEngineTest, RowsDoNotDependOnEachOther) {
  const auto engine = CreateTabularEngine();
  const auto model = LoadModel(*engine, Classifier().Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<double> values(2 * 1000);
  for (size_t i = 0; i < values.size(); ++i) values[i] = std::sin(static_cast<double>(i));
  const Tensor all = TensorOf<double>({1000, 2}, values);
  const auto together = RunAll(**model, {&all});
  ASSERT_TRUE(together.ok());
  for (const int64_t row : {0, 1, 255, 256, 511, 999}) {
    const Tensor one = TensorOf<double>({1, 2}, {values[2 * row], values[2 * row + 1]});
    const auto alone = RunAll(**model, {&one});
    ASSERT_TRUE(alone.ok());
    EXPECT_EQ(ElementsOf((*alone)[0])[0], ElementsOf((*together)[0])[row]);
    for (int k = 0; k < 3; ++k)
      EXPECT_EQ((*alone)[1].as<double>()[k], (*together)[1].as<double>()[3 * row + k]);
  }
}

TEST(TabularEngineTest, OneOutputIsComputedWithoutTheOthers) {
  const auto engine = CreateTabularEngine();
  const auto model = LoadModel(*engine, Classifier().Serialize());
  ASSERT_TRUE(model.ok());
  const Tensor x = TensorOf<double>({1, 2}, {1, 0});
  const Tensor* inputs[] = {&x};
  const size_t only_label[] = {0};
  std::vector<Tensor> results;
  ASSERT_TRUE((*model)->Run(inputs, only_label, {}, results).ok());
  EXPECT_THAT(ElementsOf(results[0]), ElementsAre("c"));
}

/// Two trees over x: the first asks x0 <= 1, the second x1 < 0.
void AddTrees(onnx::Builder& b, std::string_view input) {
  AddStumps(b, input, "scores",
            {.targets = 1,
             .features = {0, 1},
             .modes = {0, 1},
             .splits = TensorOf<double>({2}, {1, 0}),
             .leaf_targets = {0, 0, 0, 0},
             .leaf_weights = TensorOf<double>({4}, {1, 2, 10, 20})});
}

TEST(TabularEngineTest, TreesCompareWhatWasRoundedToFloatBeforeThem) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp64, {-1, 2}).Output("scores", DType::kFp64, {-1, 1});
  b.Node("Cast", {"x"}, {"narrow"}, {{"to", 1}}).Node("Cast", {"narrow"}, {"wide"}, {{"to", 11}});
  AddTrees(b, "wide");
  const auto engine = CreateTabularEngine();
  // 1 + 2^-40 is above 1, and 1 once it is a float.
  const Tensor x = TensorOf<double>({3, 2}, {1 + 0x1p-40, 0, 2, -1, 0, -0.0});
  const auto outputs = LoadAndRun(*engine, b, {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<double>((*outputs)[0]), ElementsAre(21, 12, 21));
}

/// Leaves with several values are numbers of a table's rows, as import/trees.h writes them.
TEST(TabularEngineTest, NumberedLeavesAddTheRowsOfTheirTable) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp64, {-1, 2}).Output("sums", DType::kFp64, {-1, 3});
  AddStumps(b, "x", "numbers",
            {.targets = 2,
             .features = {0, 1},
             .modes = {0, 1},
             .splits = TensorOf<double>({2}, {1, 0}),
             .leaf_targets = {0, 0, 1, 1},
             .leaf_weights = TensorOf<double>({4}, {0, 1, 2, 3})});
  AddConstant<double>(b, "table", {4, 3}, {1, 2, 3, 10, 20, 30, 0.5, 0.25, 0.125, -1, -2, -3});
  AddConstant<int64_t>(b, "axis", {1}, {1});
  b.Node("Cast", {"numbers"}, {"whole"}, {{"to", 7}});
  b.Node("Gather", {"table", "whole"}, {"leaves"}, {{"axis", 0}});
  b.Node("ReduceSum", {"leaves", "axis"}, {"sums"}, {{"keepdims", 0}});
  const auto engine = CreateTabularEngine();
  const Tensor x = TensorOf<double>({2, 2}, {0, 5, 2, -5});
  const auto outputs = LoadAndRun(*engine, b, {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<double>((*outputs)[0]), ElementsAre(0, 0, 0, 10.5, 20.25, 30.125));
}

TEST(TabularEngineTest, LabelEncoderTellsNaNFromWhatItDoesNotKnow) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp64, {-1, 1}).Output("y", DType::kInt64, {-1, 1});
  const double nan = std::nan("");
  b.Node("LabelEncoder", {"x"}, {"y"},
         {{"keys_tensor", TensorOf<double>({3}, {1.5, nan, 0})},
          {"values_tensor", TensorOf<int64_t>({3}, {7, 8, 9})},
          {"default_tensor", TensorOf<int64_t>({1}, {-4})}},
         "ai.onnx.ml");
  const Tensor x = TensorOf<double>({4, 1}, {1.5, -nan, -0.0, 2});
  const auto outputs = LoadAndRun(*CreateTabularEngine(), b, {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<int64_t>((*outputs)[0]), ElementsAre(7, 8, 9, -4));
}

/// Strings by column; `zeros` says what happens to others.
onnx::Builder OneHot(int zeros) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kBytes, {-1, 1}).Output("y", DType::kFp32, {-1, 1, 2});
  b.Node("OneHotEncoder", {"x"}, {"y"},
         {{"cats_strings", onnx::Attribute::Value(std::vector<std::string>{"red", "blue"})},
          {"zeros", zeros}},
         "ai.onnx.ml");
  return b;
}

TEST(TabularEngineTest, OneHotEncoderGivesZerosToOthersOrRefusesThem) {
  const auto engine = CreateTabularEngine();
  const Tensor known = BytesTensorOf({2, 1}, {"blue", "red"});
  const Tensor other = BytesTensorOf({1, 1}, {"green"});
  const auto both = LoadAndRun(*engine, OneHot(0), {&known});
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_THAT(ValuesOf<float>((*both)[0]), ElementsAre(0, 1, 1, 0));
  EXPECT_THAT(ValuesOf<float>((*LoadAndRun(*engine, OneHot(1), {&other}))[0]), ElementsAre(0, 0));
  EXPECT_EQ(ReasonOf(LoadAndRun(*engine, OneHot(0), {&other}).status()), Reason::kBadRequest);
}

TEST(TabularEngineTest, WhatItDoesNotHaveIsNamed) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 3, 8, 8}).Output("y", DType::kFp32, {-1, 3, 8, 8});
  b.Node("Relu", {"x"}, {"r"}).Node("InstanceNormalization", {"r"}, {"y"});
  const auto refused = LoadModel(*CreateTabularEngine(), b.Serialize());
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kUnsupported);
  EXPECT_THAT(std::string(MessageOf(refused.status())),
              HasSubstr("(InstanceNormalization): is not an operator of this engine"));
}

TEST(TabularEngineTest, WhatMixesRowsIsNotTaken) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 3}).Output("y", DType::kFp32, {1, 3});
  AddConstant<int64_t>(b, "rows", {1}, {0});
  b.Node("ReduceSum", {"x", "rows"}, {"y"});
  const auto refused = LoadModel(*CreateTabularEngine(), b.Serialize());
  EXPECT_EQ(ReasonOf(refused.status()), Reason::kUnsupported);
}

TEST(TabularEngineTest, ADeadlineThatHasPassedEndsTheRun) {
  const auto model = LoadModel(*CreateTabularEngine(), Classifier().Serialize());
  ASSERT_TRUE(model.ok());
  const Tensor x = TensorOf<double>({1, 2}, {1, 0});
  const auto outputs = RunAll(**model, {&x}, {.deadline = SteadyClock().Now() - Duration(1)});
  EXPECT_EQ(ReasonOf(outputs.status()), Reason::kDeadlineExceeded);
}

TEST(TabularEngineTest, RunsKeepToTheirMemory) {
  const auto engine = CreateTabularEngine();
  const std::string bytes = Classifier().Serialize();
  const Tensor x = TensorOf<double>({20'000, 2}, std::vector<double>(40'000, 1));
  LoadOptions options;
  options.memory.run_bytes = 100'000;
  EXPECT_EQ(ReasonOf(RunAll(**LoadModel(*engine, bytes, {}, options), {&x}).status()),
            Reason::kTooLarge);
  options.memory = {.all_runs_bytes = 700'000};
  const auto model = LoadModel(*engine, bytes, {}, options);
  auto first = RunAll(**model, {&x});  // 480,000 bytes, held until `first` goes
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ReasonOf(RunAll(**model, {&x}).status()), Reason::kOverloaded);
  first = std::vector<Tensor>();
  EXPECT_TRUE(RunAll(**model, {&x}).ok());
}

}  // namespace
}  // namespace slipway::testing
