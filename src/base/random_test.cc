#include "base/random.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace slipway {
namespace {

using ::testing::UnorderedElementsAre;

TEST(RandomTest, GivesThePublishedSequence) {
  // SplitMix64 from state 1234567: the values of its reference implementation.
  Random random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317u);
  EXPECT_EQ(random.Next(), 3203168211198807973u);
  EXPECT_EQ(random.Next(), 9817491932198370423u);
}

TEST(RandomTest, StreamsOfASeedShareNoNumbers) {
  std::vector<uint64_t> numbers;
  for (uint64_t stream = 0; stream < 100; ++stream) {
    Random random(3, stream);
    for (int i = 0; i < 100; ++i) numbers.push_back(random.Next());
  }
  std::ranges::sort(numbers);
  EXPECT_EQ(std::ranges::adjacent_find(numbers), numbers.end());
}

TEST(RandomTest, NumbersBelowABoundComeEquallyOften) {
  Random random(7);
  std::vector<int> counts(6);
  for (int i = 0; i < 60'000; ++i) ++counts[random.Below(6)];
  for (const int count : counts) EXPECT_NEAR(count, 10'000, 400);
  EXPECT_EQ(random.Below(1), 0u);
  // Two thirds of 2^64: without rejection the lower half would come twice as often as the rest.
  constexpr uint64_t kBound = UINT64_MAX / 3 * 2;
  int lower = 0;
  for (int i = 0; i < 10'000; ++i) lower += random.Below(kBound) < kBound / 2;
  EXPECT_NEAR(lower, 5000, 250);
}

TEST(RandomTest, AnOrderHoldsEveryNumber) {
  EXPECT_THAT(Random(3).Order(8), UnorderedElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(Random(3).Order(8), Random(3).Order(8));
  EXPECT_FALSE(std::ranges::is_sorted(Random(3).Order(8)));
  EXPECT_TRUE(Random(3).Order(0).empty());
}

}  // namespace
}  // namespace slipway
