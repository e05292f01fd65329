#pragma once
// Sums of gradients by bin, in whole numbers: exact, so they are the same in any order, on any
// number of threads, and one minus another is what is left.

#include <cstddef>
#include <cstdint>
#include <span>

#include "train/trees/bins.h"

namespace slipway::train::trees {

/// First and second derivative of the loss at a row, scaled to whole numbers.
struct RowGradient {
  int32_t gradient = 0;
  int32_t hessian = 0;  // not negative
};

/// Of the rows in a bin: `packed` holds their number above the sum of their hessians.
struct alignas(16) BinSum {
  int64_t gradient = 0;
  int64_t packed = 0;

  BinSum& operator+=(const BinSum& other) {
    gradient += other.gradient;
    packed += other.packed;
    return *this;
  }
  BinSum operator-(const BinSum& other) const {
    return {gradient - other.gradient, packed - other.packed};
  }
};

/// How derivatives become whole numbers: as fine as sums over `rows` of them allow, which stay
/// below 2^51 (exact as doubles) and leave the number of rows its bits.
class FixedPoint {
 public:
  FixedPoint() = default;
  /// @param max_gradient  the largest there is, by size; max_hessian likewise.
  FixedPoint(size_t rows, double max_gradient, double max_hessian);

  double gradient_unit() const { return gradient_unit_; }
  double hessian_unit() const { return hessian_unit_; }
  int count_shift() const { return count_shift_; }

  double GradientOf(const BinSum& sum) const {
    return static_cast<double>(sum.gradient) * gradient_unit_;
  }
  double HessianOf(const BinSum& sum) const {
    return static_cast<double>(sum.packed & ((int64_t{1} << count_shift_) - 1)) * hessian_unit_;
  }
  size_t CountOf(const BinSum& sum) const {
    return static_cast<size_t>(sum.packed >> count_shift_);
  }

 private:
  double gradient_unit_ = 1, hessian_unit_ = 1;
  int count_shift_ = 32;
};

/// The largest derivatives there are, by size.
struct Largest {
  double gradient = 0, hessian = 0;
};
Largest LargestOf(std::span<const float> gradients, std::span<const float> hessians);

/// Writes derivatives as whole numbers.
void Quantise(const FixedPoint& scale, std::span<const float> gradients,
              std::span<const float> hessians, RowGradient* out);

/// Adds rows to the histograms of a group's features.
/// @param group      the bins of its features; at most kMaxGroup of them.
/// @param rows       [count], or null: rows begin, begin + 1, …
/// @param gradients  [count], of these rows in this order.
/// @param histogram  [group.count][kBinCount], added to.
void Accumulate(const BinnedRows::Group& group, const uint32_t* rows, size_t begin,
                const RowGradient* gradients, size_t count, int count_shift, BinSum* histogram);

inline constexpr size_t kMaxGroup = 8;

/// from -= part.
void Subtract(BinSum* from, const BinSum* part, size_t bins);

}  // namespace slipway::train::trees
