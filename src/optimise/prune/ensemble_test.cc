#include "optimise/prune/ensemble.h"

#include "onnx/builder.h"
#include "onnx/tensor_proto.h"

namespace slipway::optimise {
namespace {

using ::testing::ElementsAre;
using Ints = std::vector<int64_t>;
using Floats = std::vector<float>;

template <typename T>
Tensor Of(const std::vector<T>& values) {
  return {onnx::DTypeFor<T>(),
          {static_cast<int64_t>(values.size())},
          Buffer(std::as_bytes(std::span(values)))};
}

/// Three stumps: x0 <= i ? 10 i : 10 i + 1, for i = 0, 1, 2; the second asks for members 4 and 5.
ModelProto Stumps(int64_t aggregate, const Ints& targets) {
  const float nan = NAN;
  const std::vector<uint8_t> modes = {0, 6, 0};
  const Floats splits = {0, 1, 2}, members = {4, 5, nan}, weights = {0, 1, 10, 11, 20, 21};
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 1}).Output("y", DType::kFp32, {-1, 2});
  b.Node("TreeEnsemble", {"x"}, {"y"},
         {{"n_targets", 2},
          {"aggregate_function", aggregate},
          {"tree_roots", Ints{0, 1, 2}},
          {"nodes_featureids", Ints{0, 0, 0}},
          {"nodes_modes", Of(modes)},
          {"nodes_splits", Of(splits)},
          {"membership_values", Of(members)},
          {"nodes_truenodeids", Ints{0, 2, 4}},
          {"nodes_trueleafs", Ints{1, 1, 1}},
          {"nodes_falsenodeids", Ints{1, 3, 5}},
          {"nodes_falseleafs", Ints{1, 1, 1}},
          {"leaf_targetids", targets},
          {"leaf_weights", Of(weights)}},
         "ai.onnx.ml");
  return b.proto();
}

