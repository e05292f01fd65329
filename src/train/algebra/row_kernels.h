#pragma once
// Rows of few numbers: what is done again and again when coefficients change with every row.

#include <cstddef>
#include <cstdint>

namespace slipway::train {

/// Numbers a row is padded to with zeros.
inline constexpr size_t kRowStep = 4;
inline size_t PaddedRow(size_t columns) { return (columns + kRowStep - 1) / kRowStep * kRowStep; }

/// a · b. @param size  a multiple of kRowStep.
double RowDot(const double* a, const double* b, size_t size);
/// to = shrink · to + factor · x. @param size  a multiple of kRowStep.
void RowUpdate(double shrink, double factor, const double* x, size_t size, double* to);

/// Column by column → row by row, `stride` apart.
/// @param out     [rows][stride]: only its first `count` numbers a row are written.
/// @param places  [rows]: where each row goes; null: in order.
void ToRows(const double* columns, size_t rows, size_t count, size_t stride, double* out,
            const uint32_t* places = nullptr);

}  // namespace slipway::train
