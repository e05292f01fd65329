#include "optimise/passes.h"

#include <cmath>
#include <limits>
#include <map>

#include "onnx/tensor_proto.h"
#include "optimise/graph.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

onnx::Builder Base(const Shape& input, const Shape& output) {
  onnx::Builder b;
  b.Opset("", 21).Input("x", DType::kFp32, input).Output("y", DType::kFp32, output);
  return b;
}

void Add(onnx::Builder& b, std::string_view name, const Shape& shape,
         const std::vector<float>& values) {
  b.Constant<float>(name, shape, values);
}

/// What the pass says, with the defaults of its parameters.
StatusOr<std::string> Apply(const Pass& pass, onnx::Builder& b) {
  return pass.apply(b.proto(), Settings(pass.parameters), {});
}

std::vector<std::string> OperatorsOf(const onnx::Builder& b) {
  std::vector<std::string> operators;
  for (const NodeProto& node : b.proto().graph().node()) operators.push_back(node.op_type());
  return operators;
}

// Once the first Identity is gone, Abs reads what Relu makes too: that may not become `y`.
TEST(PassesTest, AGraphOutputIsNotMadeDirectlyWhereAnotherNodeReadsItsSource) {
  onnx::Builder b = Base({-1, 4}, {-1, 4});
  b.Output("z", DType::kFp32, {-1, 4});
  b.Node("Relu", {"x"}, {"a"}).Node("Identity", {"a"}, {"b"});
  b.Node("Identity", {"b"}, {"y"}).Node("Abs", {"b"}, {"z"});
  EXPECT_EQ(*Apply(DropNoOps(), b), "1 nodes dropped");
  EXPECT_TRUE(CheckGraph(b.proto().graph()).ok());
  EXPECT_EQ(OperatorsOf(b), (std::vector<std::string>{"Relu", "Identity", "Abs"}));
}

TEST(PassesTest, AProductThatLeavesItsBiasOutGetsNone) {
  onnx::Builder b = Base({-1, 2}, {-1, 2});
  Add(b, "v", {2, 3}, {1, 2, 3, 4, 5, 6});
  Add(b, "w", {3, 2}, {1, 2, 3, 4, 5, 6});
  b.Node("Gemm", {"x", "v"}, {"a"}).Node("Gemm", {"a", "w", ""}, {"y"});
  EXPECT_EQ(*Apply(FuseGemm(), b), "0 sums and 1 products became part of a Gemm");
  ASSERT_EQ(OperatorsOf(b), (std::vector<std::string>{"Gemm"}));
  EXPECT_EQ(InputOf(b.proto().graph().node(0), 2), "");
  EXPECT_TRUE(CheckGraph(b.proto().graph()).ok());
}

// The product of a vector is a vector; times [1, n] it has two dimensions.
TEST(PassesTest, AConstantThatGivesAProductAnotherRankStays) {
  onnx::Builder b = Base({2}, {1, 3});
  Add(b, "w", {2, 3}, {1, 2, 3, 4, 5, 6});
  Add(b, "s", {1, 3}, {1, 2, 3});
  b.Node("MatMul", {"x", "w"}, {"a"}).Node("Mul", {"a", "s"}, {"y"});
  EXPECT_EQ(*Apply(FuseScale(), b), "");
}

TEST(PassesTest, PaddedWeightsAreNoPaddedInput) {
  onnx::Builder b = Base({-1, 1, 4, 4}, {-1, 1, 4, 4});
  Add(b, "w", {1, 1, 1, 1}, {1});
  const std::vector<int64_t> pads = {0, 0, 1, 1, 0, 0, 1, 1};
  b.Constant<int64_t>("pads", {8}, pads);
  b.Node("Pad", {"w", "pads"}, {"padded"});
  b.Node("Conv", {"x", "padded"}, {"y"}, {{"pads", std::vector<int64_t>{1, 1, 1, 1}}});
  EXPECT_EQ(*Apply(FusePad(), b), "");
}

TEST(PassesTest, ConstantsThatNodesMakeStayInFloat) {
  onnx::Builder b = Base({-1, 2}, {-1, 2});
  const std::vector<float> two = {2, 2};
  b.Node("Constant", {}, {"c"},
         {{"value", Tensor{DType::kFp32, {2}, Buffer(std::as_bytes(std::span(two)))}}});
  Add(b, "w", {2, 2}, {1, 2, 3, 4});
  b.Node("MatMul", {"x", "w"}, {"a"}).Node("Mul", {"a", "c"}, {"y"});
  ASSERT_NE(*Apply(HalfPrecision(), b), "");
  const GraphProto& graph = b.proto().graph();
  const Links links(graph);
  for (const NodeProto& node : graph.node())
    if (node.op_type() == "Mul") {
      EXPECT_EQ(graph.node(links.MakerOf(node.input(1))).op_type(), "Cast") << "FP32 beside FP16";
    }
}

