#pragma once
#include <memory>

#include "engine/tabular/forest/forest.h"
#include "engine/tabular/lowering.h"

namespace slipway::tabular {

/// Trees on rows. Compiled once it is known to stay in the program.
class ForestStep final : public Step {
 public:
  ForestStep(forest::ForestSpec spec, const Value& from, const Value& to);

  Status Prepare() override;
  Status Run(const Block& block) const override;

  const forest::ForestSpec& spec() const { return spec_; }
  const Value& from() const { return from_; }

 private:
  forest::ForestSpec spec_;
  const Value from_;
  const Slot to_;
  std::unique_ptr<const forest::Forest> forest_;
};

/// Emits the trees of `spec` on input 0 of the node; sets spec.features, compare and sum. A cast in
/// front is taken over: the trees then read what was cast.
/// @return the scores [n, targets] of `sum`'s type.
StatusOr<Value> EmitForest(Lowering& node, forest::ForestSpec spec, DType sum);

}  // namespace slipway::tabular
