// Steps that are joined answer as they did apart, whatever shape the graph gives values in between.
#include "engine/tabular/tabular_engine.h"
#include "engine/tabular/testing/graphs.h"
#include "engine/testing/harness.h"

namespace slipway::testing {
namespace {

using ::testing::ElementsAre;
using Attributes = std::vector<onnx::Attribute>;

template <typename T>
std::vector<T> Answer(const onnx::Builder& b, const Tensor& x) {
  const auto outputs = LoadAndRun(*CreateTabularEngine(), b, {&x});
  EXPECT_TRUE(outputs.ok()) << outputs.status();
  return outputs.ok() ? ValuesOf<T>((*outputs)[0]) : std::vector<T>();
}

/// x·w, three columns, in the shape [n, tail…].
onnx::Builder Product(const std::vector<int64_t>& dims) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 2});
  AddConstant<float>(b, "w", {2, 3}, {0, 1, 2, 3, 4, 5});
  AddConstant<int64_t>(b, "dims", {static_cast<int64_t>(dims.size())}, dims);
  b.Node("MatMul", {"x", "w"}, {"xw"}).Node("Reshape", {"xw", "dims"}, {"z"});
  AddConstant<float>(b, "c", {3}, {10, 0, -10});
  return b;
}

TEST(FusionTest, ABiasIsAddedWhereItIsBroadcastToNoMoreThanTheProduct) {
  const Tensor x = TensorOf<float>({1, 2}, {1, 1});  // xw is 3, 5, 7
  onnx::Builder row = Product({0, 1, 3});
  row.Output("y", DType::kFp32, {-1, 1, 3}).Node("Add", {"c", "z"}, {"y"});
  EXPECT_THAT(Answer<float>(row, x), ElementsAre(13, 5, -3));
  onnx::Builder column = Product({0, 3, 1});
  column.Output("y", DType::kFp32, {-1, 3, 3}).Node("Add", {"z", "c"}, {"y"});
  EXPECT_THAT(Answer<float>(column, x), ElementsAre(13, 3, -7, 15, 5, -5, 17, 7, -3));
}

TEST(FusionTest, AProductThatIsReadTwiceKeepsWhatItIs) {
  onnx::Builder b = Product({0, 3});
  b.Output("y", DType::kFp32, {-1, 3}).Node("Add", {"z", "c"}, {"plus"});
  b.Node("Relu", {"plus"}, {"r"}).Node("Sub", {"r", "xw"}, {"y"});
  EXPECT_THAT(Answer<float>(b, TensorOf<float>({1, 2}, {1, 1})), ElementsAre(10, 0, -7));
}

TEST(FusionTest, AReluBeforeABiasStaysBeforeIt) {
  onnx::Builder b = Product({0, 3});
  b.Output("y", DType::kFp32, {-1, 3}).Node("Relu", {"z"}, {"r"}).Node("Add", {"r", "c"}, {"y"});
  EXPECT_THAT(Answer<float>(b, TensorOf<float>({1, 2}, {1, -1})), ElementsAre(10, 0, -10));
}

/// x·w - (the sum of x), then `op_type` of it and perhaps of `c`.
onnx::Builder LessASum(std::string_view op_type, const std::vector<float>& c = {}) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 2}).Output("y", DType::kFp32, {-1, 3});
  AddConstant<float>(b, "w", {2, 3}, {0, 1, 2, 3, 4, 5});
  AddConstant<int64_t>(b, "one", {1}, {1});
  b.Node("MatMul", {"x", "w"}, {"xw"}).Node("ReduceSum", {"x", "one"}, {"sum"});
  b.Node("Sub", {"xw", "sum"}, {"less"});
  std::vector<std::string> inputs = {"less"};
  if (!c.empty()) {
    AddConstant<float>(b, "c", {static_cast<int64_t>(c.size())}, c);
    inputs.push_back("c");
  }
  b.Node(op_type, inputs, {"y"});
  return b;
}