/// One tree of two equal leaves below a split of two: x0 <= 0 ? (x0 <= 1 ? 1 : 1) : 2.
onnx::Builder Tree(const std::vector<float>& hit_rates, const Tensor& members) {
  onnx::Builder b = Base({-1, 1}, {-1, 1});
  const std::vector<uint8_t> modes = {0, 0};
  const std::vector<float> splits = {0, 1}, weights = {1, 1, 2};
  const auto floats = [](const std::vector<float>& values) {
    return Tensor{DType::kFp32,
                  {static_cast<int64_t>(values.size())},
                  Buffer(std::as_bytes(std::span(values)))};
  };
  using Ints = std::vector<int64_t>;
  b.Node("TreeEnsemble", {"x"}, {"y"},
         {{"n_targets", 1},
          {"tree_roots", Ints{0}},
          {"nodes_featureids", Ints{0, 0}},
          {"nodes_modes", Tensor{DType::kUint8, {2}, Buffer(std::as_bytes(std::span(modes)))}},
          {"nodes_splits", floats(splits)},
          {"nodes_hitrates", floats(hit_rates)},
          {"membership_values", members},
          {"nodes_truenodeids", Ints{1, 0}},
          {"nodes_trueleafs", Ints{0, 1}},
          {"nodes_falsenodeids", Ints{2, 1}},
          {"nodes_falseleafs", Ints{1, 1}},
          {"leaf_targetids", Ints{0, 0, 0}},
          {"leaf_weights", floats(weights)}},
         "ai.onnx.ml");
  return b;
}

// AddressSanitizer sees what is read behind their ends.
TEST(PassesTest, ListsOfTreesThatAreTooShortAreLeftAsTheyAre) {
  const uint8_t byte = 7;
  onnx::Builder b = Tree({0.5F}, {DType::kUint8, {1}, Buffer(std::as_bytes(std::span(&byte, 1)))});
  EXPECT_EQ(*Apply(MergeLeaves(), b), "1 splits had the same answer on both sides");
  const NodeProto& node = b.proto().graph().node(0);
  EXPECT_EQ(onnx::ToTensor(FindAttribute(node, "nodes_hitrates")->t())->shape, Shape{1});
  EXPECT_EQ(onnx::ToTensor(FindAttribute(node, "membership_values")->t())->shape, Shape{1});
  EXPECT_EQ(onnx::ToTensor(FindAttribute(node, "nodes_splits")->t())->shape, Shape{1});
}

TEST(PassesTest, WeightsThatAreNoFiniteNumbersStayInFloat) {
  for (const float bad : {NAN, kInfinity, -kInfinity}) {
    for (const Pass& pass : {QuantiseDynamic(), QuantiseWeights()}) {
      onnx::Builder b = Base({-1, 32}, {-1, 32});
      std::vector<float> weights(32 * 32, 0.5F);
      Add(b, "good", {32, 32}, weights);
      weights[7] = bad;
      Add(b, "bad", {32, 32}, weights);
      b.Node("MatMul", {"x", "good"}, {"a"}).Node("MatMul", {"a", "bad"}, {"y"});
      EXPECT_EQ(pass.leaves(b.proto()), "1 node with infinite or NaN weights stays in float");
      const auto done = Apply(pass, b);
      ASSERT_TRUE(done.ok()) << done.status();
      EXPECT_THAT(*done, HasSubstr("1 ")) << pass.name;
      const Constants constants(*b.proto().mutable_graph());
      EXPECT_NE(constants.Find("bad"), nullptr);
      EXPECT_EQ(std::ranges::count(OperatorsOf(b), "MatMul"), 1);
    }
  }
}

TEST(PassesTest, WhereOnlySuchWeightsAreThereIsNothingToDoAndThatIsSaid) {
  for (const Pass& pass : {QuantiseDynamic(), QuantiseWeights()}) {
    onnx::Builder b = Base({-1, 32}, {-1, 32});
    Add(b, "bad", {32, 32}, std::vector<float>(32 * 32, kInfinity));
    b.Node("MatMul", {"x", "bad"}, {"y"});
    EXPECT_EQ(*Apply(pass, b), "");
    EXPECT_EQ(pass.leaves(b.proto()), "1 node with infinite or NaN weights stays in float");
  }
}

TEST(PassesTest, ALossThatAStepSaysIsItsOwnAlsoWhereItIsTheDefault) {
  auto steps = ReadSteps("drop-trees:max_loss=0.01,drop-trees,drop-trees:max_loss=0.2").value();
  EXPECT_TRUE(AllowLoss(steps, 0.5));
  EXPECT_EQ(steps[0].settings.Number(kMaxLoss), 0.01);
  EXPECT_EQ(steps[1].settings.Number(kMaxLoss), 0.5);
  EXPECT_EQ(steps[2].settings.Number(kMaxLoss), 0.2);
  EXPECT_EQ(steps[0].Text(), "drop-trees");
  EXPECT_EQ(steps[1].Text(), "drop-trees:max_loss=0.5");
}

TEST(PassesTest, WeightsNearZeroHaveAScaleThatCanBeDividedBy) {
  onnx::Builder b = Base({-1, 32}, {-1, 32});
  Add(b, "w", {32, 32}, std::vector<float>(32 * 32, 1e-45F));
  b.Node("MatMul", {"x", "w"}, {"y"});
  ASSERT_NE(*Apply(QuantiseWeights(), b), "");
  const Constants constants(*b.proto().mutable_graph());
  for (const float scale : constants.Floats(b.proto().graph().node(0).input(2)))
    EXPECT_EQ(scale, 1);
}

}  // namespace
}  // namespace slipway::optimise
