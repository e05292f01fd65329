#pragma once
// Kernels between rows, and many of their values at once.

#include <cstdint>
#include <span>
#include <vector>

#include "base/team.h"
#include "train/algebra/products.h"

namespace slipway::train {

enum class KernelShape : uint8_t {
  kLinear,      // x·v
  kPolynomial,  // (γ·x·v + coef0)^degree
  kRadial,      // e^(−γ·|x − v|²)
  kSigmoid,     // tanh(γ·x·v + coef0)
};

struct KernelFunction {
  KernelShape shape = KernelShape::kRadial;
  double gamma = 1, coef0 = 0;
  int degree = 3;
};

/// Rows [count, columns] that one kernel function is asked of again and again.
struct Points {
  size_t columns = 0;
  std::span<const float> values;  // borrowed
  KernelFunction kernel;

  size_t count() const { return columns == 0 ? 0 : values.size() / columns; }
  const float* row(size_t point) const { return &values[point * columns]; }
};

/// The kernel of any row with a fixed set of points. Threads: any number at once.
class KernelRows {
 public:
  /// @param which  of the points, by number; one may come more than once.
  KernelRows(const Points& points, std::span<const uint32_t> which);

  /// So many values a row: those past the points are of no meaning.
  size_t padded() const { return packed_.groups() * PackedRows::kGroup; }
  /// The kernel of `x` [columns] with all points: out [padded()].
  /// @param team  may be null: the work is then the caller's alone. The results are the same.
  void Row(const float* x, Team* team, float* out) const;
  /// The same of groups of PackedRows::kGroup points, [begin, end).
  void PartOfRow(const float* x, size_t begin, size_t end, float* out) const;
  size_t groups() const { return packed_.groups(); }
  /// The kernel of each point with itself: [padded()].
  std::span<const float> diagonal() const { return diagonal_; }

 private:
  /// Products → kernels.
  void Transform(const float* x, size_t begin, size_t end, float* values) const;

  KernelFunction kernel_;
  PackedRows packed_;
  std::vector<float> squares_;  // |point|²: [padded()]
  std::vector<float> diagonal_;
};

}  // namespace slipway::train
