#pragma once
#include <memory>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Trees on rows. Compiled once it is known to stay in the program.
class ForestStep final : public Step {
 public:
  /// @param columns  of a row of `from`.
  ForestStep(forest::ForestSpec spec, Slot from, size_t columns, Slot to);

  bool Fits(std::span<const SlotPlan> slots) const override;
  Status Prepare() override;
  Status Run(const Block& block) const override;

  const forest::ForestSpec& spec() const { return spec_; }  // before Prepare
  Slot from() const { return from_; }
  size_t columns() const { return columns_; }
  /// Other rows of as many columns, compared in another way.
  void ReadInstead(Slot from, forest::Compare compare);

 private:
  forest::ForestSpec spec_;
  Slot from_;
  const size_t columns_;
  const Slot to_;
  std::unique_ptr<const forest::Forest> forest_;
};

/// Where NaN goes at a split that ONNX calls so: NaN differs from whatever it is compared with.
inline bool MissingIsTrue(forest::SplitMode mode, bool tracks_true) {
  return tracks_true || mode == forest::SplitMode::kNotEqual;
}

/// Emits the trees of `spec` on input 0 of the node; sets spec.features, compare and sum.
/// @return the scores [n, targets] of `sum`'s type.
StatusOr<Value> EmitForest(Lowering& node, forest::ForestSpec spec, DType sum);

}  // namespace slipway::tabular
