#include "import/graph.h"

#include <gtest/gtest.h>

#include "import/import.h"
#include "import/trees.h"
#include "onnx/model_info.h"
#include "onnx/onnx.pb.h"

namespace slipway::importing {
namespace {

TEST(GraphTest, AllInputsCallTheirRowsTheSame) {
  Graph graph;
  graph.Input("age", DType::kFp64, 1);
  graph.Input("city", DType::kBytes, 1);
  for (const auto& input : graph.builder().proto().graph().input())
    EXPECT_EQ(input.type().tensor_type().shape().dim(0).dim_param(), "age_0") << input.name();
}

TEST(GraphTest, AFullGraphTakesNoMoreAndSaysHowMuchItWouldHaveTaken) {
  Graph graph(10'000);
  const std::vector<double> numbers(1000);
  graph.Constant<double>({1000}, numbers);
  EXPECT_TRUE(graph.status().ok());
  const std::string model = *graph.Serialize();
  for (int i = 0; i < 3; ++i) graph.Constant<double>({1000}, numbers);
  EXPECT_EQ(ReasonOf(graph.status()), Reason::kTooLarge);
  EXPECT_EQ(MessageOf(graph.Serialize().status()),
            "the ONNX model would take 16000 bytes or more, 10000 are allowed");
  EXPECT_EQ(graph.builder().Serialize(), model);
}

TEST(GraphTest, NodesAndTheirAttributesCount) {
  Graph graph(10'000);
  const Matrix x = graph.Input("input", DType::kFp64, 2);
  graph.Add("Anything", {x.value}, {{"words", std::vector<std::string>(500, "word")}});
  EXPECT_EQ(ReasonOf(graph.status()), Reason::kTooLarge);
}

TEST(GraphTest, RoomIsCheckedBeforeMemoryIsAskedFor) {
  const Graph graph(1000);
  EXPECT_TRUE(graph.CheckRoom(1000).ok());
  EXPECT_EQ(MessageOf(graph.CheckRoom(size_t{1} << 40)),
            "the ONNX model would take 1099511627776 bytes or more, 1000 are allowed");
}

TEST(GraphTest, TreesThatDoNotFitAreRefusedByName) {
  Graph graph(1000);
  const Matrix x = graph.Input("input", DType::kFp64, 1);
  const Tree stump = {.splits = {{.threshold = 1, .on_true = ~0, .on_false = ~1}},
                      .leaves = {1, 2}};
  const auto sum = AddTrees(graph, {.name = "Forest", .trees = std::vector<Tree>(100, stump)}, x);
  EXPECT_EQ(ReasonOf(sum.status()), Reason::kTooLarge);
  EXPECT_EQ(MessageOf(sum.status()),
            "Forest: the ONNX model would take 7200 bytes or more, 1000 are allowed");
}

TEST(LimitsTest, TheAllowanceGrowsWithTheFileUpToWhatAModelMayHold) {
  const Limits limits{.max_model_bytes = 1000, .free_bytes = 100, .bytes_per_byte = 10};
  EXPECT_EQ(limits.AllowanceFor(0), 100);
  EXPECT_EQ(limits.AllowanceFor(50), 600);
  EXPECT_EQ(limits.AllowanceFor(91), 1000);
  EXPECT_EQ(limits.AllowanceFor(SIZE_MAX), 1000);
}

}  // namespace
}  // namespace slipway::importing
