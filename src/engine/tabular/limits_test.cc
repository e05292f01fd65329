// What a model or a request would make too large, and models that ask for what is not there.
#include <algorithm>
#include <fstream>

#include "engine/tabular/tabular_engine.h"
#include "engine/tabular/testing/graphs.h"
#include "engine/testing/harness.h"
#include "onnx/onnx.pb.h"

namespace slipway::testing {
namespace {

using ::testing::HasSubstr;

Status Load(const onnx::Builder& b) {
  return LoadModel(*CreateTabularEngine(), b.Serialize()).status();
}

void ExpectRefused(const onnx::Builder& b, std::string_view why) {
  const Status status = Load(b);
  EXPECT_TRUE(ReasonOf(status) == Reason::kUnsupported || ReasonOf(status) == Reason::kBadModel)
      << status;
  EXPECT_THAT(std::string(MessageOf(status)), HasSubstr(std::string(why)));
}

TEST(TabularLimitsTest, ARowThatIsTooLargeIsRefusedBeforeAnythingIsMadeOfItsSize) {
  onnx::Builder gather = Graph();
  gather.Input("x", DType::kFp32, {-1, 1, 20'000}).Output("y", DType::kFp32, {-1, 400'000, 20'000});
  AddConstant<int64_t>(gather, "i", {400'000}, std::vector<int64_t>(400'000));
  gather.Node("Gather", {"x", "i"}, {"y"}, {{"axis", 1}});
  ExpectRefused(gather, "is too large");

  onnx::Builder expand = Graph();
  expand.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kInt64, {-1, 4});
  AddConstant<int64_t>(expand, "d", {2}, {int64_t{1} << 62, 4});
  AddConstant<float>(expand, "one", {1}, {1});
  expand.Node("Shape", {"x"}, {"s"}, {{"end", 1}}).Node("Concat", {"s", "d"}, {"e"}, {{"axis", 0}});
  expand.Node("Expand", {"one", "e"}, {"b"});
  expand.Node("ArgMax", {"b"}, {"y"}, {{"axis", 1}, {"keepdims", 0}});
  ExpectRefused(expand, "is too large");

  onnx::Builder trees = Graph();
  trees.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, INT32_MAX});
  const auto ints = [](std::vector<int64_t> v) { return onnx::Attribute::Value(std::move(v)); };
  trees.Node("TreeEnsemble", {"x"}, {"y"},
             {{"n_targets", INT32_MAX},
              {"tree_roots", ints({0})},
              {"nodes_featureids", ints({0})},
              {"nodes_modes", TensorOf<uint8_t>({1}, {0})},
              {"nodes_splits", TensorOf<float>({1}, {1})},
              {"nodes_truenodeids", ints({0})},
              {"nodes_trueleafs", ints({1})},
              {"nodes_falsenodeids", ints({1})},
              {"nodes_falseleafs", ints({1})},
              {"leaf_targetids", ints({0, 1})},
              {"leaf_weights", TensorOf<float>({2}, {1, 2})}},
             "ai.onnx.ml");
  ExpectRefused(trees, "is too large");
}

TEST(TabularLimitsTest, ManyRowsThatAreLargeTogetherAreRefused) {
  onnx::Builder b = Graph();
  constexpr int kSteps = 100;
  b.Input("v0", DType::kFp32, {-1, 1'000'000});
  b.Output(fmt::format("v{}", kSteps), DType::kFp32, {-1, 1'000'000});
  for (int i = 0; i < kSteps; ++i)
    b.Node("Abs", {fmt::format("v{}", i)}, {fmt::format("v{}", i + 1)});
  ExpectRefused(b, "is too large");
}

size_t ResidentBytes() {
  size_t total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * 4096;
}

// 20 products with one weight of 8 MB: each used to keep its own.
TEST(TabularLimitsTest, NodesShareTheWeightThatTheyUse) {
  constexpr int64_t kWidth = 1'000;
  const int kNodes = 20;
  const auto load = [=] {
    std::vector<double> weight(kWidth * kWidth);
    for (size_t i = 0; i < weight.size(); ++i) weight[i] = static_cast<double>(i % 7) / 1'000;
    onnx::Builder b = Graph();
    b.Input("v0", DType::kFp64, {-1, kWidth});
    b.Output(fmt::format("v{}", kNodes), DType::kFp64, {-1, kWidth});
    AddConstant<double>(b, "w", {kWidth, kWidth}, weight);
    for (int i = 0; i < kNodes; ++i)
      b.Node(i % 2 == 0 ? "MatMul" : "Gemm", {fmt::format("v{}", i), "w"},
             {fmt::format("v{}", i + 1)});
    return LoadModel(*CreateTabularEngine(), b.Serialize());
  };
  const size_t before = ResidentBytes();
  const auto model = load();
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_LT(ResidentBytes() - std::min(before, ResidentBytes()), size_t{100} << 20);
}

TEST(TabularLimitsTest, SharedWeightsKeepTheirOwnFactorAndBias) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp64, {-1, 2});
  AddConstant<double>(b, "w", {2, 2}, {1, 2, 3, 4});
  AddConstant<double>(b, "c", {2}, {10, 20});
  const std::pair<std::string, std::vector<onnx::Attribute>> cases[] = {
      {"a", {}}, {"b", {{"transB", 1}}}, {"d", {{"alpha", 2.0}}}, {"e", {{"beta", 0.5}}}};
  for (const auto& [name, attributes] : cases) {
    b.Output(name, DType::kFp64, {-1, 2});
    b.Node("Gemm", {"x", "w", "c"}, {name}, attributes);
  }
  b.Output("plain", DType::kFp64, {-1, 2}).Node("MatMul", {"x", "w"}, {"plain"});
  const auto model = LoadModel(*CreateTabularEngine(), b.Serialize());
  ASSERT_TRUE(model.ok()) << model.status();
  const Tensor x = TensorOf<double>({1, 2}, {1, 1});
  const auto got = RunAll(**model, {&x});
  ASSERT_TRUE(got.ok()) << got.status();
  const std::vector<double> expected[] = {{14, 26}, {13, 27}, {18, 32}, {9, 16}, {4, 6}};
  for (size_t i = 0; i < std::size(expected); ++i)
    EXPECT_THAT((*got)[i].as<double>(), ::testing::ElementsAreArray(expected[i])) << i;
}

