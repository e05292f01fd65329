#include "optimise/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

onnx::Builder Base() {
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 4}).Output("y", DType::kFp32, {-1, 4});
  return b;
}

TEST(GraphTest, ANodeThatReadsWhatIsMadeLaterIsNamed) {
  onnx::Builder b = Base();
  b.Node("Add", {"x", "b"}, {"a"}).Node("Relu", {"a"}, {"b"}).Node("Relu", {"b"}, {"y"});
  const Status checked = CheckGraph(b.proto().graph());
  EXPECT_EQ(ReasonOf(checked), Reason::kBadModel);
  EXPECT_THAT(std::string(MessageOf(checked)), HasSubstr("reads \"b\" before it is made"));
}

TEST(GraphTest, AValueThatIsMadeTwiceIsNamed) {
  onnx::Builder b = Base();
  b.Node("Relu", {"x"}, {"y"}).Node("Abs", {"x"}, {"y"});
  EXPECT_THAT(std::string(MessageOf(CheckGraph(b.proto().graph()))), HasSubstr("makes \"y\""));
}

TEST(GraphTest, InputsConstantsAndOutputsWithoutANameAreRefused) {
  for (const int which : {0, 1, 2}) {
    onnx::Builder b = Base();
    b.Node("Relu", {"x"}, {"y"});
    GraphProto& graph = *b.proto().mutable_graph();
    if (which == 0) graph.add_input();
    if (which == 1) graph.add_initializer();
    if (which == 2) graph.add_output();
    EXPECT_EQ(ReasonOf(CheckGraph(graph)), Reason::kBadModel) << which;
  }
}

TEST(GraphTest, NewNamesAreNeverEmptyNorTaken) {
  onnx::Builder b = Base();
  b.Node("Relu", {"x"}, {"value"}).Node("Relu", {"value"}, {"y"});
  Constants constants(*b.proto().mutable_graph());
  EXPECT_EQ(constants.NewName(""), "value_1");
  EXPECT_EQ(constants.NewName("x"), "x_1");
  EXPECT_EQ(constants.NewName("z"), "z");
}

TEST(GraphTest, SortingMovesOnlyWhatMustMove) {
  onnx::Builder b = Base();
  b.Node("Relu", {"b"}, {"y"}).Node("Abs", {"x"}, {"a"}).Node("Neg", {"a"}, {"b"});
  ASSERT_TRUE(SortNodes(*b.proto().mutable_graph()).ok());
  std::vector<std::string> order;
  for (const NodeProto& node : b.proto().graph().node()) order.push_back(node.op_type());
  EXPECT_EQ(order, (std::vector<std::string>{"Abs", "Neg", "Relu"}));
  EXPECT_TRUE(CheckGraph(b.proto().graph()).ok());
}

TEST(GraphTest, WhatANestedGraphReadsStays) {
  onnx::Builder branch;
  branch.Output("z", DType::kFp32, {-1, 4}).Node("Relu", {"shared"}, {"z"});
  onnx::Builder b = Base();
  const bool yes = true;
  b.Constant<bool>("yes", {}, std::span(&yes, 1));
  b.Node("Identity", {"x"}, {"shared"});
  b.Node("If", {"yes"}, {"y"}, {{"then_branch", &branch}, {"else_branch", &branch}});
  const Settings none({});
  ASSERT_EQ(*DropNoOps().apply(b.proto(), none, {}), "");
  ASSERT_EQ(*DropDeadCode().apply(b.proto(), none, {}), "");
  EXPECT_EQ(b.proto().graph().node_size(), 2);
}

TEST(GraphTest, LongChainsAndWideFansTakeLinearWork) {
  constexpr int kNodes = 20'000;
  onnx::Builder b = Base();
  std::string last = "x";
  for (int i = 0; i < kNodes; ++i) {
    const std::string next = i + 1 == kNodes ? "y" : "v" + std::to_string(i);
    b.Node("Identity", {last}, {next}).Node("Relu", {"x"}, {"f" + std::to_string(i)});
    last = next;
  }
  const Settings none({});
  EXPECT_EQ(*MergeEqual().apply(b.proto(), none, {}),
            fmt::format("{} nodes and 0 constants were there before", kNodes - 1));
  EXPECT_EQ(*DropNoOps().apply(b.proto(), none, {}), fmt::format("{} nodes dropped", kNodes - 1));
  ASSERT_TRUE(SortNodes(*b.proto().mutable_graph()).ok());
}

}  // namespace
}  // namespace slipway::optimise
