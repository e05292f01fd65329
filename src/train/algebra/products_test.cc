#include "train/algebra/products.h"

#include <gtest/gtest.h>

#include <random>

namespace slipway::train {
namespace {

template <typename T>
std::vector<T> Random(size_t count, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<T> values(count);
  for (T& value : values)
    value = static_cast<T>(static_cast<double>(random()) / 4294967296.0 - 0.5);
  return values;
}

template <typename T>
class ProductsTest : public ::testing::Test {};
using Types = ::testing::Types<float, double>;
TYPED_TEST_SUITE(ProductsTest, Types);

template <typename T>
void ExpectProduct(size_t m, size_t n, size_t k, bool a_transposed, bool b_transposed, bool add) {
  const std::vector<T> a = Random<T>(m * k, 1), b = Random<T>(k * n, 2);
  const size_t stride = n + 3;
  const std::vector<T> before = Random<T>(m * stride, 3);
  std::vector<T> c = before;
  Multiply(m, n, k, {a.data(), a_transposed ? m : k, a_transposed},
           {b.data(), b_transposed ? k : n, b_transposed}, c.data(), stride, add);
  for (size_t i = 0; i < m; ++i) {
    for (size_t j = 0; j < stride; ++j) {
      double expected = add || j >= n ? before[i * stride + j] : 0;
      for (size_t p = 0; p < k && j < n; ++p)
        expected += static_cast<double>(a_transposed ? a[p * m + i] : a[i * k + p]) *
                    static_cast<double>(b_transposed ? b[j * k + p] : b[p * n + j]);
      ASSERT_NEAR(c[i * stride + j], expected, sizeof(T) == 4 ? 2e-5 : 1e-13)
          << m << "x" << n << "x" << k << " at " << i << ", " << j;
    }
  }
}

TYPED_TEST(ProductsTest, AreThoseOfThreeLoops) {
  for (const size_t m : {1, 12, 13, 200})
    for (const size_t n : {1, 16, 33, 100})
      for (const size_t k : {1, 20, 300})
        for (int flags = 0; flags < 8; ++flags)
          ExpectProduct<TypeParam>(m, n, k, flags & 1, flags & 2, flags & 4);
}

TYPED_TEST(ProductsTest, OfMoreColumnsThanABlock) {
  ExpectProduct<TypeParam>(2, 2100, 5, false, false, false);
  ExpectProduct<TypeParam>(500, 3, 2, true, true, true);
}

TYPED_TEST(ProductsTest, OverNothingAreZero) {
  std::vector<TypeParam> c = {5, 6};
  Multiply(1, 2, 0, Operand<TypeParam>{nullptr, 0}, Operand<TypeParam>{nullptr, 0}, c.data(), 2);
  EXPECT_EQ(c, (std::vector<TypeParam>{0, 0}));
}

TYPED_TEST(ProductsTest, DotAndScaledSumTakeAnyLength) {
  for (const size_t count : {0, 1, 7, 16, 17, 100}) {
    const auto a = Random<TypeParam>(count, 1), b = Random<TypeParam>(count, 2);
    double expected = 0;
    for (size_t i = 0; i < count; ++i) expected += static_cast<double>(a[i]) * b[i];
    EXPECT_NEAR(Dot(a.data(), b.data(), count), expected, 1e-5);
    auto sum = b;
    AddScaled(TypeParam{2}, a.data(), sum.data(), count);
    for (size_t i = 0; i < count; ++i) EXPECT_NEAR(sum[i], b[i] + 2 * a[i], 1e-6);
  }
}

TEST(PackedRowsTest, GiveTheProductsOfARangeOfGroups) {
  constexpr size_t kRows = 150, kColumns = 7;
  const std::vector<float> values = Random<float>(kRows * kColumns, 1);
  const std::vector<float> vector = Random<float>(kColumns, 2);
  PackedRows rows(kRows, kColumns);
  for (size_t i = 0; i < kRows; ++i) rows.Set(i, &values[i * kColumns]);
  std::vector<float> out(rows.groups() * PackedRows::kGroup, -1);
  rows.Products(vector.data(), 1, 3, out.data());
  EXPECT_EQ(out[63], -1);
  for (size_t i = 64; i < kRows; ++i)
    EXPECT_NEAR(out[i], Dot(&values[i * kColumns], vector.data(), kColumns), 1e-6);
}

}  // namespace
}  // namespace slipway::train
