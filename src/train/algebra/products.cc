#include "train/algebra/products.h"

#include <algorithm>
#include <cstring>

#include "base/clones.h"
#include "train/algebra/tiles.h"

namespace slipway::train {
namespace {

// Products go over blocks of the inner dimension and of rows whose packed operands stay in the
// caches. Source: Goto, van de Geijn, "Anatomy of High-Performance Matrix Multiplication" (2008).
constexpr size_t kBlockDepth = 256;
constexpr size_t kBlockRows = 192;
constexpr size_t kBlockColumns = 2048;

/// Panels of `width` rows of the matrix, or of columns where `by_columns` holds:
/// [panels][depth][width], filled up with zeros.
/// @param first  of the rows (columns); `count` of them, over `depth` inner places from `inner`.
template <typename T>
void Pack(const Operand<T>& of, bool by_columns, size_t first, size_t count, size_t inner,
          size_t depth, size_t width, T* packed) {
  const bool along_rows = of.transposed != by_columns;  // neighbours of a panel lie side by side
  for (size_t panel = 0; panel < count; panel += width, packed += depth * width) {
    const size_t live = std::min(width, count - panel);
    if (live < width) std::fill_n(packed, depth * width, T{0});
    if (along_rows) {
      for (size_t k = 0; k < depth; ++k)
        std::copy_n(of.data + (inner + k) * of.stride + first + panel, live, packed + k * width);
    } else {
      for (size_t i = 0; i < live; ++i) {
        const T* const row = of.data + (first + panel + i) * of.stride + inner;
        for (size_t k = 0; k < depth; ++k) packed[k * width + i] = row[k];
      }
    }
  }
}

size_t RoundedUp(size_t count, size_t unit) { return (count + unit - 1) / unit * unit; }

template <typename T>
void MultiplyBlocks(const TileKernel<T>& tile, size_t m, size_t n, size_t k, const Operand<T>& a,
                    const Operand<T>& b, T* c, size_t stride, bool add) {
  thread_local std::vector<T> packed_a, packed_b;
  if (k == 0 && !add)
    for (size_t i = 0; i < m; ++i) std::fill_n(c + i * stride, n, T{0});
  for (size_t column = 0; column < n; column += kBlockColumns) {
    const size_t columns = std::min(kBlockColumns, n - column);
    for (size_t inner = 0; inner < k; inner += kBlockDepth) {
      const size_t depth = std::min(kBlockDepth, k - inner);
      packed_b.resize(std::max(packed_b.size(), RoundedUp(columns, tile.columns) * depth));
      Pack(b, true, column, columns, inner, depth, tile.columns, packed_b.data());
      for (size_t row = 0; row < m; row += kBlockRows) {
        const size_t rows = std::min(kBlockRows, m - row);
        packed_a.resize(std::max(packed_a.size(), RoundedUp(rows, tile.rows) * depth));
        Pack(a, false, row, rows, inner, depth, tile.rows, packed_a.data());
        for (size_t j = 0; j < columns; j += tile.columns)
          for (size_t i = 0; i < rows; i += tile.rows)
            tile.run(depth, &packed_a[i * depth], &packed_b[j * depth],
                     c + (row + i) * stride + column + j, stride, std::min(tile.rows, rows - i),
                     std::min(tile.columns, columns - j), add || inner > 0);
      }
    }
  }
}

/// Lanes are summed in one order: that of a 64-byte vector, halved again and again.
template <typename T>
SLIPWAY_INLINE T DotOf(const T* a, const T* b, size_t count) {
  constexpr size_t kLanes = 64 / sizeof(T);
  T sums[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  for (size_t lane = 0; i < count; ++i, ++lane) sums[lane] += a[i] * b[i];
  for (size_t half = kLanes / 2; half > 0; half /= 2)
    for (size_t lane = 0; lane < half; ++lane) sums[lane] += sums[lane + half];
  return sums[0];
}

SLIPWAY_CLONES float DotOfFloats(const float* a, const float* b, size_t count) {
  return DotOf(a, b, count);
}
SLIPWAY_CLONES double DotOfDoubles(const double* a, const double* b, size_t count) {
  return DotOf(a, b, count);
}
SLIPWAY_CLONES void AddScaledFloats(float factor, const float* x, float* y, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] += factor * x[i];
}
SLIPWAY_CLONES void AddScaledDoubles(double factor, const double* x, double* y, size_t count) {
  for (size_t i = 0; i < count; ++i) y[i] += factor * x[i];
}

/// One group: rows [columns][kGroup].
SLIPWAY_CLONES void MultiplyGroup(const float* vector, const float* group, size_t columns,
                                  float* out) {
  typedef float Vector __attribute__((vector_size(64)));
  typedef float Loose __attribute__((vector_size(64), aligned(4), may_alias));
  constexpr size_t kLanes = 16, kVectors = PackedRows::kGroup / kLanes;
  Vector sums[kVectors] = {};
  for (size_t k = 0; k < columns; ++k, group += PackedRows::kGroup) {
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v)
      sums[v] += vector[k] * *reinterpret_cast<const Loose*>(group + v * kLanes);
  }
  std::memcpy(out, sums, sizeof(sums));
}

}  // namespace

void Multiply(size_t m, size_t n, size_t k, Operand<float> a, Operand<float> b, float* c,
              size_t stride, bool add) {
  static const auto tile = AvailableTiles<float>().front();
  MultiplyBlocks(tile, m, n, k, a, b, c, stride, add);
}
void Multiply(size_t m, size_t n, size_t k, Operand<double> a, Operand<double> b, double* c,
              size_t stride, bool add) {
  static const auto tile = AvailableTiles<double>().front();
  MultiplyBlocks(tile, m, n, k, a, b, c, stride, add);
}

float Dot(const float* a, const float* b, size_t count) { return DotOfFloats(a, b, count); }
double Dot(const double* a, const double* b, size_t count) { return DotOfDoubles(a, b, count); }
void AddScaled(float factor, const float* x, float* y, size_t count) {
  AddScaledFloats(factor, x, y, count);
}
void AddScaled(double factor, const double* x, double* y, size_t count) {
  AddScaledDoubles(factor, x, y, count);
}

PackedRows::PackedRows(size_t rows, size_t columns)
    : rows_(rows), columns_(columns), values_(groups() * columns * kGroup) {}

void PackedRows::Set(size_t row, const float* values) {
  float* const at = &values_[row / kGroup * columns_ * kGroup + row % kGroup];
  for (size_t k = 0; k < columns_; ++k) at[k * kGroup] = values[k];
}

void PackedRows::Products(const float* vector, size_t begin, size_t end, float* out) const {
  for (size_t group = begin; group < end; ++group)
    MultiplyGroup(vector, &values_[group * columns_ * kGroup], columns_, out + group * kGroup);
}

}  // namespace slipway::train
