#include "engine/tabular/operators/forest_step.h"

#include <utility>

namespace slipway::tabular {

ForestStep::ForestStep(forest::ForestSpec spec, Slot from, size_t columns, Slot to)
    : spec_(std::move(spec)), from_(from), columns_(columns), to_(to) {}

bool ForestStep::Fits(std::span<const SlotPlan> slots) const {
  const size_t value = spec_.compare == forest::Compare::kFp32 ? sizeof(float) : sizeof(double);
  const size_t score = spec_.sum == forest::Sum::kFp32 ? sizeof(float) : sizeof(double);
  return static_cast<size_t>(spec_.features) <= columns_ &&
         slots[from_].row_bytes == columns_ * value &&
         slots[to_].row_bytes == static_cast<size_t>(spec_.targets) * score;
}

void ForestStep::ReadInstead(Slot from, forest::Compare compare) {
  from_ = from;
  spec_.compare = compare;
}

Status ForestStep::Prepare() {
  forest_ = forest::Forest::CompileChecked(std::exchange(spec_, {}));
  return OkStatus();
}

Status ForestStep::Run(const Block& block) const {
  const forest::Rows rows{block.In<std::byte>(from_), block.rows, columns_};
  return forest_->Score(rows, block.Out<std::byte>(to_));
}

[[gnu::cold]] StatusOr<Value> EmitForest(Lowering& node, forest::ForestSpec spec, DType sum) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32, DType::kFp64}));
  if (x.tail.empty()) return node.Unsupported("input 0 is {}", x.ToString());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(sum, {spec.targets}));
  spec.features = static_cast<int32_t>(x.columns());
  spec.compare = x.dtype == DType::kFp32 ? forest::Compare::kFp32 : forest::Compare::kFp64;
  spec.sum = sum == DType::kFp32 ? forest::Sum::kFp32 : forest::Sum::kFp64;
  if (const Status sound = forest::Check(spec); !sound.ok())
    return node.Bad("{}", MessageOf(sound));
  node.Emit(std::make_unique<ForestStep>(std::move(spec), x.slot, x.columns(), y.slot), {x.slot},
            {y.slot});
  return y;
}

}  // namespace slipway::tabular
