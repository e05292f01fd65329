// ai.slipway's CouplePairs: docs/formats/slipway-operators.md.

#include "engine/tabular/operators/coupling.h"

#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

[[gnu::cold]] Status LowerCouplePairs(Lowering& node) {
  ASSIGN_OR_RETURN(const Value r, node.Rows(0));
  if (r.dtype != DType::kFp64 || r.tail.size() != 2 || r.tail[0] != r.tail[1] || r.tail[0] < 1)
    return node.Unsupported("input 0 is {}, expected FP64 [n,classes,classes]", r.ToString());
  ASSIGN_OR_RETURN(const Value p, node.NewRows(DType::kFp64, {r.tail[0]}));
  node.Emit(MakeStep([from = r.slot, to = p.slot, classes = p.columns()](const Block& block) {
              Coupling<double> coupling(classes);
              for (size_t i = 0; i < block.rows; ++i)
                coupling.Solve(block.In<double>(from) + i * classes * classes,
                               block.Out<double>(to) + i * classes);
            }),
            {r.slot}, {p.slot});
  node.Give(0, p);
  return OkStatus();
}

}  // namespace

std::span<const Operator> CouplingOperators() {
  static constexpr Operator kOperators[] = {{"ai.slipway", "CouplePairs", LowerCouplePairs, 2}};
  return kOperators;
}

}  // namespace slipway::tabular
