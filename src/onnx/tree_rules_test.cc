#include "onnx/tree_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "onnx/builder.h"

namespace slipway::onnx {
namespace {

using ::testing::HasSubstr;

template <typename T>
Tensor List(std::initializer_list<T> values) {
  return {DTypeFor<T>(),
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.begin()),
                                  values.size() * sizeof(T)))};
}

using Ints = std::vector<int64_t>;

/// x0 <= 0.5 (or missing) ? leaf 0 : (x1 in {1, 3} ? leaf 1 : leaf 2)
std::vector<Attribute> Tree(Ints true_ids = {0, 1}, Ints false_ids = {1, 2}) {
  return {{"tree_roots", Ints{0}},
          {"nodes_featureids", Ints{0, 1}},
          {"nodes_modes", List<uint8_t>({0, 6})},
          {"nodes_splits", List<double>({0.5, 0})},
          {"nodes_truenodeids", std::move(true_ids)},
          {"nodes_trueleafs", Ints{1, 1}},
          {"nodes_falsenodeids", std::move(false_ids)},
          {"nodes_falseleafs", Ints{0, 1}},
          {"nodes_missing_value_tracks_true", Ints{1, 0}},
          {"membership_values", List<double>({1, 3, std::nan("")})},
          {"leaf_targetids", Ints{0, 0, 0}},
          {"leaf_weights", List<double>({0, 1, 2})}};
}

std::string RulesOf(const Builder& builder, const RuleNames& names = {}) {
  const std::string model = builder.Serialize();
  std::string rules;
  const Status told = WriteTreeRules(std::as_bytes(std::span(model)), names, [&](auto text) {
    rules += text;
    return OkStatus();
  });
  return told.ok() ? rules : std::string(MessageOf(told));
}

TEST(TreeRulesTest, SplitsBecomeIfAndElse) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"y"}, Tree(), "ai.onnx.ml");
  EXPECT_EQ(RulesOf(builder, {.features = {"age"}}),
            "tree 1 of 1\n"
            "if age <= 0.5 (or missing):\n"
            "  add 0\n"
            "else:\n"
            "  if x[1] in {1, 3}:\n"
            "    add 1\n"
            "  else:\n"
            "    add 2\n");
}

TEST(TreeRulesTest, NumberedLeavesShowTheirRow) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"numbers"}, Tree(), "ai.onnx.ml");
  builder.Node("Cast", {"numbers"}, {"rows"}, {{"to", 7}});
  builder.Node("Gather", {"table", "rows"}, {"y"});
  builder.Constant<double>("table", {3, 2}, std::vector<double>{1, 0, 0.25, 0.75, 0, 1});
  const std::string rules = RulesOf(builder, {.classes = {"no", "yes"}});
  EXPECT_THAT(rules, HasSubstr("  no 1, yes 0\n"));
  EXPECT_THAT(rules, HasSubstr("    no 0.25, yes 0.75\n"));
}

/// One tree that asks x0 <= `split` and adds to one of `n_targets`.
template <typename T>
std::vector<Attribute> Stump(T split, T left, T right, int64_t n_targets = 1) {
  return {{"n_targets", n_targets},
          {"tree_roots", Ints{0}},
          {"nodes_featureids", Ints{0}},
          {"nodes_modes", List<uint8_t>({0})},
          {"nodes_splits", List<T>({split})},
          {"nodes_truenodeids", Ints{0}},
          {"nodes_trueleafs", Ints{1}},
          {"nodes_falsenodeids", Ints{1}},
          {"nodes_falseleafs", Ints{1}},
          {"leaf_targetids", Ints{0, n_targets - 1}},
          {"leaf_weights", List<T>({left, right})}};
}

TEST(TreeRulesTest, NumbersTellThemselvesFromTheirNeighbours) {
  Builder wide, narrow;
  wide.Node("TreeEnsemble", {"x"}, {"y"}, Stump<double>(double{0.1f}, 0.1, 1), "ai.onnx.ml");
  narrow.Node("TreeEnsemble", {"x"}, {"y"}, Stump<float>(0.1f, 0.25f, 1), "ai.onnx.ml");
  EXPECT_THAT(RulesOf(wide), HasSubstr("x[0] <= 0.10000000149011612:\n  add 0.1\n"));
  EXPECT_THAT(RulesOf(narrow), HasSubstr("x[0] <= 0.1:\n  add 0.25\n"));
}

TEST(TreeRulesTest, EveryOneOfSeveralOutputsIsNamed) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"y"}, Stump<double>(1, 2, 3, 3), "ai.onnx.ml");
  EXPECT_THAT(RulesOf(builder), HasSubstr("  add 2 to output 0\nelse:\n  add 3 to output 2\n"));
  EXPECT_THAT(RulesOf(builder, {.classes = {"a", "b", "c"}}), HasSubstr("  add 3 to c\n"));
}

