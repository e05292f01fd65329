#include "import/graph.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace slipway::importing