TEST(FusionTest, ANumberOfEachRowIsSubtractedFromTheProductBeforeWhatFollows) {
  const Tensor x = TensorOf<float>({2, 2}, {1, 1, 10, -4});  // xw is 3, 5, 7 and -12, -6, 0
  EXPECT_THAT(Answer<float>(LessASum("Identity"), x), ElementsAre(1, 3, 5, -18, -12, -6));
  EXPECT_THAT(Answer<float>(LessASum("Relu"), x), ElementsAre(1, 3, 5, 0, 0, 0));
  // 3 + 2^24 would be rounded up, and 2 of it left.
  EXPECT_THAT(Answer<float>(LessASum("Add", {0x1p24F}), TensorOf<float>({1, 2}, {1, 1})),
              ElementsAre(0x1p24F, 0x1p24F + 4, 0x1p24F + 4));
}

TEST(FusionTest, AReluBeforeASubtractionStaysBeforeIt) {
  onnx::Builder b = Product({0, 3});
  AddConstant<int64_t>(b, "one", {1}, {1});
  b.Node("ReduceSum", {"x", "one"}, {"sum"}).Node("Relu", {"z"}, {"r"});
  b.Output("y", DType::kFp32, {-1, 3}).Node("Sub", {"r", "sum"}, {"y"});
  EXPECT_THAT(Answer<float>(b, TensorOf<float>({1, 2}, {1, -2})), ElementsAre(1, 1, 1));
}

/// Two trees that number the rows of a table: x0 <= 0.5 row 0 or 1, and row 2 or 3.
template <typename T>
onnx::Builder Numbered(const std::vector<T>& table, int64_t width) {
  onnx::Builder b = Graph();
  b.Input("x", DType::kFp32, {-1, 1});
  AddConstant<T>(b, "table", {4, width}, table);
  AddConstant<int64_t>(b, "one", {1}, {1});
  AddStumps(b, "x", "scores",
            {.targets = 2,
             .features = {0, 0},
             .modes = {0, 0},
             .splits = TensorOf<float>({2}, {0.5F, 0.5F}),
             .leaf_targets = {0, 0, 1, 1},
             .leaf_weights = TensorOf<float>({4}, {0, 1, 2, 3})});
  b.Node("Cast", {"scores"}, {"numbers"}, {{"to", 7}});
  b.Node("Gather", {"table", "numbers"}, {"rows"}, {{"axis", 0}});
  return b;
}

TEST(FusionTest, LeavesAreRowsOfATableWhereTheSumIsOverTheTrees) {
  const std::vector<float> table = {1, 2, 3, 10, 20, 30, 100, 200, 300, 1000, 2000, 3000};
  const Tensor x = TensorOf<float>({2, 1}, {0, 1});
  onnx::Builder b = Numbered(table, 3);
  b.Output("y", DType::kFp32, {-1, 3});
  b.Node("ReduceSum", {"rows", "one"}, {"y"}, {{"keepdims", 0}});
  EXPECT_THAT(Answer<float>(b, x), ElementsAre(101, 202, 303, 1010, 2020, 3030));
}

TEST(FusionTest, ASumOverAnotherShapeOfTheRowsIsThatSum) {
  const std::vector<float> table = {1, 2, 3, 10, 20, 30, 100, 200, 300, 1000, 2000, 3000};
  const Tensor x = TensorOf<float>({2, 1}, {0, 1});
  onnx::Builder b = Numbered(table, 3);
  b.Output("y", DType::kFp32, {-1, 2});
  AddConstant<int64_t>(b, "dims", {3}, {0, 3, 2});
  b.Node("Reshape", {"rows", "dims"}, {"other"});
  b.Node("ReduceSum", {"other", "one"}, {"y"}, {{"keepdims", 0}});
  // 1 2 | 3 100 | 200 300
  EXPECT_THAT(Answer<float>(b, x), ElementsAre(204, 402, 2040, 4020));
}

TEST(FusionTest, ATableOfWholeNumbersIsSummedAsSuch) {
  onnx::Builder b = Numbered<int64_t>({1, 2, 3, 4}, 1);
  b.Output("y", DType::kInt64, {-1, 1});
  b.Node("ReduceSum", {"rows", "one"}, {"y"}, {{"keepdims", 0}});
  EXPECT_THAT(Answer<int64_t>(b, TensorOf<float>({2, 1}, {0, 1})), ElementsAre(4, 6));
}

}  // namespace
}  // namespace slipway::testing
