#include "train/kernels/row_cache.h"

#include <gtest/gtest.h>

namespace slipway::train {
namespace {

/// Fills what is new by 10 · row + place.
const float* Read(RowCache& cache, size_t row, size_t length, bool* was_new = nullptr) {
  bool is_new = false;
  float* const values = cache.Get(row, is_new);
  for (size_t i = 0; is_new && i < length; ++i) values[i] = static_cast<float>(10 * row + i);
  if (was_new) *was_new = is_new;
  return values;
}

TEST(RowCacheTest, ForgetsTheRowThatWasUsedLongestAgo) {
  RowCache cache(3 * 4 * sizeof(float));
  cache.Reset(10, 4);
  bool is_new = false;
  for (const size_t row : {0, 1, 2, 0, 3}) Read(cache, row, 4);  // 1 goes for 3
  Read(cache, 0, 4, &is_new);
  EXPECT_FALSE(is_new);
  Read(cache, 1, 4, &is_new);
  EXPECT_TRUE(is_new);
}

TEST(RowCacheTest, CompactedRowsKeepTheValuesOfKeptPlaces) {
  RowCache cache(1000);
  cache.Reset(4, 4);
  for (const size_t row : {0, 1, 3}) Read(cache, row, 4);
  const uint32_t kept[] = {1, 2, 3};
  cache.Compact(kept, 5);
  bool is_new = true;
  const float* const first = Read(cache, 0, 3, &is_new);
  EXPECT_FALSE(is_new);
  EXPECT_EQ(std::vector<float>(first, first + 5), (std::vector<float>{11, 12, 13, 0, 0}));
  Read(cache, 1, 3, &is_new);
  EXPECT_TRUE(is_new);
  Read(cache, 2, 3, &is_new);
  EXPECT_FALSE(is_new);
}

}  // namespace
}  // namespace slipway::train
