#include "train/algebra/row_kernels.h"

#include <algorithm>

#include "train/algebra/lanes.h"

namespace slipway::train {
namespace {

SLIPWAY_CLONES double RowDotOf(const double* a, const double* b, size_t size) {
  Lanes sum = {}, other = {};
  size_t i = 0;
  for (; i + 2 * kLanes <= size; i += 2 * kLanes) {
    Lanes a0, a1, b0, b1;
    LoadLanes(a + i, a0);
    LoadLanes(b + i, b0);
    LoadLanes(a + i + kLanes, a1);
    LoadLanes(b + i + kLanes, b1);
    sum += a0 * b0;
    other += a1 * b1;
  }
  if (i < size) {
    Lanes a0, b0;
    LoadLanes(a + i, a0);
    LoadLanes(b + i, b0);
    sum += a0 * b0;
  }
  return SumOf(sum + other);
}

SLIPWAY_CLONES void RowUpdateOf(double shrink, double factor, const double* x, size_t size,
                                double* to) {
  for (size_t i = 0; i < size; i += kLanes) {
    Lanes value, old;
    LoadLanes(x + i, value);
    LoadLanes(to + i, old);
    value = old * shrink + value * factor;
    StoreLanes(value, to + i);
  }
}

}  // namespace

double RowDot(const double* a, const double* b, size_t size) { return RowDotOf(a, b, size); }

void RowUpdate(double shrink, double factor, const double* x, size_t size, double* to) {
  RowUpdateOf(shrink, factor, x, size, to);
}

void ToRows(const double* columns, size_t rows, size_t count, size_t stride, double* out,
            const uint32_t* places) {
  const auto place = [places](size_t row) { return places == nullptr ? row : places[row]; };
  constexpr size_t kTile = 16;  // rows: the lines that are written stay in the first-level cache
  for (size_t begin = 0; begin < rows; begin += kTile) {
    const size_t end = std::min(rows, begin + kTile);
    for (size_t j = 0; j < count; ++j)
      for (size_t row = begin; row < end; ++row)
        out[place(row) * stride + j] = columns[j * rows + row];
  }
}

}  // namespace slipway::train
