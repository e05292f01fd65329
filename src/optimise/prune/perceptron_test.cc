#include "optimise/prune/perceptron.h"

#include <gtest/gtest.h>

#include "onnx/builder.h"

namespace slipway::optimise {
namespace {

using Floats = std::vector<float>;
using train::Answer;

const Floats kParameters = {1, 2, 3, 4,    5, 6, 0.5, -0.5, 0.25,  // [2, 3], then offsets
                            7, 8, 9, 0.125};                       // [3, 1]
const std::vector<size_t> kSizes = {2, 3, 1};

enum class Form { kGemm, kTransposed, kMatMul, kDoubles, kFirstInDoubles };

onnx::Builder Empty() {
  onnx::Builder b;
  b.Opset("", 21).Input("x", DType::kFp64, {-1, 2}).Output("y", DType::kFp64, {-1, 1});
  return b;
}

template <typename T>
void AddMatMul(onnx::Builder& b, const std::string& name, const std::string& x, Shape shape,
               std::span<const float> values) {
  const std::vector<T> wide(values.begin(), values.end());
  const auto weights = static_cast<size_t>(shape[0] * shape[1]);
  b.Constant<T>(name + "w", shape, std::span(wide).first(weights));
  b.Constant<T>(name + "b", {shape[1]}, std::span(wide).subspan(weights));
  b.Node("MatMul", {x, name + "w"}, {name + "p"}).Node("Add", {name + "p", name + "b"}, {name});
}

void AddGemm(onnx::Builder& b, const std::string& name, const std::string& x, Shape shape,
             std::span<const float> values, bool transposed) {
  Floats weights;
  for (int64_t j = 0; j < (transposed ? shape[1] : shape[0]); ++j)
    for (int64_t k = 0; k < (transposed ? shape[0] : shape[1]); ++k)
      weights.push_back(values[transposed ? k * shape[1] + j : j * shape[1] + k]);
  const Shape dims = transposed ? Shape{shape[1], shape[0]} : shape;
  b.Constant<float>(name + "w", dims, std::span<const float>(weights));
  b.Constant<float>(name + "b", {shape[1]}, values.subspan(weights.size()));
  b.Node("Gemm", {x, name + "w", name + "b"}, {name}, {{"transB", transposed ? 1 : 0}});
}

void AddLayer(onnx::Builder& b, Form form, const std::string& name, const std::string& x,
              const Shape& shape, std::span<const float> values) {
  switch (form) {
    case Form::kGemm:
    case Form::kTransposed:
      return AddGemm(b, name, x, shape, values, form == Form::kTransposed);
    case Form::kMatMul:
      return AddMatMul<float>(b, name, x, shape, values);
    case Form::kDoubles:
    case Form::kFirstInDoubles:
      return AddMatMul<double>(b, name, x, shape, values);
  }
}

/// Two layers whose last sums are the value "s", in FP64 again.
onnx::Builder Layers(Form form) {
  onnx::Builder b = Empty();
  constexpr int64_t kFloat = TensorProto::FLOAT, kDouble = TensorProto::DOUBLE;
  const bool first_is_double = form == Form::kDoubles || form == Form::kFirstInDoubles;
  if (!first_is_double) b.Node("Cast", {"x"}, {"f"}, {{"to", kFloat}});
  const std::span<const float> all = kParameters;
  AddLayer(b, form, "h", first_is_double ? "x" : "f", {2, 3}, all.first(9));
  b.Node("Tanh", {"h"}, {"a"});
  if (form == Form::kDoubles) {
    AddLayer(b, form, "s", "a", {3, 1}, all.subspan(9));
    return b;
  }
  if (form == Form::kFirstInDoubles) b.Node("Cast", {"a"}, {"c"}, {{"to", kFloat}});
  const Form last = form == Form::kFirstInDoubles ? Form::kGemm : form;
  AddLayer(b, last, "l", form == Form::kFirstInDoubles ? "c" : "a", {3, 1}, all.subspan(9));
  b.Node("Cast", {"l"}, {"s"}, {{"to", kDouble}});
  return b;
}

GraphProto& GraphOf(onnx::Builder& b) { return *b.proto().mutable_graph(); }

class EveryForm : public ::testing::TestWithParam<Form> {};

TEST_P(EveryForm, IsReadAndWritten) {
  onnx::Builder b = Layers(GetParam());
  b.Node("Sigmoid", {"s"}, {"y"});
  std::optional<Perceptron> found = FindPerceptron(GraphOf(b));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->network.sizes, kSizes);
  EXPECT_EQ(found->network.parameters, kParameters);
  EXPECT_EQ(found->network.activation, train::Activation::kTanh);
  EXPECT_EQ(found->network.answer, Answer::kProbability);
  const bool doubles = GetParam() == Form::kDoubles || GetParam() == Form::kFirstInDoubles;
  EXPECT_EQ(found->type, doubles ? TensorProto::DOUBLE : TensorProto::FLOAT);
  EXPECT_EQ(found->features, doubles ? "x" : "f");

