// Which models' requests run together, found out on models that are small functions.

#include "lifecycle/joining.h"

#include <gtest/gtest.h>

#include <functional>

namespace slipway::lifecycle {
namespace {

using std::chrono::microseconds;
using Rows = std::vector<float>;

/// x [-1,1] -> y [-1,1] by a function of all rows, on a clock of its own.
class FunctionModel final : public LoadedModel {
 public:
  FunctionModel(FakeClock& clock, std::function<Rows(Rows)> function, Duration fixed,
                Duration per_row)
      : clock_(clock), function_(std::move(function)), fixed_(fixed), per_row_(per_row) {}

  const Signature& signature() const override { return signature_; }
  Status Run(std::span<const Tensor* const> inputs, std::span<const size_t>, const RunOptions&,
             std::vector<Tensor>& results) const override {
    const auto x = inputs[0]->as<float>();
    most_rows = std::max(most_rows, x.size());
    clock_.Advance(fixed_ + per_row_ * x.size());
    const Rows y = function_({x.begin(), x.end()});
    const auto bytes = reinterpret_cast<const char*>(y.data());
    results = {{DType::kFp32,
                {static_cast<int64_t>(y.size()), 1},
                Buffer::Own(std::string(bytes, y.size() * sizeof(float)))}};
    return OkStatus();
  }

  Signature signature_{{{.name = "x", .dtype = DType::kFp32, .shape = {-1, 1}}},
                       {{.name = "y", .dtype = DType::kFp32, .shape = {-1, 1}}}};
  mutable size_t most_rows = 0;

 private:
  FakeClock& clock_;
  const std::function<Rows(Rows)> function_;
  const Duration fixed_, per_row_;
};

Rows Same(Rows x) { return x; }

struct JoiningTest : testing::Test {
  FakeClock clock;
  batching::CostModel cost;
  JoiningReport Prove(const FunctionModel& model) {
    cost.Observe({1, 4}, microseconds(10));
    return ProveJoining(model, {}, {}, clock, cost);
  }
};

TEST_F(JoiningTest, AModelOfRowsIsMeasuredAsFarAsItPays) {
  const FunctionModel model(clock, Same, microseconds(10), microseconds(1));
  EXPECT_EQ(Prove(model).max_rows, 64);
  EXPECT_EQ(model.most_rows, 64u);
  EXPECT_EQ(cost.Knee(4), 64);
}

TEST_F(JoiningTest, AModelThatGainsNothingIsNotMeasuredFurther) {
  const FunctionModel model(clock, Same, Duration(0), microseconds(10));
  EXPECT_EQ(Prove(model).max_rows, 64);
  EXPECT_LE(model.most_rows, 8u);
  EXPECT_EQ(cost.Knee(4), 1);
}

TEST_F(JoiningTest, RowsThatDependOnTheirNeighboursAreFoundOut) {
  const FunctionModel centred(
      clock,
      [](Rows x) {
        float sum = 0;
        for (const float v : x) sum += v;
        for (float& v : x) v -= sum / static_cast<float>(x.size());
        return x;
      },
      microseconds(10), microseconds(1));
  const auto report = Prove(centred);
  EXPECT_EQ(report.max_rows, 1);
  EXPECT_NE(report.why_not.find("output \"y\", element 0"), std::string::npos) << report.why_not;
}

TEST_F(JoiningTest, EqualRowsProveNothing) {
  const FunctionModel centred(
      clock,
      [](Rows x) {
        const float first = x.front();
        for (float& v : x) v -= first;
        return x;
      },
      microseconds(10), microseconds(1));
  const std::string zeros(4 * sizeof(float), '\0');
  bundle::Example example{.name = "zeros"};
  example.inputs = {{"x", {DType::kFp32, {4, 1}, Buffer::Own(zeros)}}};
  cost.Observe({1, 4}, microseconds(10));
  EXPECT_EQ(ProveJoining(centred, {example}, {}, clock, cost).max_rows, 1);
}

TEST_F(JoiningTest, EqualAnswersProveNothing) {
  const FunctionModel constant(
      clock, [](Rows x) { return Rows(x.size(), 7); }, microseconds(10), microseconds(1));
  EXPECT_EQ(Prove(constant).why_not, "its answers do not tell rows apart");
}

TEST_F(JoiningTest, AnExampleOfManyEmptyRowsCostsNothing) {
  FunctionModel model(clock, Same, microseconds(10), microseconds(1));
  model.signature_.inputs[0].shape = {-1, -1};
  bundle::Example example{.name = "empty"};
  example.inputs = {{"x", {DType::kFp32, {int64_t{1} << 40, 0}, Buffer()}}};
  cost.Observe({1, 4}, microseconds(10));
  ProveJoining(model, {example}, {}, clock, cost);
  EXPECT_LE(model.most_rows, 64u);
}

TEST_F(JoiningTest, ARowThatIsTooLargeIsNotMadeUp) {
  FunctionModel model(clock, Same, microseconds(10), microseconds(1));
  model.signature_.inputs[0].shape = {-1, int64_t{1} << 33};
  EXPECT_EQ(ProveJoining(model, {}, {}, clock, cost).why_not,
            "a row of input \"x\" is too large to be made up");
}

TEST_F(JoiningTest, AnAnswerForAllRowsTogetherIsFoundOut) {
  const FunctionModel first(
      clock, [](Rows x) { return Rows{x.front()}; }, microseconds(10), microseconds(1));
  EXPECT_EQ(Prove(first).max_rows, 1);
}

TEST_F(JoiningTest, ALongRunIsNotTried) {
  const FunctionModel model(clock, Same, std::chrono::milliseconds(10), Duration(0));
  cost.Observe({1, 4}, std::chrono::milliseconds(10));
  EXPECT_EQ(ProveJoining(model, {}, {}, clock, cost).why_not, "a run takes too long");
  EXPECT_EQ(model.most_rows, 0u);
}

TEST_F(JoiningTest, AFixedFirstDimensionIsNoRow) {
  FunctionModel model(clock, Same, microseconds(10), microseconds(1));
  model.signature_.outputs[0].shape = {1, 1};
  EXPECT_EQ(Prove(model).max_rows, 1);
  EXPECT_EQ(model.most_rows, 0u);
}

}  // namespace
}  // namespace slipway::lifecycle
