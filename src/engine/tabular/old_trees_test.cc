// TreeEnsembleRegressor and TreeEnsembleClassifier: what their lists may look like.
#include "engine/tabular/tabular_engine.h"

#include <cmath>

#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

struct Nodes {
  Ints trees, numbers;
  Texts modes;
  Floats values;
  Ints on_true, on_false;
  Ints leaf_trees, leaf_numbers;
  Floats weights;
  std::vector<onnx::Attribute> more = {};
};

onnx::Builder Regressor(const Nodes& nodes) {
  onnx::Builder b;
  b.Opset("ai.onnx.ml", 3);
  b.Input("x", DType::kFp32, {-1, 1}).Output("y", DType::kFp32, {-1, 1});
  std::vector<onnx::Attribute> attributes = {{"nodes_treeids", nodes.trees},
                                             {"nodes_nodeids", nodes.numbers},
                                             {"nodes_featureids", Ints(nodes.trees.size())},
                                             {"nodes_modes", nodes.modes},
                                             {"nodes_values", nodes.values},
                                             {"nodes_truenodeids", nodes.on_true},
                                             {"nodes_falsenodeids", nodes.on_false},
                                             {"target_treeids", nodes.leaf_trees},
                                             {"target_nodeids", nodes.leaf_numbers},
                                             {"target_ids", Ints(nodes.weights.size())},
                                             {"target_weights", nodes.weights},
                                             {"n_targets", 1}};
  attributes.insert(attributes.end(), nodes.more.begin(), nodes.more.end());
  b.Node("TreeEnsembleRegressor", {"x"}, {"y"}, attributes, "ai.onnx.ml");
  return b;
}

const Tensor kRows = TensorOf<float>({2, 1}, {0, 1});

/// x <= 0.5: 1, else 2; node 0 is the root.
const Nodes kPlain = {.trees = {0, 0, 0},
                      .numbers = {0, 1, 2},
                      .modes = {"BRANCH_LEQ", "LEAF", "LEAF"},
                      .values = {0.5F, 0, 0},
                      .on_true = {1, 0, 0},
                      .on_false = {2, 0, 0},
                      .leaf_trees = {0, 0},
                      .leaf_numbers = {1, 2},
                      .weights = {1, 2}};

TEST(OldTreesTest, NodesOfTreesMayLieBetweenEachOther) {
  Nodes nodes = kPlain;
  nodes.trees = {0, 1, 0, 0};
  nodes.numbers = {0, 0, 1, 2};
  nodes.modes = {"BRANCH_LEQ", "LEAF", "LEAF", "LEAF"};
  nodes.values = {0.5F, 0, 0, 0};
  nodes.on_true = {1, 0, 0, 0};
  nodes.on_false = {2, 0, 0, 0};
  nodes.leaf_trees = {0, 0, 1};
  nodes.leaf_numbers = {1, 2, 0};
  nodes.weights = {1, 2, 5};
  const auto outputs = LoadAndRun(*CreateTabularEngine(), Regressor(nodes), {&kRows});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<float>((*outputs)[0]), ::testing::ElementsAre(6, 7));
}

TEST(OldTreesTest, ATreeWhoseFirstNodeIsNotItsRootIsLeftToOthers) {
  Nodes nodes = kPlain;
  nodes.numbers = {1, 2, 0};
  nodes.modes = {"LEAF", "LEAF", "BRANCH_LEQ"};
  nodes.values = {0, 0, 0.5F};
  nodes.on_true = {0, 0, 1};
  nodes.on_false = {0, 0, 2};
  EXPECT_EQ(ReasonOf(LoadModel(*CreateTabularEngine(), Regressor(nodes).Serialize()).status()),
            Reason::kUnsupported);
}

TEST(OldTreesTest, NaNDiffersFromEveryThreshold) {
  Nodes nodes = kPlain;
  nodes.modes[0] = "BRANCH_NEQ";
  const Tensor x = TensorOf<float>({3, 1}, {NAN, 0.5F, 1});
  const auto outputs = LoadAndRun(*CreateTabularEngine(), Regressor(nodes), {&x});
  ASSERT_TRUE(outputs.ok()) << outputs.status();
  EXPECT_THAT(ValuesOf<float>((*outputs)[0]), ::testing::ElementsAre(1, 2, 1));
}

TEST(OldTreesTest, ListsGivenAsTensorsAreLeftToOthers) {
  for (const char* name : {"base_values_as_tensor", "target_weights_as_tensor",
                           "nodes_values_as_tensor", "nodes_hitrates_as_tensor"}) {
    Nodes nodes = kPlain;
    nodes.more = {{name, TensorOf<float>({1}, {10})}};
    EXPECT_EQ(ReasonOf(LoadModel(*CreateTabularEngine(), Regressor(nodes).Serialize()).status()),
              Reason::kUnsupported);
  }
}

}  // namespace
}  // namespace slipway::testing
