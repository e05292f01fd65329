#include "evaluate/testing/fake_runner.h"
#include "onnx/builder.h"
#include "optimise/graph.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

using ::testing::HasSubstr;

constexpr int64_t kTargets = 100;

template <typename T>
Tensor Of(const std::vector<T>& values) {
  return {onnx::DTypeFor<T>(),
          {static_cast<int64_t>(values.size())},
          Buffer::Own(std::string(reinterpret_cast<const char*>(values.data()),
                                  values.size() * sizeof(T)))};
}

/// So many stumps that add nothing, to the first of the targets.
ModelProto Stumps(int64_t trees) {
  const auto count = static_cast<size_t>(trees);
  std::vector<int64_t> splits(count), left(count), right(count);
  for (size_t i = 0; i < count; ++i) {
    splits[i] = static_cast<int64_t>(i);
    left[i] = 2 * splits[i];
    right[i] = left[i] + 1;
  }
  const std::vector<int64_t> zeros(count), ones(count, 1), targets(2 * count);
  onnx::Builder b;
  b.Input("x", DType::kFp32, {-1, 1}).Output("y", DType::kFp32, {-1, 1});
  b.Node("TreeEnsemble", {"x"}, {"y"},
         {{"n_targets", kTargets},
          {"tree_roots", splits},
          {"nodes_featureids", zeros},
          {"nodes_modes", Of(std::vector<uint8_t>(count))},
          {"nodes_splits", Of(std::vector<float>(count))},
          {"nodes_truenodeids", left},
          {"nodes_trueleafs", ones},
          {"nodes_falsenodeids", right},
          {"nodes_falseleafs", ones},
          {"leaf_targetids", targets},
          {"leaf_weights", Of(std::vector<float>(2 * count))}},
         "ai.onnx.ml");
  return b.proto();
}

/// A regression whose answers are always 1, on rows in batches of `batch`; counts how often the
/// trees are asked for apart.
struct Situation {
  LabelledRows rows;
  Signature signature;
  Workshop workshop;
  int apart = 0;

  Situation(size_t count, int64_t batch)
      : signature{{{"x", DType::kFp32, {batch, 1}}}, {{"y", DType::kFp32, {batch, 1}}}} {
    rows.rows.count = count;
    rows.rows.inputs.push_back(
        {"x", evaluate::TensorOf(DType::kFp32, {static_cast<int64_t>(count), 1},
                                 std::vector<float>(count, 1))});
    rows.target = data::Target{.name = "y"};
    for (size_t row = 0; row < count; ++row)
      rows.target->values.push_back(static_cast<double>(row % 7));
    workshop = {.load = [this](std::string onnx) { return Load(std::move(onnx)); },
                .rows = &rows,
                .signature = &signature};
  }

  StatusOr<std::unique_ptr<evaluate::Runner>> Load(std::string onnx) {
    ModelProto model;
    model.ParseFromString(onnx);
    const int64_t targets = IntOf(model.graph().node(0), "n_targets", 1);
    const int64_t width = targets == kTargets ? 1 : targets;
    apart += width > 1 ? 1 : 0;
    return std::make_unique<evaluate::FakeRunner>(
        signature, [width](std::vector<NamedTensor> inputs, const auto&) {
          const int64_t count = inputs.front().tensor.shape[0];
          const std::vector<float> ones(static_cast<size_t>(count * width), 1);
          return std::vector<NamedTensor>{
              {"y", evaluate::TensorOf(DType::kFp32, {count, width}, ones)}};
        });
  }

  StatusOr<std::string> Apply(int64_t trees) {
    ModelProto model = Stumps(trees);
    return DropTrees().apply(model, Settings(DropTrees().parameters), workshop);
  }
};

TEST(DropTreesTest, ARegressionIsNotJudgedByAFewRows) {
  for (const size_t count : {1, 2, 99}) {
    Situation few(count, -1);
    const auto refused = few.Apply(3);
    EXPECT_EQ(ReasonOf(refused.status()), Reason::kBadRequest);
    EXPECT_THAT(std::string(MessageOf(refused.status())), HasSubstr("100 are needed"));
  }
  Situation enough(100, -1);
  EXPECT_TRUE(enough.Apply(3).ok());
}

TEST(DropTreesTest, ManyRowsAreWantedOnlyWhereTheyHaveRightAnswers) {
  ModelProto model = Stumps(3);
  EXPECT_EQ(RowsWanted(model, true), 50'000);
  EXPECT_EQ(RowsWanted(model, false), 128);
}

TEST(DropTreesTest, TreesAreAskedApartOnlyForAsManyNumbersAsMayBe) {
  struct Case {
    size_t rows;
    int64_t batch;
    int apart;
  };
  // 40 trees of 100 targets on 524 rows are 2^21 numbers.
  const Case table[] = {{600, -1, 1}, {600, 300, 1}, {600, 600, 0}};
  for (const Case& each : table) {
    Situation situation(each.rows, each.batch);
    const auto done = situation.Apply(40);
    ASSERT_TRUE(done.ok()) << done.status();
    EXPECT_EQ(situation.apart, each.apart) << each.batch;
  }
}

}  // namespace
}  // namespace slipway::optimise
