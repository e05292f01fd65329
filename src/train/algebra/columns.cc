#include "train/algebra/columns.h"

#include "train/algebra/lanes.h"

namespace slipway::train {
namespace {

/// out[i][j] += a_i · b_j for A × B columns: the sums stay in registers.
template <size_t A, size_t B>
SLIPWAY_INLINE void AddTile(const double* a, size_t a_stride, const double* b, size_t b_stride,
                            size_t rows, double* out, size_t out_stride) {
  Lanes sums[A][B] = {};
  size_t row = 0;
  for (; row + kLanes <= rows; row += kLanes) {
    Lanes right[B];
#pragma GCC unroll 4
    for (size_t j = 0; j < B; ++j) LoadLanes(b + j * b_stride + row, right[j]);
#pragma GCC unroll 4
    for (size_t i = 0; i < A; ++i) {
      Lanes left;
      LoadLanes(a + i * a_stride + row, left);
#pragma GCC unroll 4
      for (size_t j = 0; j < B; ++j) sums[i][j] += left * right[j];
    }
  }
#pragma GCC unroll 4
  for (size_t i = 0; i < A; ++i) {
#pragma GCC unroll 4
    for (size_t j = 0; j < B; ++j) {
      double sum = SumOf(sums[i][j]);
      for (size_t rest = row; rest < rows; ++rest)
        sum += a[i * a_stride + rest] * b[j * b_stride + rest];
      out[i * out_stride + j] += sum;
    }
  }
}

constexpr size_t kTall = 4, kWide = 3;  // 12 sums and 4 operands: the 16 registers of AVX2

/// A columns of a with all of b.
template <size_t A>
SLIPWAY_INLINE void AddStrip(const double* a, size_t a_stride, const double* b, size_t b_stride,
                             size_t b_count, size_t rows, double* out) {
  size_t j = 0;
  for (; j + kWide <= b_count; j += kWide)
    AddTile<A, kWide>(a, a_stride, b + j * b_stride, b_stride, rows, out + j, b_count);
  for (; j < b_count; ++j)
    AddTile<A, 1>(a, a_stride, b + j * b_stride, b_stride, rows, out + j, b_count);
}

SLIPWAY_CLONES void AddProductsOf(const double* a, size_t a_stride, size_t a_count, const double* b,
                                  size_t b_stride, size_t b_count, size_t rows, double* out) {
  size_t i = 0;
  for (; i + kTall <= a_count; i += kTall)
    AddStrip<kTall>(a + i * a_stride, a_stride, b, b_stride, b_count, rows, out + i * b_count);
  for (; i < a_count; ++i)
    AddStrip<1>(a + i * a_stride, a_stride, b, b_stride, b_count, rows, out + i * b_count);
}

SLIPWAY_CLONES void AddGramOf(const double* a, size_t stride, size_t count, size_t rows,
                              double* out) {
  for (size_t i = 0; i < count;) {
    const bool tall = i + kTall <= count;
    for (size_t j = i; j < count;) {
      const bool wide = j + kWide <= count;
      double* corner = out + i * count + j;
      const double* left = a + i * stride;
      const double* right = a + j * stride;
      if (tall && wide) {
        AddTile<kTall, kWide>(left, stride, right, stride, rows, corner, count);
      } else if (tall) {
        AddTile<kTall, 1>(left, stride, right, stride, rows, corner, count);
      } else {
        AddTile<1, 1>(left, stride, right, stride, rows, corner, count);
      }
      j += tall && !wide ? 1 : tall ? kWide : 1;
    }
    i += tall ? kTall : 1;
  }
}

SLIPWAY_CLONES void AddScoresOf(const double* x, size_t stride, size_t count, size_t rows,
                                const double* weights, double* out) {
  size_t j = 0;
  for (; j + 4 <= count; j += 4) {
    const double *x0 = x + j * stride, *x1 = x0 + stride, *x2 = x1 + stride, *x3 = x2 + stride;
    const double w0 = weights[j], w1 = weights[j + 1], w2 = weights[j + 2], w3 = weights[j + 3];
    size_t row = 0;
    for (; row + kLanes <= rows; row += kLanes) {
      Lanes sum, v0, v1, v2, v3;
      LoadLanes(out + row, sum);
      LoadLanes(x0 + row, v0);
      LoadLanes(x1 + row, v1);
      LoadLanes(x2 + row, v2);
      LoadLanes(x3 + row, v3);
      sum += (v0 * w0 + v1 * w1) + (v2 * w2 + v3 * w3);
      StoreLanes(sum, out + row);
    }
    for (; row < rows; ++row)
      out[row] += (x0[row] * w0 + x1[row] * w1) + (x2[row] * w2 + x3[row] * w3);
  }
  for (; j < count; ++j)
    for (size_t row = 0; row < rows; ++row) out[row] += x[j * stride + row] * weights[j];
}

SLIPWAY_CLONES void CentreInto(const double* x, size_t rows, double mean, const double* scale,
                               double* out) {
  size_t row = 0;
  for (; row + kLanes <= rows; row += kLanes) {
    Lanes value;
    LoadLanes(x + row, value);
    value -= mean;
    if (scale) {
      Lanes factor;
      LoadLanes(scale + row, factor);
      value *= factor;
    }
    StoreLanes(value, out + row);
  }
  for (; row < rows; ++row) out[row] = (x[row] - mean) * (scale ? scale[row] : 1);
}

}  // namespace

void AddProducts(const Columns& a, const Columns& b, size_t rows, double* out) {
  AddProductsOf(a.values, a.stride, a.count, b.values, b.stride, b.count, rows, out);
}

void AddGram(const Columns& a, size_t rows, double* out) {
  AddGramOf(a.values, a.stride, a.count, rows, out);
}

void AddScores(const Columns& x, size_t rows, const double* weights, double* out) {
  AddScoresOf(x.values, x.stride, x.count, rows, weights, out);
}

void Centre(const double* x, size_t rows, double mean, const double* scale, double* out) {
  CentreInto(x, rows, mean, scale, out);
}

}  // namespace slipway::train
