#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

#include "engine/tabular/forest/forest.h"

namespace slipway::forest {
namespace {

/// x0 <= 1 ? 10 : (x1 <= 2 ? 20 : 30)
ForestSpec Stump() {
  ForestSpec spec;
  spec.features = 2;
  spec.trees.push_back({.splits = {{.threshold = 1, .feature = 0, .on_true = ~0, .on_false = 1},
                                   {.threshold = 2, .feature = 1, .on_true = ~1, .on_false = ~2}},
                        .leaves = {10, 20, 30}});
  return spec;
}

struct Hostile {
  const char* name;
  std::function<void(ForestSpec&)> spoil;
  const char* said;
};

TEST(ForestSpecTest, RefusesWhatIsNoForest) {
  const Hostile cases[] = {
      {"no trees", [](ForestSpec& s) { s.trees.clear(); }, "at least one tree"},
      {"negative features", [](ForestSpec& s) { s.features = -1; }, "features >= 0"},
      {"no targets", [](ForestSpec& s) { s.targets = 0; }, "targets >= 1"},
      {"width between", [](ForestSpec& s) { s.targets = 3, s.leaf_width = 2; }, "1 or 3 values"},
      {"too few base values", [](ForestSpec& s) { s.targets = 2, s.base_values = {1}; },
       "2 base values, got 1"},
      {"unknown mode", [](ForestSpec& s) { s.trees[0].splits[1].mode = SplitMode{7}; },
       "tree 0: split 1: unknown mode 7"},
      {"feature too high", [](ForestSpec& s) { s.trees[0].splits[1].feature = 2; },
       "split 1: expected a feature below 2, got 2"},
      {"negative feature", [](ForestSpec& s) { s.trees[0].splits[1].feature = -1; }, "got -1"},
      {"split too high", [](ForestSpec& s) { s.trees[0].splits[0].on_false = 2; },
       "split 0: expected a split below 2, got 2"},
      {"leaf too high", [](ForestSpec& s) { s.trees[0].splits[0].on_true = ~3; },
       "split 0: expected a leaf below 3, got 3"},
      {"leaf far too high",
       [](ForestSpec& s) { s.trees[0].splits[0].on_true = std::numeric_limits<int32_t>::min(); },
       "split 0: expected a leaf below 3"},
      {"cycle to the root", [](ForestSpec& s) { s.trees[0].splits[1].on_true = 0; },
       "split 1: split 0 is reached twice"},
      {"cycle to itself", [](ForestSpec& s) { s.trees[0].splits[1].on_true = 1; },
       "split 1: split 1 is reached twice"},
      {"never reached", [](ForestSpec& s) { s.trees[0].splits[0].on_false = ~2; },
       "1 of 2 splits are never reached"},
      {"no leaves", [](ForestSpec& s) { s.trees[0].leaves.clear(); }, "got 0 values"},
      {"half a leaf", [](ForestSpec& s) { s.targets = s.leaf_width = 2; }, "leaves of 2 values"},
      {"target too high", [](ForestSpec& s) { s.trees[0].target = 1; }, "target below 1, got 1"},
      {"leaf target too high", [](ForestSpec& s) { s.trees[0].leaf_targets = {0, 0, 1}; },
       "target below 1, got 1"},
      {"too few leaf targets", [](ForestSpec& s) { s.trees[0].leaf_targets = {0}; },
       "one target for each of 3 leaves"},
      {"members past the end",
       [](ForestSpec& s) {
         s.trees[0].splits[0].mode = SplitMode::kMember;
         s.trees[0].splits[0].members_begin = 0xFFFFFFFF;
         s.trees[0].splits[0].members_count = 0xFFFFFFFF;
       },
       "members end after 0"},
  };
  for (const Hostile& hostile : cases) {
    ForestSpec spec = Stump();
    hostile.spoil(spec);
    const auto forest = Forest::Compile(spec);
    ASSERT_FALSE(forest.ok()) << hostile.name;
    EXPECT_EQ(ReasonOf(forest.status()), Reason::kBadModel) << hostile.name;
    EXPECT_NE(MessageOf(forest.status()).find(hostile.said), std::string::npos)
        << hostile.name << ": " << MessageOf(forest.status());
  }
}

TEST(ForestSpecTest, AMillionSplitsInOneChainAreChecked) {
  ForestSpec spec;
  spec.features = 1;
  Tree tree;
  constexpr int32_t kLength = 1'000'000;
  for (int32_t i = 0; i < kLength; ++i)
    tree.splits.push_back({.threshold = double(i), .on_true = ~0, .on_false = i + 1});
  tree.splits.back().on_false = ~1;
  tree.leaves = {1, 2};
  spec.trees.push_back(std::move(tree));
  EXPECT_TRUE(Check(spec).ok());
}

TEST(ForestTest, ScoresARowByItsLeaf) {
  const auto forest = Forest::Compile(Stump());
  ASSERT_TRUE(forest.ok());
  const float rows[] = {1, 0, 2, 2, 2, 3};
  float out[3];
  ASSERT_TRUE((*forest)->Score({rows, 3, 2}, out).ok());
  EXPECT_EQ(out[0], 10);
  EXPECT_EQ(out[1], 20);
  EXPECT_EQ(out[2], 30);
}

TEST(ForestTest, StopsAtItsDeadline) {
  const auto forest = Forest::Compile(Stump());
  ASSERT_TRUE(forest.ok());
  const float row[] = {1, 0};
  float out = 0;
  const Status status = (*forest)->Score({row, 1, 2}, &out, TimePoint{});
  EXPECT_EQ(ReasonOf(status), Reason::kDeadlineExceeded);
}

}  // namespace
}  // namespace slipway::forest