TEST(TreeRulesTest, WhatHappensToTheSumIsTold) {
  Builder builder;
  builder.Node("TreeEnsemble", {"x"}, {"sum"}, Stump<double>(1, 2, 3), "ai.onnx.ml");
  builder.Constant<double>("count", {}, std::vector<double>{20});
  builder.Constant<double>("base", {}, std::vector<double>{0.5});
  builder.Node("Div", {"sum", "count"}, {"mean"});
  builder.Node("Add", {"base", "mean"}, {"margin"});
  builder.Node("Sigmoid", {"margin"}, {"y"});
  EXPECT_THAT(RulesOf(builder), HasSubstr("the sum of the trees is divided by 20, then plus 0.5, "
                                          "then given to Sigmoid\n"));
}

using Floats = std::vector<float>;
using Texts = std::vector<std::string>;

/// Tree 0: x0 <= 0.5 ? leaf 1 : leaf 2; tree 7: a leaf alone.
std::vector<Attribute> OldNodes() {
  return {{"nodes_treeids", Ints{0, 0, 0, 7}},
          {"nodes_nodeids", Ints{0, 1, 2, 5}},
          {"nodes_featureids", Ints{1, 0, 0, 0}},
          {"nodes_modes", Texts{"BRANCH_LT", "LEAF", "LEAF", "LEAF"}},
          {"nodes_values", Floats{0.1F, 0, 0, 0}},
          {"nodes_truenodeids", Ints{1, 0, 0, 0}},
          {"nodes_falsenodeids", Ints{2, 0, 0, 0}},
          {"nodes_missing_value_tracks_true", Ints{1, 0, 0, 0}}};
}

std::vector<Attribute> operator+(std::vector<Attribute> a, const std::vector<Attribute>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(TreeRulesTest, OlderRegressorsAreTold) {
  Builder builder;
  builder.Node("TreeEnsembleRegressor", {"x"}, {"y"},
               OldNodes() + std::vector<Attribute>{{"target_treeids", Ints{0, 0, 7}},
                                                   {"target_nodeids", Ints{1, 2, 5}},
                                                   {"target_ids", Ints{0, 0, 0}},
                                                   {"target_weights", Floats{1, 2.5, -3}},
                                                   {"aggregate_function", "AVERAGE"},
                                                   {"base_values", Floats{0.25}},
                                                   {"post_transform", "LOGISTIC"}},
               "ai.onnx.ml");
  EXPECT_EQ(RulesOf(builder, {.features = {"age", "income"}}),
            "tree 1 of 2\n"
            "if income < 0.1 (or missing):\n"
            "  add 1\n"
            "else:\n"
            "  add 2.5\n"
            "tree 2 of 2\n"
            "add -3\n"
            "the sum of the trees is divided by 2, then plus 0.25, then given to LOGISTIC\n");
}

TEST(TreeRulesTest, LeavesOfOlderClassifiersNameTheirLabels) {
  const auto rules = [](Ints trees, Ints nodes, Ints classes, Floats weights) {
    Builder builder;
    builder.Node("TreeEnsembleClassifier", {"x"}, {"label", "y"},
                 OldNodes() + std::vector<Attribute>{{"class_treeids", trees},
                                                     {"class_nodeids", nodes},
                                                     {"class_ids", classes},
                                                     {"class_weights", weights},
                                                     {"classlabels_strings", Texts{"no", "yes"}}},
                 "ai.onnx.ml");
    return RulesOf(builder);
  };
  EXPECT_THAT(rules({0, 0, 0, 0, 7}, {1, 1, 2, 2, 5}, {0, 1, 0, 1, 1}, {0.25, 0.75, 1, 0, 0.5}),
              HasSubstr("  no 0.25, yes 0.75\nelse:\n  no 1, yes 0\n"));
  EXPECT_THAT(rules({0, 0, 7}, {1, 2, 5}, {0, 1, 1}, {1, 2, 3}),
              HasSubstr("  add 1 to no\nelse:\n  add 2 to yes\n"));
  EXPECT_THAT(rules({0, 0, 7}, {1, 2, 5}, {0, 0, 0}, {1, 2, 3}), HasSubstr("  add 1\nelse:"));
  EXPECT_EQ(rules({0}, {9}, {0}, {1}), "TreeEnsembleClassifier: leaf 9 of tree 0 adds to 0 of 1");
  EXPECT_EQ(rules({0}, {1}, {2}, {1}), "TreeEnsembleClassifier: leaf 1 of tree 0 adds to 2 of 2");
  EXPECT_EQ(rules({0}, {1}, {}, {1}),
            "TreeEnsembleClassifier: its lists of leaves differ in length");
}

TEST(TreeRulesTest, BrokenTreesAreRefused) {
  Builder cycle;
  cycle.Node("TreeEnsemble", {"x"}, {"y"}, Tree({0, 1}, {0, 2}), "ai.onnx.ml");
  EXPECT_EQ(RulesOf(cycle), "tree 1: split 0 is out of range or reached twice");
  Builder leaf;
  leaf.Node("TreeEnsemble", {"x"}, {"y"}, Tree({0, 1}, {1, 9}), "ai.onnx.ml");
  EXPECT_EQ(RulesOf(leaf), "tree 1: expected a leaf below 3, got 9");
  Builder none;
  none.Node("Relu", {"x"}, {"y"});
  EXPECT_EQ(RulesOf(none), "the model has no trees: its rules cannot be told");
}

}  // namespace
}  // namespace slipway::onnx
