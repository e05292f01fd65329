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
  const auto rules = TreeRules(std::as_bytes(std::span(model)), names);
  return rules.ok() ? *rules : std::string(MessageOf(rules.status()));
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
