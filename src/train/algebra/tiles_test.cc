#include "train/algebra/tiles.h"

#include <gtest/gtest.h>

namespace slipway::train {
namespace {

template <typename T>
class TilesTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(TilesTest, Types);

/// Panels of small whole numbers: products are exact in any order.
template <typename T>
void ExpectTile(const TileKernel<T>& tile, size_t rows, size_t columns, bool add) {
  constexpr size_t kDepth = 7;
  std::vector<T> a(kDepth * tile.rows), b(kDepth * tile.columns);
  for (size_t k = 0; k < kDepth; ++k) {
    for (size_t i = 0; i < rows; ++i) a[k * tile.rows + i] = static_cast<T>(k + i);
    for (size_t j = 0; j < columns; ++j) b[k * tile.columns + j] = static_cast<T>(2 * k) - j;
  }
  const size_t stride = tile.columns + 1;
  std::vector<T> c(tile.rows * stride, 5);
  tile.run(kDepth, a.data(), b.data(), c.data(), stride, rows, columns, add);
  for (size_t i = 0; i < tile.rows; ++i)
    for (size_t j = 0; j < stride; ++j) {
      const bool exists = i < rows && j < columns;
      T expected = exists && !add ? 0 : 5;
      for (size_t k = 0; k < kDepth && exists; ++k)
        expected += a[k * tile.rows + i] * b[k * tile.columns + j];
      ASSERT_EQ(c[i * stride + j], expected) << tile.columns << ": " << i << ", " << j;
    }
}

TYPED_TEST(TilesTest, OfEachClassOfProcessorsAreThoseOfThreeLoops) {
  for (const TileKernel<TypeParam>& tile : AvailableTiles<TypeParam>())
    for (const size_t rows : {size_t{1}, tile.rows - 1, tile.rows})
      for (const size_t columns : {size_t{1}, tile.columns / 2, tile.columns - 1, tile.columns})
        for (const bool add : {false, true}) ExpectTile(tile, rows, columns, add);
}

}  // namespace
}  // namespace slipway::train
