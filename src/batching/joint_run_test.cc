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

/// Answers with its inputs; remembers how many rows each run had.
class Echo : public LoadedModel {
 public:
  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t> outputs,
             const RunOptions&, std::vector<Tensor>& results) const override {
    runs.push_back(inputs[0]->shape.front());
    results.clear();
    for (const size_t i : outputs)
      results.push_back({inputs[i]->dtype, inputs[i]->shape, Buffer(inputs[i]->data.bytes())});
    return OkStatus();
  }
  mutable std::vector<int64_t> runs;

 private:
  const Signature signature_;
};

/// Answers with a tensor whose columns are as many as the run has rows.
class Square final : public Echo {
 public:
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>, const RunOptions&,
             std::vector<Tensor>& results) const override {
    const int64_t rows = inputs[0]->shape.front();
    runs.push_back(rows);
    results = {Floats({rows, rows}, std::vector<float>(static_cast<size_t>(rows * rows), 1))};
    return OkStatus();
  }
};

struct PiecewiseRunTest : testing::Test {
  const Tensor numbers = Floats({5, 1}, {1, 2, 3, 4, 5});
  const Tensor texts = Strings({5}, {"one", "", "three", "4", "five"});
  const BoundRequest bound{.inputs = {&numbers, nullptr, &texts}, .outputs = {2, 0}};
  std::vector<Tensor> results;

  Status RunAll(const LoadedModel& model, PiecewiseRun& pieces) {
    while (pieces.rows_left() > 0) RETURN_IF_ERROR(pieces.RunNext(model, {}, results));
    return OkStatus();
  }
};

TEST_F(PiecewiseRunTest, OfARequestRunsItsRowsInTheirOrder) {
  const Echo model;
  PiecewiseRun pieces(bound, 5, 2);
  ASSERT_TRUE(pieces.RunNext(model, {}, results).ok());
  EXPECT_EQ(pieces.rows_left(), 3);
  EXPECT_EQ(pieces.next_rows(), 2);
  ASSERT_TRUE(RunAll(model, pieces).ok());
  EXPECT_EQ(model.runs, (std::vector<int64_t>{2, 2, 1}));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].shape, texts.shape);
  EXPECT_TRUE(std::ranges::equal(results[0].data.bytes(), texts.data.bytes()));
  EXPECT_EQ(results[1].shape, numbers.shape);
  EXPECT_EQ(Values(results[1]), Values(numbers));
}

TEST_F(PiecewiseRunTest, WhosePiecesDoNotFitTogetherRunsWhole) {
  const Square model;
  PiecewiseRun pieces(bound, 5, 2);
  ASSERT_TRUE(RunAll(model, pieces).ok());
  EXPECT_EQ(model.runs, (std::vector<int64_t>{2, 2, 1, 5}));
  EXPECT_EQ(results[0].shape, (Shape{5, 5}));
}

TEST_F(PiecewiseRunTest, OfStringsThatAreNotThereIsAnError) {
  const Echo model;
  const Tensor cut_short = Strings({5}, {"one", "two", "three"});
  const BoundRequest lacking{.inputs = {&cut_short}, .outputs = {0}};
  PiecewiseRun pieces(lacking, 5, 2);
  EXPECT_EQ(ReasonOf(RunAll(model, pieces)), Reason::kInternal);
  EXPECT_EQ(model.runs, (std::vector<int64_t>{2}));
}

}  // namespace
}  // namespace slipway::batching
