#include "transport/http/short_waits.h"

#include <gtest/gtest.h>

namespace slipway::http {
namespace {

constexpr Duration kLong = std::chrono::milliseconds(1);

/// Whether the wait after `rounds` of so many short ones and a long one is expected to be short.
bool ExpectedIn(int rounds, int short_ones) {
  ShortWaits waits;
  for (int round = 0; round < rounds; ++round) {
    for (int i = 0; i < short_ones; ++i) waits.Note(ShortWaits::kShort);
    waits.Note(kLong);
  }
  for (int i = 0; i < short_ones; ++i) waits.Note(Duration::zero());
  return waits.AreExpected();
}

TEST(ShortWaits, AreNotExpectedOfAThreadThatHasJustBegun) {
  EXPECT_FALSE(ShortWaits().AreExpected());
  EXPECT_FALSE(ExpectedIn(0, 10));
  EXPECT_TRUE(ExpectedIn(0, 50));
}

TEST(ShortWaits, AreExpectedWhereAtMostOneInTenIsLong) {
  EXPECT_FALSE(ExpectedIn(100, 1));
  EXPECT_FALSE(ExpectedIn(100, 5));
  EXPECT_TRUE(ExpectedIn(100, 20));
}

TEST(ShortWaits, AFewLongOnesEndIt) {
  ShortWaits waits;
  for (int i = 0; i < 1000; ++i) waits.Note(Duration::zero());
  ASSERT_TRUE(waits.AreExpected());
  waits.Note(kLong);
  EXPECT_TRUE(waits.AreExpected());
  waits.Note(kLong);
  waits.Note(kLong);
  EXPECT_FALSE(waits.AreExpected());
}

}  // namespace
}  // namespace slipway::http