TEST(TabularLimitsTest, TheNumberOfRowsIsNoPlaceAndNoSize) {
  const auto with = [](std::string_view op, std::vector<std::string> inputs) {
    onnx::Builder b = Graph();
    b.Input("x", DType::kFp32, {-1, 3}).Output("y", DType::kFp32, {-1, -1});
    AddConstant<int64_t>(b, "zero", {1}, {0});
    AddConstant<int64_t>(b, "one", {1}, {1});
    b.Node("Shape", {"x"}, {"n"}, {{"end", 1}});
    if (op == "Slice")
      b.Node(op, inputs, {"y"});
    else
      b.Node(op, inputs, {"y"}, {{"axis", 1}});
    return b;
  };
  ExpectRefused(with("Slice", {"x", "zero", "n", "one"}), "1 dimensions of rows");
  ExpectRefused(with("Gather", {"x", "n"}), "1 dimensions of rows");
  ExpectRefused(with("TopK", {"x", "n"}), "1 dimensions of rows");
  ExpectRefused(with("Split", {"x", "n"}), "1 dimensions of rows");
}

TEST(TabularLimitsTest, ANodeHasTheInputsThatItsOperatorNeeds) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  b.Node("Gather", {"x"}, {"y"}, {{"axis", 1}});
  ExpectRefused(b, "1 inputs and 1 outputs");
}

TEST(TabularLimitsTest, ANameIsGivenOnce) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  b.Node("Relu", {"x"}, {"y"}).Node("Neg", {"y"}, {"y"});
  ExpectRefused(b, "is there already");
}

TEST(TabularLimitsTest, AnInputThatMayBeLeftOutIsNotHandedThrough) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 2});
  AddConstant<float>(b, "x", {1, 2}, {1, 1});
  b.Node("Identity", {"x"}, {"y"});
  ExpectRefused(b, "output \"y\"");
}

