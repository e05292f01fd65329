#include "protocol/tfserving/results.h"

#include <cmath>

namespace slipway::tfserving {
namespace {

Tensor Floats(Shape shape, std::vector<float> values) {
  return {DType::kFp32, std::move(shape),
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                  values.size() * sizeof(float)))};
}

Tensor Strings(Shape shape, const std::vector<std::string>& elements) {
  std::string wire;
  for (const std::string& element : elements) AppendBytesElement(wire, element);
  return {DType::kBytes, std::move(shape), Buffer::Own(std::move(wire))};
}

std::string Classify(const Tensor& scores, const Tensor* classes = nullptr,
                     const std::vector<std::string>& labels = {}) {
  std::string out;
  const Status written = WriteClassifications(scores, classes, labels, out);
  return written.ok() ? out : std::string(MessageOf(written));
}

TEST(ResultsTest, EveryScoreHasItsClass) {
  const Tensor scores = Floats({2, 2}, {0.5, 0.25, 1, NAN});
  EXPECT_EQ(Classify(scores, nullptr, {"cat", "dog"}),
            R"({"results":[[["cat",0.5],["dog",0.25]],[["cat",1.0],["dog",NaN]]]})");
  EXPECT_EQ(Classify(scores, nullptr, {"cat"}),
            R"({"results":[[["cat",0.5],["",0.25]],[["cat",1.0],["",NaN]]]})");
  const Tensor classes = Strings({2, 2}, {"a", "b", "b", "a"});
  EXPECT_EQ(Classify(scores, &classes, {"cat", "dog"}),
            R"({"results":[[["a",0.5],["b",0.25]],[["b",1.0],["a",NaN]]]})");
  EXPECT_EQ(Classify(Floats({2}, {1, 2})), R"({"results":[[["",1.0]],[["",2.0]]]})");
}

TEST(ResultsTest, ScoresOfOtherShapesAreRefused) {
  EXPECT_EQ(Classify(Floats({1, 1, 1}, {1})),
            "classify needs scores [examples,classes], got FP32 [1,1,1]");
  const Tensor classes = Strings({1}, {"a"});
  EXPECT_EQ(Classify(Floats({1, 2}, {1, 2}), &classes),
            "classify needs scores [examples,classes], got FP32 [1,2] with classes [1]");
}

TEST(ResultsTest, ARegressionIsOneValueAnExample) {
  std::string out, again, refused;
  EXPECT_TRUE(WriteRegressions(Floats({2}, {1, 2.5}), out).ok());
  EXPECT_EQ(out, R"({"results":[1.0,2.5]})");
  EXPECT_TRUE(WriteRegressions(Floats({2, 1}, {1, INFINITY}), again).ok());
  EXPECT_EQ(again, R"({"results":[1.0,Infinity]})");
  EXPECT_EQ(MessageOf(WriteRegressions(Floats({1, 2}, {1, 2}), refused)),
            "regress needs one value an example, got FP32 [1,2]; use predict");
}

std::string Found(std::vector<TensorSpec> outputs) {
  const Signature signature{.inputs = {}, .outputs = std::move(outputs)};
  const auto found = FindClassifyOutputs(signature);
  return found.ok() ? found->scores + "," + found->classes : std::string(MessageOf(found.status()));
}

TEST(ResultsTest, OutputsAreFoundByNameOrType) {
  const TensorSpec label{"label", DType::kInt64, {-1}}, p{"p", DType::kFp32, {-1, 2}},
      q{"q", DType::kFp64, {-1, 2}}, scores{"scores", DType::kFp32, {-1, 2}},
      classes{"classes", DType::kBytes, {-1, 2}},
      probabilities{"probabilities", DType::kFp32, {-1, 2}};
  EXPECT_EQ(Found({label, p}), "p,");
  EXPECT_EQ(Found({p, scores, classes}), "scores,classes");
  EXPECT_EQ(Found({p, probabilities}), "probabilities,");
  EXPECT_EQ(Found({p, q}),
            "classify needs one output of floats, or one called \"scores\"; the model has 2 of "
            "floats; use predict");
  EXPECT_EQ(MessageOf(FindRegressOutput({.inputs = {}, .outputs = {label}}).status()),
            "regress needs one output of floats, or one called \"outputs\"; the model has 0 of "
            "floats; use predict");
}

}  // namespace
}  // namespace slipway::tfserving
