#pragma once
// Dense products for training. The same operands and the same class of processor (AVX-512, AVX2 or
// neither) give the same bits, whoever computes them. Threads: any.

#include <cstddef>
#include <vector>

namespace slipway::train {

/// A matrix as it lies in memory, row by row.
template <typename T>
struct Operand {
  const T* data;
  size_t stride;            // elements from one row of what is stored to the next
  bool transposed = false;  // the matrix meant is the transposed of what is stored
};

/// c [m, n] = a [m, k] · b [k, n], or += where `add` holds.
/// @param stride  elements from one row of c to the next. c overlaps neither a nor b.
/// Cost: about 2·m·n·k operations; packs both operands into memory kept for the thread, at most a
///   few hundred KiB and 1 KiB a column of b.
void Multiply(size_t m, size_t n, size_t k, Operand<float> a, Operand<float> b, float* c,
              size_t stride, bool add = false);
void Multiply(size_t m, size_t n, size_t k, Operand<double> a, Operand<double> b, double* c,
              size_t stride, bool add = false);

/// Σ a[i]·b[i].
float Dot(const float* a, const float* b, size_t count);
double Dot(const double* a, const double* b, size_t count);

/// y += factor·x.
void AddScaled(float factor, const float* x, float* y, size_t count);
void AddScaled(double factor, const double* x, double* y, size_t count);

/// Rows laid out for products with one vector after the other.
class PackedRows {
 public:
  /// Rows are packed in groups of so many; the last group is filled up with zeros.
  static constexpr size_t kGroup = 64;

  PackedRows(size_t rows, size_t columns);
  /// Puts `values` [columns] into the place of a row.
  void Set(size_t row, const float* values);
  size_t rows() const { return rows_; }
  size_t columns() const { return columns_; }
  size_t groups() const { return (rows_ + kGroup - 1) / kGroup; }

  /// out[r] = vector · row r, for the rows of the groups [begin, end).
  /// @param vector  [columns]
  /// @param out     [groups() · kGroup]; only those of the groups are written.
  void Products(const float* vector, size_t begin, size_t end, float* out) const;

 private:
  size_t rows_, columns_;
  std::vector<float> values_;  // [groups][columns][kGroup]
};

}  // namespace slipway::train
