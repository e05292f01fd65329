#include "import/trees.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "onnx/model_info.h"

namespace slipway::importing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// x0 <= 1 ? 10 : (x1 < 2 ? 20 : 30)
Tree ThreeLeaves() {
  Tree tree;
  tree.splits.push_back({.feature = 0, .threshold = 1, .on_true = ~0, .on_false = 1});
  tree.splits.push_back(
      {.feature = 1, .mode = SplitMode::kLess, .threshold = 2, .on_true = ~1, .on_false = ~2});
  tree.leaves = {10, 20, 30};
  return tree;
}

StatusOr<Matrix> Add(const TreeEnsemble& ensemble) {
  Graph graph;
  return AddTrees(graph, ensemble, graph.Input("x", DType::kFp64, 2));
}

TEST(TreesTest, EnsembleBecomesOneOperator) {
  Graph graph;
  const Matrix x = graph.Input("x", DType::kFp64, 2);
  const auto sum = AddTrees(graph, {.name = "T", .trees = {ThreeLeaves(), ThreeLeaves()}}, x);
  ASSERT_TRUE(sum.ok()) << sum.status();
  graph.Output("y", sum->value, sum->dtype, {-1, 1});
  const std::string model = *graph.Serialize();
  const auto info = onnx::Inspect(std::as_bytes(std::span(model)));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->operators.at("ai.onnx.ml.TreeEnsemble"), 1);
}

TEST(TreesTest, LeavesWithoutValuesAreRefused) {
  for (const int64_t none : {0, -1}) {
    const TreeEnsemble ensemble{
        .name = "T", .targets = none, .leaf_width = none, .trees = {ThreeLeaves()}};
    EXPECT_EQ(MessageOf(Add(ensemble).status()),
              fmt::format("T: expected leaves of 1 or {0} values, got {0}", none));
  }
}

TEST(TreesTest, BrokenTreesAreRefusedByTreeAndRule) {
  struct Case {
    std::string_view what;
    void (*breaks)(Tree&);
  };
  const Case cases[] = {
      {"split 0: expected a split below 2, got 7", [](Tree& t) { t.splits[0].on_false = 7; }},
      {"split 1: split 0 is reached twice", [](Tree& t) { t.splits[1].on_true = 0; }},
      {"split 1: split 1 is reached twice", [](Tree& t) { t.splits[1].on_true = 1; }},
      {"split 1: leaf 0 is reached twice", [](Tree& t) { t.splits[1].on_true = ~0; }},
      {"split 0: expected a feature below 2, got 2", [](Tree& t) { t.splits[0].feature = 2; }},
      {"split 0: expected a feature below 2, got -1", [](Tree& t) { t.splits[0].feature = -1; }},
      {"split 0: expected a number as threshold, got NaN",
       [](Tree& t) { t.splits[0].threshold = std::numeric_limits<double>::quiet_NaN(); }},
      {"expected 3 leaves below 2 splits, got 2", [](Tree& t) { t.leaves.pop_back(); }},
      {"expected an output below 1, got 1", [](Tree& t) { t.target = 1; }},
  };
  for (const Case& c : cases) {
    TreeEnsemble ensemble{.name = "T", .trees = {ThreeLeaves(), ThreeLeaves()}};
    c.breaks(ensemble.trees[1]);
    const auto sum = Add(ensemble);
    ASSERT_FALSE(sum.ok()) << c.what;
    EXPECT_EQ(ReasonOf(sum.status()), Reason::kBadModel);
    EXPECT_EQ(MessageOf(sum.status()), fmt::format("T: tree 1: {}", c.what));
  }
}

TEST(TreesTest, ACycleThatTheRootDoesNotReachIsRefused) {
  Tree tree = ThreeLeaves();
  tree.splits[0].on_false = ~2;
  tree.splits[1].on_false = 1;
  const auto sum = Add({.name = "T", .trees = {tree}});
  ASSERT_FALSE(sum.ok());
  EXPECT_THAT(std::string(MessageOf(sum.status())), HasSubstr("cycle"));
}

TEST(TreesTest, TreesTooDeepForTheirRuntimeAreRefused) {
  for (const int depth : {kMaxTreeDepth, kMaxTreeDepth + 1}) {
    Tree chain{.leaves = std::vector<double>(depth + 1)};
    for (int i = 0; i < depth; ++i)
      chain.splits.push_back({.on_true = ~i, .on_false = i + 1 < depth ? i + 1 : ~depth});
    const auto sum = Add({.name = "T", .trees = {chain}});
    EXPECT_EQ(sum.ok(), depth == kMaxTreeDepth);
    if (sum.ok()) continue;
    EXPECT_EQ(ReasonOf(sum.status()), Reason::kUnsupported);
    EXPECT_EQ(MessageOf(sum.status()), "T: tree 0: expected at most 2000 levels of splits");
  }
}

std::map<std::string, int> OperatorsOf(const Tree& tree) {
  Graph graph;
  const auto sum =
      AddTrees(graph, {.name = "T", .trees = {tree}}, graph.Input("x", DType::kFp64, 2));
  EXPECT_TRUE(sum.ok()) << sum.status();
  graph.Output("y", sum->value, sum->dtype, {-1, 1});
  const std::string model = *graph.Serialize();
  const auto info = onnx::Inspect(std::as_bytes(std::span(model)));
  EXPECT_TRUE(info.ok()) << info.status();
  std::map<std::string, int> counts;
  for (const auto& [name, count] : info->operators) counts[name] = static_cast<int>(count);
  return counts;
}

TEST(TreesTest, AFeatureReadInAnotherWayBecomesAnotherColumn) {
  Tree tree = ThreeLeaves();
  EXPECT_EQ(OperatorsOf(tree).count("Concat"), 0);
  tree.splits[0].reading = Reading::kFloor;
  tree.splits[1].reading = Reading::kZeroIsMissing;
  const auto operators = OperatorsOf(tree);
  EXPECT_EQ(operators.at("Gather"), 2);
  EXPECT_EQ(operators.at("Floor"), 1);
  EXPECT_EQ(operators.at("Where"), 1);
  EXPECT_EQ(operators.at("Concat"), 1);
}

TEST(TreesTest, MembershipOfAnEmptySetIsNoMembership) {
  Tree tree = ThreeLeaves();
  tree.splits[0].mode = SplitMode::kMember;
  Graph graph;
  const auto sum =
      AddTrees(graph, {.name = "T", .trees = {tree}}, graph.Input("x", DType::kFp64, 2));
  ASSERT_TRUE(sum.ok()) << sum.status();
  EXPECT_THAT(*graph.Serialize(), Not(HasSubstr("membership_values")));
}

}  // namespace
}  // namespace slipway::importing
