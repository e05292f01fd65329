#include "onnx/tree_sum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "onnx/builder.h"
#include "onnx/onnx.pb.h"
#include "onnx/skeleton.h"

namespace slipway::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Ints = std::vector<int64_t>;

template <typename T>
Tensor List(std::initializer_list<T> values) {
  return {DTypeFor<T>(),
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.begin()),
                                  values.size() * sizeof(T)))};
}

/// x0 <= 0.5 (or missing) ? leaf 0 : (x1 in {3, 1} ? leaf 1 : leaf 2)
std::vector<Attribute> Tree(Ints false_ids = {1, 2}, Ints false_leaves = {0, 1}) {
  return {{"tree_roots", Ints{0}},
          {"nodes_featureids", Ints{0, 1}},
          {"nodes_modes", List<uint8_t>({0, 6})},
          {"nodes_splits", List<double>({0.5, 0})},
          {"nodes_truenodeids", Ints{0, 1}},
          {"nodes_trueleafs", Ints{1, 1}},
          {"nodes_falsenodeids", std::move(false_ids)},
          {"nodes_falseleafs", std::move(false_leaves)},
          {"nodes_missing_value_tracks_true", Ints{1, 0}},
          {"membership_values", List<double>({3, 1, std::nan("")})},
          {"leaf_targetids", Ints{0, 0, 0}},
          {"leaf_weights", List<double>({0, 1, 2})}};
}

StatusOr<ModelTrees> Read(const Builder& builder) {
  const std::string model = builder.Serialize();
  return ReadModelTrees(std::as_bytes(std::span(model)));
}

StatusOr<ModelTrees> ReadTree(const std::vector<Attribute>& attributes) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"y"}, attributes, "ai.onnx.ml");
  return Read(builder);
}

TEST(TreeSumTest, SplitsAskAsTheOperatorDoes) {
  const auto trees = ReadTree(Tree());
  ASSERT_TRUE(trees.ok()) << trees.status();
  const TreeSplit &first = trees->sum.splits[0], &second = trees->sum.splits[1];
  EXPECT_THAT((std::vector{first.Next(0.5), first.Next(0.6), first.Next(std::nan(""))}),
              ElementsAre(~0, 1, ~0));
  EXPECT_THAT(
      (std::vector{second.Next(1), second.Next(3), second.Next(2), second.Next(std::nan(""))}),
      ElementsAre(~1, ~1, ~2, ~2));
  EXPECT_EQ(trees->sum.features, 2u);
  EXPECT_EQ(trees->sum.depth, 2u);
}

TEST(TreeSumTest, LeavesThatAreRowsOfATableAddToEveryOutput) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"numbers"}, Tree(), "ai.onnx.ml");
  builder.Node("Cast", {"numbers"}, {"rows"}, {{"to", 7}});
  builder.Node("Gather", {"table", "rows"}, {"y"});
  builder.Constant<double>("table", {3, 2}, std::vector<double>{1, 0, 0.25, 0.75, 0, 1});
  const auto trees = Read(builder);
  ASSERT_TRUE(trees.ok()) << trees.status();
  EXPECT_EQ(trees->sum.outputs, 2u);
  EXPECT_THAT(trees->sum.leaves[1].values, ElementsAre(0.25, 0.75));
}

TEST(TreeSumTest, TheModelOfTheFeaturesEndsWhereTheTreesBegin) {
  Builder builder;
  builder.Input("a", DType::kFp64, {-1, 2}).Output("y", DType::kFp64, {-1, 1});
  builder.Node("Neg", {"a"}, {"x"});
  builder.Node("TreeEnsemble", {"x"}, {"y"}, Tree(), "ai.onnx.ml");
  const auto trees = Read(builder);
  ASSERT_TRUE(trees.ok()) << trees.status();
  const auto model = ParseModel(std::as_bytes(std::span(trees->feature_model)));
  ASSERT_TRUE(model.ok()) << model.status();
  std::vector<std::string> operators;
  for (const auto& node : model->graph().node()) operators.push_back(node.op_type());
  EXPECT_THAT(operators, ElementsAre("Neg", "Identity"));
  ASSERT_EQ(model->graph().output_size(), 1);
  EXPECT_EQ(model->graph().output(0).name(), ModelTrees::kFeatures);
}

TEST(TreeSumTest, BrokenTreesAreRefusedByTheirRule) {
  EXPECT_THAT(MessageOf(ReadTree(Tree({7, 2})).status()), HasSubstr("there is no split 7"));
  EXPECT_THAT(MessageOf(ReadTree(Tree({1, 3})).status()), HasSubstr("there is no leaf 3"));
  EXPECT_THAT(MessageOf(ReadTree(Tree({1, 0}, {0, 0})).status()),
              HasSubstr("split 0 is reached twice"));
}

TEST(TreeSumTest, WhatIsNoSumOfOneEnsembleIsRefused) {
  std::vector<Attribute> smallest = Tree();
  smallest.emplace_back("aggregate_function", 2);
  EXPECT_THAT(MessageOf(ReadTree(smallest).status()), HasSubstr("expected trees that are summed"));
  Builder two;
  two.Node("TreeEnsemble", {"x"}, {"y"}, Tree(), "ai.onnx.ml");
  two.Node("TreeEnsemble", {"x"}, {"z"}, Tree(), "ai.onnx.ml");
  EXPECT_THAT(MessageOf(Read(two).status()), HasSubstr("several tree ensembles"));
}

}  // namespace
}  // namespace slipway::onnx
