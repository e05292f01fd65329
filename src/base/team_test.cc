#include "base/team.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace slipway {
namespace {

TEST(TeamTest, DoesEveryPartOnceInEveryRound) {
  for (const int size : {1, 2, 5}) {
    Team team(size);
    EXPECT_EQ(team.size(), size);
    for (size_t round = 0; round < 200; ++round) {
      const size_t parts = round % 9;
      std::vector<std::atomic<int>> done(parts);
      team.ForEach(parts, [&](size_t part) { ++done[part]; });
      for (const auto& count : done) EXPECT_EQ(count, 1);
    }
  }
}

TEST(TeamTest, SharesCoverWhatThereIs) {
  size_t end = 0;
  for (size_t part = 0; part < 7; ++part) {
    const Share share = ShareOf(23, part, 7);
    EXPECT_EQ(share.begin, end);
    end = share.end;
  }
  EXPECT_EQ(end, 23U);
}

}  // namespace
}  // namespace slipway
