#include "evaluate/tree_shap.h"

#include <bit>
#include <cmath>
#include <limits>

#include "base/random.h"

namespace slipway::evaluate {
namespace {

using ::testing::ElementsAre;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Trees of random splits, missing values and sets of members among them.
class RandomTrees {
 public:
  RandomTrees(uint64_t seed, size_t features, size_t outputs, bool wide_leaves)
      : random_(seed), wide_(wide_leaves) {
    sum_.features = features;
    sum_.outputs = outputs;
    for (int tree = 0; tree < 3; ++tree) sum_.roots.push_back(Grow(0));
  }

  onnx::TreeSum Take() { return std::move(sum_); }

 private:
  int32_t Grow(size_t depth) {
    constexpr size_t kDepth = 5;
    sum_.depth = std::max(sum_.depth, depth);
    if (depth == kDepth || (depth > 1 && random_.Below(5) == 0)) {
      onnx::TreeSum::Leaf leaf{wide_ ? 0 : random_.Below(sum_.outputs), {}};
      for (size_t i = 0; i < (wide_ ? sum_.outputs : 1); ++i)
        leaf.values.push_back(random_.Uniform() - 0.5);
      sum_.leaves.push_back(std::move(leaf));
      return ~static_cast<int32_t>(sum_.leaves.size() - 1);
    }
    const size_t place = sum_.splits.size();
    sum_.splits.push_back({.feature = static_cast<int64_t>(random_.Below(sum_.features)),
                           .mode = static_cast<onnx::TreeSplit::Mode>(random_.Below(7)),
                           .threshold = static_cast<double>(random_.Below(4)),
                           .members = {0, 2},
                           .missing_is_true = random_.Below(2) == 0});
    const int32_t on_true = Grow(depth + 1), on_false = Grow(depth + 1);
    sum_.splits[place].on_true = on_true;
    sum_.splits[place].on_false = on_false;
    return static_cast<int32_t>(place);
  }

  Random random_;
  const bool wide_;
  onnx::TreeSum sum_;
};

std::vector<double> RandomRow(Random& random, size_t features) {
  std::vector<double> row;
  for (size_t i = 0; i < features; ++i)
    row.push_back(random.Below(5) == 0 ? kMissing : static_cast<double>(random.Below(4)));
  return row;
}

/// The definition, over all coalitions.
std::vector<double> ByDefinition(const TreeExplainer& explainer, std::span<const uint32_t> owners,
                                 size_t players, size_t outputs, std::span<const double> row,
                                 std::span<const double> background) {
  const auto sums = [&](uint32_t coalition) {
    std::vector<double> mixed(background.begin(), background.end()), out(outputs);
    for (size_t i = 0; i < mixed.size(); ++i)
      if ((coalition >> owners[i] & 1) != 0) mixed[i] = row[i];
    explainer.AddSums(mixed, out);
    return out;
  };
  std::vector<double> values(outputs * players);
  for (uint32_t player = 0; player < players; ++player)
    for (uint32_t coalition = 0; coalition < 1u << players; ++coalition) {
      if ((coalition >> player & 1) != 0) continue;
      const auto size = static_cast<double>(std::popcount(coalition));
      const auto of = static_cast<double>(players);
      const double weight = std::tgamma(size + 1) * std::tgamma(of - size) / std::tgamma(of + 1);
      const auto with = sums(coalition | 1u << player), without = sums(coalition);
      for (size_t i = 0; i < outputs; ++i)
        values[i * players + player] += weight * (with[i] - without[i]);
    }
  return values;
}

void ExpectExact(const onnx::TreeSum& sum, const std::vector<uint32_t>& owners, size_t players,
                 uint64_t seed) {
  const TreeExplainer explainer(sum, owners, players);
  Random random(seed, 1);
  for (int pair = 0; pair < 20; ++pair) {
    const auto row = RandomRow(random, sum.features), background = RandomRow(random, sum.features);
    std::vector<double> values(sum.outputs * players);
    explainer.AddValues(row, background, values);
    const auto expected = ByDefinition(explainer, owners, players, sum.outputs, row, background);
    for (size_t i = 0; i < values.size(); ++i) ASSERT_NEAR(values[i], expected[i], 1e-12) << seed;
  }
}

TEST(TreeShapTest, ValuesAreThoseOfTheDefinitionOverAllCoalitions) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const size_t outputs = 1 + seed % 3;
    const auto sum = RandomTrees(seed, 6, outputs, seed % 2 == 0).Take();
    ExpectExact(sum, {0, 1, 2, 3, 4, 5}, 6, seed);
  }
}

TEST(TreeShapTest, FeaturesOfOneOwnerAreOnePlayer) {
  for (uint64_t seed = 0; seed < 20; ++seed)
    ExpectExact(RandomTrees(seed, 7, 2, false).Take(), {2, 0, 0, 1, 3, 2, 0}, 4, seed);
}

// x0 <= 0.5 ? 0 : (x1 <= 0.5 ? 2 : 6); from (0, 0) to (1, 1): by hand (2 + 6) / 2 and (0 + 4) / 2.
TEST(TreeShapTest, AnInteractionIsSharedByTheOrdersOfItsPlayers) {
  const onnx::TreeSum sum{
      .roots = {0},
      .splits = {{.feature = 0, .threshold = 0.5, .on_true = ~0, .on_false = 1},
                 {.feature = 1, .threshold = 0.5, .on_true = ~1, .on_false = ~2}},
      .leaves = {{0, {0}}, {0, {2}}, {0, {6}}},
      .features = 2,
      .depth = 2};
  std::vector<double> values(2);
  TreeExplainer(sum, {0, 1}, 2)
      .AddValues(std::vector<double>{1, 1}, std::vector<double>{0, 0}, values);
  EXPECT_THAT(values, ElementsAre(4, 2));
}

}  // namespace
}  // namespace slipway::evaluate
