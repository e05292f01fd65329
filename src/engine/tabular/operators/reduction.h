#pragma once
// What looks at all columns of a row.

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Values along one axis of a row: `outer` groups of `length`, `inner` apart.
struct Axis {
  size_t outer = 1;
  size_t length = 1;
  size_t inner = 1;

  /// Calls visit(first element, place in the output) for every group of a block.
  template <typename Visit>
  void ForEach(size_t rows, Visit visit) const {
    for (size_t o = 0; o < rows * outer; ++o)
      for (size_t i = 0; i < inner; ++i) visit(o * length * inner + i, o * inner + i);
  }
};

/// A sum of FP32 or FP64, which trees with vectors for leaves take over.
class AxisSum : public Step {
 public:
  virtual const Axis& axis() const = 0;
};

/// Emits softmax over groups of `length` neighbours; x is FP32 or FP64.
void EmitSoftmax(Lowering& node, const Value& x, const Value& y, size_t length);

/// The first largest of [n, k], as INT64 [n]; x is FP32 or FP64.
StatusOr<Value> EmitArgMax(Lowering& node, const Value& x);

}  // namespace slipway::tabular
