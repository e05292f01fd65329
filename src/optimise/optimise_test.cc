#include "optimise/optimise.h"

#include "evaluate/testing/fake_runner.h"
#include "onnx/builder.h"
#include "optimise/graph.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

const Signature kSignature{{{"x", DType::kFp32, {-1, 4}}}, {{"y", DType::kFp32, {-1, 4}}}};
constexpr size_t kRows = 3;

/// x · w with the [1] constant w = 1.
std::string Model() {
  onnx::Builder b;
  b.Opset("", 21).Input("x", DType::kFp32, {-1, 4}).Output("y", DType::kFp32, {-1, 4});
  b.Constant<float>("w", {1}, std::vector<float>{1});
  b.Node("Mul", {"x", "w"}, {"y"});
  return b.Serialize();
}

/// A pass that makes w what the settings say.
StatusOr<std::string> SetWeight(ModelProto& model, const Settings& settings, const Workshop&) {
  auto& weight = *model.mutable_graph()->mutable_initializer(0);
  const auto value = static_cast<float>(settings.Number("to"));
  weight.clear_float_data();
  weight.set_raw_data(std::string(reinterpret_cast<const char*>(&value), sizeof value));
  return "the weight changed";
}

Pass PassThatIs(bool exact) {
  return {.name = "set-weight",
          .summary = "Sets the weight.",
          .exact = exact,
          .parameters = {{.name = "to", .otherwise = "1", .min = 0, .max = 10, .help = "What to."}},
          .apply = SetWeight};
}

/// Runs the model above, whatever its weight is.
StatusOr<std::unique_ptr<evaluate::Runner>> Load(const std::string& onnx) {
  ModelProto model;
  if (!model.ParseFromString(onnx)) return Error(Reason::kBadModel, "no model");
  float weight;
  std::memcpy(&weight, model.graph().initializer(0).raw_data().data(), sizeof weight);
  return std::make_unique<evaluate::FakeRunner>(
      kSignature, [weight](std::vector<NamedTensor> inputs, const auto&) {
        const Tensor& x = inputs.front().tensor;
        std::vector<float> y(x.as<float>().begin(), x.as<float>().end());
        for (float& value : y) value *= weight;
        return std::vector<NamedTensor>{{"y", evaluate::TensorOf(DType::kFp32, x.shape, y)}};
      });
}

/// Applies the pass with this weight, and then with 1.
StatusOr<Optimised> Apply(const Pass& pass, std::string weight) {
  Step step{&pass, Settings(pass.parameters)};
  step.settings.Set("to", std::move(weight));
  const Step steps[] = {std::move(step)};
  Rows rows;
  rows.count = kRows;
  rows.inputs.push_back(
      {"x", evaluate::TensorOf(DType::kFp32, {kRows, 4}, std::vector<float>(kRows * 4, 2))});
  const FakeClock clock;
  const std::string model = Model();
  return Optimise({std::as_bytes(std::span(model)), {}}, steps, {.load = Load}, rows,
                  {.clock = &clock});
}

TEST(OptimiseTest, AnExactPassThatChangesAnswersFailsAndIsNamed) {
  const Pass pass = PassThatIs(/*exact=*/true);
  const auto optimised = Apply(pass, "2");
  ASSERT_FALSE(optimised.ok());
  EXPECT_EQ(ReasonOf(optimised.status()), Reason::kInternal);
  EXPECT_THAT(MessageOf(optimised.status()),
              HasSubstr("set-weight:to=2: verification failed: answers differ by 1 of their size, "
                        "most at y[0]: 4 was 2"));
}

TEST(OptimiseTest, RoundingIsNoChangeOfAnExactPass) {
  const Pass pass = PassThatIs(/*exact=*/true);
  EXPECT_TRUE(Apply(pass, "1.00009").ok());
  const auto changed = Apply(pass, "1.00011");
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(ReasonOf(changed.status()), Reason::kInternal);
}

TEST(OptimiseTest, WhatAnotherPassChangesIsMeasured) {
  const Pass pass = PassThatIs(/*exact=*/false);
  const auto optimised = Apply(pass, "2");
  ASSERT_TRUE(optimised.ok()) << optimised.status();
  ASSERT_EQ(optimised->passes.size(), 1U);
  EXPECT_EQ(optimised->passes[0].done, "the weight changed");
  EXPECT_DOUBLE_EQ(optimised->passes[0].difference.relative, 1);
  EXPECT_DOUBLE_EQ(optimised->passes[0].difference.largest, 2);
  EXPECT_EQ(PassesThatDidSomething(*optimised), "set-weight:to=2");
}

}  // namespace
}  // namespace slipway::optimise