Floats FloatsOf(const ModelProto& model, std::string_view name) {
  const Tensor tensor = onnx::ToTensor(FindAttribute(model.graph().node(0), name)->t()).value();
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

TEST(EnsembleTest, TreesThatStayWeighMoreAndKeepTheirSplitsLeavesAndMembers) {
  ModelProto model = Stumps(1, {0, 0, 0, 0, 0, 0});
  const auto found = FindEnsemble(model);
  ASSERT_TRUE(found.ok() && *found != nullptr);
  const Ensemble& ensemble = **found;
  EXPECT_EQ(ensemble.trees(), 3);
  EXPECT_EQ(ensemble.aggregate(), Aggregate::kSum);
  ASSERT_TRUE(ensemble.Keep(model, {false, true, true}, 1.5));
  EXPECT_THAT(FloatsOf(model, "leaf_weights"), ElementsAre(15, 16.5F, 30, 31.5F));
  EXPECT_THAT(FloatsOf(model, "nodes_splits"), ElementsAre(1, 2));
  EXPECT_EQ(FloatsOf(model, "membership_values").size(), 3);
  EXPECT_THAT(IntsOf(model.graph().node(0), "nodes_falsenodeids"), ElementsAre(1, 3));
  EXPECT_THAT(IntsOf(model.graph().node(0), "tree_roots"), ElementsAre(0, 1));
}

TEST(EnsembleTest, HowTreesBecomeOneAnswerIsTheOperatorsOwn) {
  const std::pair<int64_t, Aggregate> table[] = {{0, Aggregate::kAverage},
                                                 {1, Aggregate::kSum},
                                                 {2, Aggregate::kExtreme},
                                                 {3, Aggregate::kExtreme}};
  for (const auto& [number, aggregate] : table) {
    ModelProto model = Stumps(number, {0, 0, 1, 1, 0, 1});
    const auto ensemble = FindEnsemble(model).value();
    EXPECT_EQ(ensemble->aggregate(), aggregate);
    EXPECT_THAT(ensemble->targets(), ElementsAre(Ints{0}, Ints{1}, Ints{0, 1}));
  }
}

TEST(EnsembleTest, TreesApartHaveTargetsOfTheirOwn) {
  ModelProto model = Stumps(0, {0, 0, 1, 1, 0, 1});
  FindEnsemble(model).value()->Separate(model);
  const NodeProto& node = model.graph().node(0);
  EXPECT_THAT(IntsOf(node, "leaf_targetids"), ElementsAre(0, 0, 3, 3, 4, 5));
  EXPECT_EQ(IntOf(node, "n_targets", 0), 6);
  EXPECT_EQ(IntOf(node, "aggregate_function", 0), 1);
}

TEST(EnsembleTest, ListsThatDoNotFitAreNoEnsemble) {
  for (const Ints& targets :
       {Ints{0, 0, 0, 0, 0}, Ints{0, 0, 0, 0, 0, -1}, Ints{0, 0, 0, 0, 0, INT64_MAX}}) {
    ModelProto model = Stumps(1, targets);
    EXPECT_EQ(FindEnsemble(model).value(), nullptr);
  }
  for (const int64_t targets : {INT64_MIN, int64_t{-1}, int64_t{0}, int64_t{1} << 21, INT64_MAX}) {
    ModelProto model = Stumps(1, {0, 0, 0, 0, 0, 0});
    SetInt(*model.mutable_graph()->mutable_node(0), "n_targets", targets);
    EXPECT_EQ(FindEnsemble(model).value(), nullptr) << targets;
  }
  ModelProto twice = Stumps(1, {0, 0, 0, 0, 0, 0});
  *twice.mutable_graph()->add_node() = twice.graph().node(0);
  EXPECT_EQ(ReasonOf(FindEnsemble(twice).status()), Reason::kUnsupported);
}

/// Two stumps of two classes with these weights; ids tell which class a leaf is of.
ModelProto Classifier(const Floats& weights, const Ints& ids) {
  using Words = std::vector<std::string>;
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 1}).Output("y", DType::kFp32, {-1, 2});
  b.Node("TreeEnsembleClassifier", {"x"}, {"label", "y"},
         {{"nodes_treeids", Ints{7, 7, 7, 9, 9, 9}},
          {"nodes_nodeids", Ints{0, 1, 2, 0, 1, 2}},
          {"nodes_featureids", Ints{0, 0, 0, 0, 0, 0}},
          {"nodes_modes", Words{"BRANCH_LEQ", "LEAF", "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"}},
          {"nodes_values", Floats{1, 0, 0, 2, 0, 0}},
          {"nodes_truenodeids", Ints{1, 0, 0, 1, 0, 0}},
          {"nodes_falsenodeids", Ints{2, 0, 0, 2, 0, 0}},
          {"class_treeids", Ints{7, 7, 9, 9}},
          {"class_nodeids", Ints{1, 2, 1, 2}},
          {"class_ids", ids},
          {"class_weights", weights},
          {"classlabels_int64s", Ints{0, 1}}},
         "ai.onnx.ml");
  return b.proto();
}

// ONNX Runtime takes a single score for a probability unless some weight is negative.
TEST(EnsembleTest, AClassifierWhoseSumsWouldMeanSomethingElseIsNotCut) {
  struct Case {
    Floats weights;
    Ints ids;
    bool first, second;  // whether that tree may stay alone
  };
  const Case table[] = {{{1, 2, 3, 4}, {1, 1, 1, 1}, true, true},
                        {{-1, 2, 3, 4}, {1, 1, 1, 1}, true, false},
                        {{-1, 2, -3, 4}, {1, 1, 1, 1}, true, true},
                        {{1, 2, 3, 4}, {0, 1, 1, 1}, true, false},
                        {{1, 2, 3, 4}, {0, 0, 1, 1}, false, false}};
  for (const Case& each : table)
    for (const bool first : {true, false}) {
      ModelProto model = Classifier(each.weights, each.ids);
      const auto ensemble = FindEnsemble(model).value();
      ASSERT_NE(ensemble, nullptr);
      const bool kept = ensemble->Keep(model, {first, !first}, 2);
      EXPECT_EQ(kept, first ? each.first : each.second);
      if (!kept) continue;
      const NodeProto& node = model.graph().node(0);
      const int64_t tree = first ? 7 : 9;
      EXPECT_THAT(IntsOf(node, "nodes_treeids"), ElementsAre(tree, tree, tree));
      EXPECT_EQ(FindAttribute(node, "nodes_modes")->strings_size(), 3);
      EXPECT_EQ(FindAttribute(node, "class_weights")->floats(1), each.weights[first ? 1 : 3] * 2);
      EXPECT_EQ(FindAttribute(node, "classlabels_int64s")->ints_size(), 2);
    }
}

}  // namespace
}  // namespace slipway::optimise
