// Rows of several requests, joined and split again.

#include "batching/joint_run.h"

#include <gtest/gtest.h>

namespace slipway::batching {
namespace {

Tensor Floats(Shape shape, std::vector<float> values) {
  return {DType::kFp32, std::move(shape),
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                  values.size() * sizeof(float)))};
}

Tensor Strings(Shape shape, const std::vector<std::string>& values) {
  std::string wire;
  for (const auto& value : values) AppendBytesElement(wire, value);
  return {DType::kBytes, std::move(shape), Buffer::Own(std::move(wire))};
}

std::vector<float> Values(const Tensor& tensor) {
  return {tensor.as<float>().begin(), tensor.as<float>().end()};
}

TEST(RowsTest, AreJoinedInOrderAndSplitAgain) {
  const Tensor a = Floats({1, 2}, {1, 2}), b = Floats({2, 2}, {3, 4, 5, 6});
  const Tensor joint = JoinRows(std::vector{&a, &b}, 3);
  EXPECT_EQ(joint.shape, (Shape{3, 2}));
  EXPECT_EQ(Values(joint), (std::vector<float>{1, 2, 3, 4, 5, 6}));
  const auto parts = SplitRows(joint, std::vector<int64_t>{1, 2});
  ASSERT_TRUE(parts.ok());
  EXPECT_EQ(Values((*parts)[0]), Values(a));
  EXPECT_EQ((*parts)[1].shape, b.shape);
  EXPECT_EQ(Values((*parts)[1]), Values(b));
}

TEST(RowsTest, OfStringsAreCutWhereTheirElementsEnd) {
  const Tensor a = Strings({1, 2}, {"", "long enough"}), b = Strings({2, 2}, {"x", "", "yz", "w"});
  const Tensor joint = JoinRows(std::vector{&a, &b}, 3);
  const auto parts = SplitRows(joint, std::vector<int64_t>{1, 2});
  ASSERT_TRUE(parts.ok());
  EXPECT_TRUE(std::ranges::equal((*parts)[0].data.bytes(), a.data.bytes()));
  EXPECT_TRUE(std::ranges::equal((*parts)[1].data.bytes(), b.data.bytes()));
}

TEST(RowsTest, ThatAreNotThereAreAnError) {
  EXPECT_EQ(ReasonOf(SplitRows(Floats({2}, {1, 2}), std::vector<int64_t>{1, 2}).status()),
            Reason::kInternal);
  EXPECT_EQ(ReasonOf(SplitRows(Floats({}, {1}), std::vector<int64_t>{1}).status()),
            Reason::kInternal);
  EXPECT_EQ(ReasonOf(SplitRows(Strings({2}, {"one"}), std::vector<int64_t>{1, 1}).status()),
            Reason::kInternal);
}

TEST(RowsTest, OfALargeAnswerDoNotKeepTheirNeighbours) {
  const Tensor large = Floats({2, 100'000}, std::vector<float>(200'000, 1));
  const auto parts = SplitRows(large, std::vector<int64_t>{1, 1});
  ASSERT_TRUE(parts.ok());
  EXPECT_NE((*parts)[0].data.owner(), large.data.owner());
  const Tensor small = Floats({2}, {1, 2});
  EXPECT_EQ(SplitRows(small, std::vector<int64_t>{1, 1})->front().data.owner(), small.data.owner());
}

TEST(JoinTest, NeedsTheSameInputsShapesAndOutputs) {
  const Tensor two = Floats({1, 2}, {1, 2}), more = Floats({2, 2}, {1, 2, 3, 4}),
               three = Floats({1, 3}, {1, 2, 3}), text = Strings({1, 2}, {"a", "b"}),
               scalar = Floats({}, {1});
  const BoundRequest request{.inputs = {&two}, .outputs = {0}};
  EXPECT_TRUE(CanJoin(request, request));
  EXPECT_TRUE(CanJoin(request, {.inputs = {&more}, .outputs = {0}}));
  EXPECT_FALSE(CanJoin(request, {.inputs = {&three}, .outputs = {0}}));
  EXPECT_FALSE(CanJoin(request, {.inputs = {&text}, .outputs = {0}}));
  EXPECT_FALSE(CanJoin(request, {.inputs = {&two}, .outputs = {1}}));
  EXPECT_FALSE(CanJoin(request, {.inputs = {nullptr}, .outputs = {0}}));
  EXPECT_FALSE(
      CanJoin({.inputs = {&scalar}, .outputs = {0}}, {.inputs = {&scalar}, .outputs = {0}}));
}

}  // namespace
}  // namespace slipway::batching
