#include "engine/onnxruntime/memory_pattern.h"

#include <gtest/gtest.h>

namespace slipway::onnxruntime {
namespace {

class PlansAreBoundedTest : public testing::Test {
 protected:
  PlansAreBoundedTest() {
    for (int i = 0; i < 100; ++i) model_.mutable_graph()->add_node();
  }
  static Signature Taking(Shape shape) {
    return {
        .inputs = {{.name = "fixed", .shape = {1, 3}}, {.name = "x", .shape = std::move(shape)}}};
  }
  bool Bounded(const Signature& signature, int max_rows = 0) const {
    return PlansAreBounded(model_, signature, {.max_input_bytes = 64u << 20, .max_rows = max_rows});
  }
  ::onnx::ModelProto model_;
};

TEST_F(PlansAreBoundedTest, WhenAllShapesAreFixed) {
  EXPECT_TRUE(Bounded(Taking({1, 8, 8})));
  EXPECT_TRUE(Bounded(Taking({})));
  EXPECT_FALSE(Bounded(Taking({1, -1})));
}

TEST_F(PlansAreBoundedTest, ByTheRowsThatArePromised) {
  EXPECT_FALSE(Bounded(Taking({-1, 8})));
  EXPECT_TRUE(Bounded(Taking({-1, 8}), 64));
  EXPECT_FALSE(Bounded(Taking({-1, 8}), 1'000'000));
  EXPECT_FALSE(Bounded(Taking({-1, -1}), 8));
}

TEST_F(PlansAreBoundedTest, ByTheRowsThatFitIntoTheInput) {
  EXPECT_TRUE(Bounded(Taking({-1, 3, 224, 224})));  // 111 of them
  Signature two = Taking({-1, 3, 224, 224});
  two.inputs[0].shape = {-1, 3, 224, 224};
  EXPECT_FALSE(Bounded(two));  // each its own number of rows
  EXPECT_TRUE(Bounded(two, 64));
  EXPECT_FALSE(Bounded(Taking({-1, 3, 0})));
}

TEST_F(PlansAreBoundedTest, NotForShapesThatCannotBeCounted) {
  Signature any_rank = Taking({-1}), optional = Taking({8});
  any_rank.inputs[1].any_rank = true;
  optional.inputs[1].optional = true;
  EXPECT_FALSE(Bounded(any_rank, 8));
  EXPECT_FALSE(Bounded(optional, 8));
}

TEST_F(PlansAreBoundedTest, NotForNodesInBranchesOrFunctions) {
  EXPECT_TRUE(Bounded(Taking({8})));
  model_.add_functions();
  EXPECT_FALSE(Bounded(Taking({8})));
  model_.clear_functions();
  model_.mutable_graph()->mutable_node(3)->add_attribute()->mutable_g();
  EXPECT_FALSE(Bounded(Taking({8})));
}

}  // namespace
}  // namespace slipway::onnxruntime