TEST(TabularLimitsTest, TextsAreMeasuredBeforeTheyAreWritten) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kInt64, {-1}).Output("y", DType::kBytes, {-1});
  const std::string label(1 << 20, 'q');
  b.Node("LabelEncoder", {"x"}, {"y"},
         {{"keys_int64s", std::vector<int64_t>{1}},
          {"values_strings", std::vector<std::string>{label}}},
         "ai.onnx.ml");
  const auto engine = CreateTabularEngine();
  const Tensor ones = TensorOf<int64_t>({100}, std::vector<int64_t>(100, 1));
  LoadOptions options;
  options.max_output_bytes = 10 << 20;
  EXPECT_EQ(ReasonOf(RunAll(**LoadModel(*engine, b.Serialize(), {}, options), {&ones}).status()),
            Reason::kTooLarge);
  options = {};
  options.memory.run_bytes = 20 << 20;
  EXPECT_EQ(ReasonOf(RunAll(**LoadModel(*engine, b.Serialize(), {}, options), {&ones}).status()),
            Reason::kTooLarge);
  options.memory = {.all_runs_bytes = 20 << 20};
  const auto model = LoadModel(*engine, b.Serialize(), {}, options);
  EXPECT_EQ(ReasonOf(RunAll(**model, {&ones}).status()), Reason::kOverloaded);
  const Tensor few = TensorOf<int64_t>({12}, std::vector<int64_t>(12, 1));
  const auto first = RunAll(**model, {&few});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(ElementsOf((*first)[0]), std::vector<std::string>(12, label));
  EXPECT_EQ(ReasonOf(RunAll(**model, {&few}).status()), Reason::kOverloaded);
}

TEST(TabularLimitsTest, TextsOfManyBlocksAreWhole) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kInt64, {-1}).Output("y", DType::kBytes, {-1});
  b.Node("LabelEncoder", {"x"}, {"y"},
         {{"keys_int64s", std::vector<int64_t>{1, 2}},
          {"values_strings", std::vector<std::string>{"", std::string(300, 'x')}},
          {"default_string", "other"}},
         "ai.onnx.ml");
  std::vector<int64_t> keys(2000);
  std::vector<std::string> expected;
  for (size_t i = 0; i < keys.size(); ++i) {
    keys[i] = i < 300 ? 1 : i < 400 ? 3 : 2;
    expected.push_back(keys[i] == 1 ? "" : keys[i] == 3 ? "other" : std::string(300, 'x'));
  }
  const Tensor x = TensorOf<int64_t>({2000}, keys), none = TensorOf<int64_t>({0}, {});
  const auto engine = CreateTabularEngine();
  const auto answer = LoadAndRun(*engine, b, {&x});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(ElementsOf((*answer)[0]), expected);
  const auto empty = LoadAndRun(*engine, b, {&none});
  ASSERT_TRUE(empty.ok()) << empty.status();
  EXPECT_EQ((*empty)[0].shape, Shape{0});
}

/// Two inputs whose rows are called so.
onnx::Builder TwoInputs(std::string_view first, std::string_view second) {
  onnx::Builder b = Graph();
  b.Input("a", DType::kFp32, {-1, 1}).Input("b", DType::kFp32, {-1, 1});
  b.Output("y", DType::kFp32, {-1, 1}).Node("Add", {"a", "b"}, {"y"});
  auto& graph = *b.proto().mutable_graph();
  const auto name = [&](int input, std::string_view rows) {
    auto& dim = *graph.mutable_input(input)
                     ->mutable_type()
                     ->mutable_tensor_type()
                     ->mutable_shape()
                     ->mutable_dim(0);
    rows.empty() ? dim.clear_dim_param() : dim.set_dim_param(std::string(rows));
  };
  name(0, first), name(1, second);
  return b;
}

TEST(TabularLimitsTest, InputsHaveTheSameRowsWhereTheModelCallsThemTheSame) {
  ExpectRefused(TwoInputs("n", "m"), "may differ in their rows");
  ExpectRefused(TwoInputs("", ""), "may differ in their rows");
  const Tensor two = TensorOf<float>({2, 1}, {1, 2}), three = TensorOf<float>({3, 1}, {1, 2, 3});
  const auto engine = CreateTabularEngine();
  const auto same = LoadAndRun(*engine, TwoInputs("n", "n"), {&two, &two});
  ASSERT_TRUE(same.ok()) << same.status();
  EXPECT_THAT(ValuesOf<float>((*same)[0]), ::testing::ElementsAre(2, 4));
  const auto differ = LoadAndRun(*engine, TwoInputs("n", "n"), {&two, &three});
  EXPECT_EQ(ReasonOf(differ.status()), Reason::kBadRequest);
}

}  // namespace
}  // namespace slipway::testing