  found->network.sizes = {2, 1, 1};
  found->network.parameters = {1.5, 2.5, 3.5, 4.5, 5.5};
  WritePerceptron(*found, GraphOf(b));
  DropDead(GraphOf(b));
  EXPECT_TRUE(CheckGraph(GraphOf(b)).ok());
  const std::optional<Perceptron> again = FindPerceptron(GraphOf(b));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->network.sizes, found->network.sizes);
  EXPECT_EQ(again->network.parameters, found->network.parameters);
}

INSTANTIATE_TEST_SUITE_P(Perceptron, EveryForm,
                         ::testing::Values(Form::kGemm, Form::kTransposed, Form::kMatMul,
                                           Form::kDoubles, Form::kFirstInDoubles));

TEST(PerceptronTest, ScaleAndShiftBehindTheLastLayerAreItsUnits) {
  onnx::Builder b = Layers(Form::kGemm);
  b.Constant<double>("scale", {1}, std::vector<double>{1000});
  b.Constant<double>("shift", {1}, std::vector<double>{-5});
  b.Node("Mul", {"s", "scale"}, {"m"}).Node("Add", {"m", "shift"}, {"y"});
  const std::optional<Perceptron> found = FindPerceptron(GraphOf(b));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->network.answer, Answer::kValue);
  EXPECT_TRUE(found->has_units);
  EXPECT_EQ(found->network.scale, 1000);
  EXPECT_EQ(found->network.shift, -5);
  WritePerceptron(*found, GraphOf(b));
  EXPECT_EQ(FindPerceptron(GraphOf(b))->network.parameters, kParameters);
}

TEST(PerceptronTest, WithoutUnitsBehindItTheLastLayerTakesThem) {
  onnx::Builder b = Layers(Form::kDoubles);
  b.Node("Squeeze", {"s"}, {"y"});
  std::optional<Perceptron> found = FindPerceptron(GraphOf(b));
  ASSERT_TRUE(found);
  EXPECT_FALSE(found->has_units);
  found->network.scale = 2;
  found->network.shift = 10;
  WritePerceptron(*found, GraphOf(b));
  Floats expected(kParameters.begin(), kParameters.begin() + 9);
  expected.insert(expected.end(), {14, 16, 18, 10.25});
  EXPECT_EQ(FindPerceptron(GraphOf(b))->network.parameters, expected);
}

TEST(PerceptronTest, WhoseSumsAreReadTwiceIsNone) {
  onnx::Builder b = Layers(Form::kGemm);
  b.Output("z", DType::kFp32, {-1, 3}).Node("Abs", {"h"}, {"z"}).Node("Sigmoid", {"s"}, {"y"});
  EXPECT_FALSE(FindPerceptron(GraphOf(b)));
}

}  // namespace
}  // namespace slipway::optimise
