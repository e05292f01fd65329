#include "engine/tabular/operators/forest_step.h"

#include <algorithm>

#include "engine/tabular/operators/cast.h"

namespace slipway::tabular {
namespace {

/// What trees compare when they compare `x`: it, or what it was cast from where that says the same.
struct Compared {
  Value rows;
  forest::Compare compare;
};

const Cast* CastBefore(const Lowering& node, const Value& x, DType from, DType to) {
  auto* const planned = node.WriterOf(x);
  const auto* cast = planned ? dynamic_cast<const Cast*>(planned->step.get()) : nullptr;
  return cast != nullptr && cast->from().dtype == from && cast->to() == to ? cast : nullptr;
}

Compared WhatIsCompared(const Lowering& node, const Value& x) {
  using enum DType;
  if (x.dtype == kFp32) {
    if (const Cast* rounding = CastBefore(node, x, kFp64, kFp32))
      return {rounding->from(), forest::Compare::kFp64To32};
    return {x, forest::Compare::kFp32};
  }
  // Widening changes nothing: FP64 → FP32 → FP64 compares rounded numbers.
  if (const Cast* widening = CastBefore(node, x, kFp32, kFp64))
    return WhatIsCompared(node, widening->from());
  return {x, forest::Compare::kFp64};
}

}  // namespace

ForestStep::ForestStep(forest::ForestSpec spec, const Value& from, const Value& to)
    : spec_(std::move(spec)), from_(from), to_(to.slot) {}

Status ForestStep::Prepare() {
  forest_ = forest::Forest::CompileChecked(spec_);
  spec_ = {};
  return OkStatus();
}

Status ForestStep::Run(const Block& block) const {
  const forest::Rows rows{block.In<std::byte>(from_.slot), block.rows, from_.columns()};
  return forest_->Score(rows, block.Out<std::byte>(to_));
}

StatusOr<Value> EmitForest(Lowering& node, forest::ForestSpec spec, DType sum) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp32, DType::kFp64}));
  if (x.tail.empty() || x.columns() > INT32_MAX)
    return node.Unsupported("input 0 is {}", x.ToString());
  const Compared compared = WhatIsCompared(node, x);
  spec.features = static_cast<int32_t>(x.columns());
  spec.compare = compared.compare;
  spec.sum = sum == DType::kFp32 ? forest::Sum::kFp32 : forest::Sum::kFp64;
  if (const Status sound = forest::Check(spec); !sound.ok())
    return node.Bad("{}", MessageOf(sound));
  const Value y = node.NewRows(sum, {spec.targets});
  node.Emit(std::make_unique<ForestStep>(std::move(spec), compared.rows, y), {compared.rows.slot},
            {y.slot});
  return y;
}

}  // namespace slipway::tabular
