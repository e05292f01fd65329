#include "train/algebra/columns.h"

#include <gtest/gtest.h>

#include <vector>

namespace slipway::train {
namespace {

/// Small whole numbers: sums of their products are exact in any order.
std::vector<double> Wholes(size_t count, size_t seed) {
  std::vector<double> values(count);
  for (size_t i = 0; i < count; ++i) values[i] = static_cast<double>((i * 7 + seed * 5) % 23) - 11;
  return values;
}

double Dot(const double* a, const double* b, size_t rows) {
  double sum = 0;
  for (size_t row = 0; row < rows; ++row) sum += a[row] * b[row];
  return sum;
}

TEST(ColumnsTest, EveryPairOfColumnsIsMultipliedWhateverTheShape) {
  for (size_t rows : {1, 3, 4, 9, 64})
    for (size_t a_count = 1; a_count <= 9; ++a_count)
      for (size_t b_count = 1; b_count <= 8; ++b_count) {
        const size_t stride = rows + 2;
        const std::vector<double> a = Wholes(a_count * stride, 1), b = Wholes(b_count * stride, 2);
        std::vector<double> out(a_count * b_count, 100);
        AddProducts({a.data(), stride, a_count}, {b.data(), stride, b_count}, rows, out.data());
        for (size_t i = 0; i < a_count; ++i)
          for (size_t j = 0; j < b_count; ++j)
            ASSERT_EQ(out[i * b_count + j], 100 + Dot(&a[i * stride], &b[j * stride], rows))
                << rows << " rows, " << a_count << " by " << b_count;
      }
}

TEST(ColumnsTest, GramHasItsDiagonalAndWhatIsAboveIt) {
  for (size_t count = 1; count <= 14; ++count) {
    const size_t rows = 11;
    const std::vector<double> a = Wholes(count * rows, 3);
    std::vector<double> out(count * count, 0);
    AddGram({a.data(), rows, count}, rows, out.data());
    for (size_t i = 0; i < count; ++i)
      for (size_t j = i; j < count; ++j)
        ASSERT_EQ(out[i * count + j], Dot(&a[i * rows], &a[j * rows], rows)) << i << ", " << j;
  }
}

TEST(ColumnsTest, ScoresAddUpOverAllColumns) {
  for (size_t count = 1; count <= 9; ++count) {
    const size_t rows = 13;
    const std::vector<double> x = Wholes(count * rows, 4), weights = Wholes(count, 5);
    std::vector<double> out(rows, 1);
    AddScores({x.data(), rows, count}, rows, weights.data(), out.data());
    for (size_t row = 0; row < rows; ++row) {
      double expected = 1;
      for (size_t j = 0; j < count; ++j) expected += x[j * rows + row] * weights[j];
      ASSERT_EQ(out[row], expected);
    }
  }
}

}  // namespace
}  // namespace slipway::train
