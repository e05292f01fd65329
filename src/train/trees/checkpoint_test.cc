#include "train/trees/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "train/trees/testing/samples.h"

namespace slipway::train::trees {
namespace {

using testing::Fit;
using ::testing::HasSubstr;
using testing::Regression;

/// Keeps the second state, and stops the training then when it is told to.
class Keeper : public Watch {
 public:
  explicit Keeper(bool stops) : stops_(stops) {}
  bool Report(const Progress&) override { return !stops_ || state.empty(); }
  bool WantsCheckpoint() override { return ++asked_ == 2; }
  Status SaveCheckpoint(std::string bytes) override {
    state = std::move(bytes);
    return OkStatus();
  }
  std::string state;

 private:
  const bool stops_;
  int asked_ = 0;
};

std::string ModelOf(const Fitted& fitted, size_t features) {
  importing::Graph graph;
  const auto x = graph.Input("input", DType::kFp64, static_cast<int64_t>(features));
  importing::WriteOutputs(graph, *fitted.Write(graph, x));
  return *graph.Serialize();
}

Samples Waves() {
  Samples samples =
      Regression(2000, 3, [](const auto& x) { return std::sin(6 * x[0]) + x[1] * x[2]; });
  for (size_t row = 0; row < 2000; ++row)
    samples.values[row] = std::floor(samples.values[row] * 20);
  samples.features[0].categories = 20;
  return samples;
}

TEST(CheckpointTest, GoingOnFromOneMakesTheModelOfAnUninterruptedTraining) {
  struct Case {
    std::string_view kind;
    std::map<std::string, std::string> parameters;
  };
  const Case cases[] = {
      {"boosting",
       {{"iterations", "20"},
        {"row_sample", "0.7"},
        {"column_sample", "0.7"},
        {"learning_rate", "0.5"}}},
      {"forest", {{"trees", "30"}, {"max_depth", "6"}}},
  };
  Samples samples = Waves();
  const Samples judges = Waves();
  for (const Case& c : cases) {
    if (c.kind == "forest") samples.features[0].categories = 0;
    const Samples* const validation = c.kind == "boosting" ? &judges : nullptr;
    Keeper interrupted(true);
    const auto part =
        Fit(c.kind, samples, c.parameters, {.validation = validation, .watch = &interrupted});
    ASSERT_TRUE(part.ok()) << part.status();
    ASSERT_FALSE(interrupted.state.empty());
    const auto whole = Fit(c.kind, samples, c.parameters, {.validation = validation});
    const auto resumed = Fit(c.kind, samples, c.parameters,
                             {.validation = validation, .checkpoint = interrupted.state});
    ASSERT_TRUE(whole.ok() && resumed.ok()) << resumed.status();
    EXPECT_TRUE(ModelOf(**part, 3) != ModelOf(**whole, 3)) << c.kind;
    EXPECT_TRUE(ModelOf(**resumed, 3) == ModelOf(**whole, 3)) << c.kind;
  }
}

TEST(CheckpointTest, OtherDataParametersOrSeedsAreRefused) {
  Samples samples = Waves();
  Keeper keeper(false);
  ASSERT_TRUE(Fit("boosting", samples, {{"iterations", "4"}}, {.watch = &keeper}).ok());
  const auto refused = [&](const std::map<std::string, std::string>& parameters, uint64_t seed) {
    const auto fitted =
        Fit("boosting", samples, parameters, {.seed = seed, .checkpoint = keeper.state});
    return !fitted.ok() && ReasonOf(fitted.status()) == Reason::kPreconditionFailed;
  };
  EXPECT_FALSE(refused({{"iterations", "4"}}, 0));
  EXPECT_TRUE(refused({{"iterations", "5"}}, 0));
  EXPECT_TRUE(refused({{"iterations", "4"}}, 1));
  samples.values[2500] += 1;
  EXPECT_TRUE(refused({{"iterations", "4"}}, 0));
}

TEST(CheckpointTest, EveryTruncationIsRefusedAndNoByteCanBreakAReader) {
  FeatureBins number, category;
  category.categorical = true;
  const std::vector<FeatureBins> bins = {number, category};
  BinTree tree;
  tree.nodes = {{.feature = 0, .bin = 3, .left = 1, .right = ~0},
                {.feature = 1, .set = 0, .left = ~1, .right = ~2}};
  tree.sets = {{1, 2, 3, 4}};
  tree.leaves = {0.5, 1.5, 2.5};
  const std::string state = WriteCheckpoint(7, std::vector<BinTree>(2, tree));
  ASSERT_TRUE(ReadCheckpoint(state, 7, bins, 1).ok());
  for (size_t size = 0; size < state.size(); ++size)
    EXPECT_FALSE(ReadCheckpoint(std::string_view(state).substr(0, size), 7, bins, 1).ok()) << size;
  EXPECT_FALSE(ReadCheckpoint(state + "x", 7, bins, 1).ok());
  for (size_t place = 0; place < state.size(); ++place) {
    for (const int flip : {1, 0x80, 0xFF}) {
      std::string broken = state;
      broken[place] = static_cast<char>(broken[place] ^ flip);
      const auto trees = ReadCheckpoint(broken, 7, bins, 1);
      if (!trees.ok()) continue;
      for (const BinTree& each : *trees)
        for (const Node& node : each.nodes) ASSERT_LT(node.feature, bins.size()) << place;
    }
  }
}

TEST(CheckpointTest, ACycleIsNoTree) {
  BinTree tree;
  tree.nodes = {{.left = ~0, .right = ~1}, {.left = 1, .right = ~2}};
  tree.leaves = {0, 1, 2};
  const auto read = ReadCheckpoint(WriteCheckpoint(7, std::vector<BinTree>{tree}), 7,
                                   std::vector<FeatureBins>(1), 1);
  ASSERT_FALSE(read.ok());
  EXPECT_EQ(MessageOf(read.status()), "checkpoint: tree 0 is none");
}

}  // namespace
}  // namespace slipway::train::trees
