// ai.slipway's distances of rows to references: docs/formats/slipway-operators.md.

#include <algorithm>
#include <cmath>

#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

/// Adds what one column says of every reference: total'[j] = add(total[j], |x - references[j]|).
template <typename Add>
void AddColumn(double x, const double* references, size_t count, double* total, Add add) {
  for (size_t j = 0; j < count; ++j) total[j] = add(total[j], std::abs(x - references[j]));
}

/// Distances [n, m] of rows [n, columns] to constant references [columns, m].
template <typename Add>
[[gnu::cold]] Status LowerDistances(Lowering& node, Add add) {
  ASSIGN_OR_RETURN(const Value x, node.Matrix(0, {DType::kFp64}));
  ASSIGN_OR_RETURN(const auto references, node.Constant(1));
  if (references->dtype != DType::kFp64 || references->shape.size() != 2 || x.tail.size() != 1 ||
      references->shape[0] != x.tail[0])
    return node.Unsupported("{} and references {}", x.ToString(), node.input(1).ToString());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kFp64, {references->shape[1]}));
  node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns(), count = y.columns(), add,
                      all = ElementsOf<double>(*references)](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const double* row = block.In<double>(from) + r * columns;
                double* total = block.Out<double>(to) + r * count;
                std::fill_n(total, count, 0.0);
                for (size_t c = 0; c < columns; ++c)
                  AddColumn(row[c], all.data() + c * count, count, total, add);
              }
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerSumOfDistances(Lowering& node) {
  return LowerDistances(node, [](double total, double d) { return total + d; });
}

[[gnu::cold]] Status LowerSumOfSquaredDistances(Lowering& node) {
  return LowerDistances(node, [](double total, double d) { return total + d * d; });
}

[[gnu::cold]] Status LowerLargestDistance(Lowering& node) {
  // NaN stays, as in Max.
  return LowerDistances(
      node, [](double total, double d) { return total >= d || total != total ? total : d; });
}

[[gnu::cold]] Status LowerSumOfPoweredDistances(Lowering& node) {
  ASSIGN_OR_RETURN(const auto power, node.Constant(2));
  const auto p = NumberOf(*power);
  if (!p) return node.Unsupported("power {}", node.input(2).ToString());
  return LowerDistances(node, [p = *p](double total, double d) { return total + std::pow(d, p); });
}

}  // namespace

std::span<const Operator> DistanceOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.slipway", "LargestDistance", LowerLargestDistance, 2},
      {"ai.slipway", "SumOfDistances", LowerSumOfDistances, 2},
      {"ai.slipway", "SumOfPoweredDistances", LowerSumOfPoweredDistances, 3},
      {"ai.slipway", "SumOfSquaredDistances", LowerSumOfSquaredDistances, 2},
  };
  return kOperators;
}

}  // namespace slipway::tabular
