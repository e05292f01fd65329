// Where: one of two operands, by a third.

#include "engine/tabular/operators/operand.h"

namespace slipway::tabular {
namespace {

template <typename T>
[[gnu::cold]] Status GiveWhere(Lowering& node, const Value& which, const Value& a, const Value& b,
                               const Shape& tail) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(a.dtype, tail));
  ASSIGN_OR_RETURN(const auto condition, OperandOf<bool>(node, which, tail));
  ASSIGN_OR_RETURN(const auto left, OperandOf<T>(node, a, tail));
  ASSIGN_OR_RETURN(const auto right, OperandOf<T>(node, b, tail));
  node.Emit(MakeStep([=, to = y.slot, columns = CountOf(tail)](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const bool* c = condition.Row(block, r, columns);
                const T* x = left.Row(block, r, columns);
                const T* z = right.Row(block, r, columns);
                T* out = block.Out<T>(to) + r * columns;
                for (size_t i = 0; i < columns; ++i)
                  out[i] = c[condition.single ? 0 : i] ? x[left.single ? 0 : i]
                                                       : z[right.single ? 0 : i];
              }
            }),
            SlotsOf({condition.slot, left.slot, right.slot}), {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerWhere(Lowering& node) {
  ASSIGN_OR_RETURN(const Value which, RowsOrConstant(node, 0));
  ASSIGN_OR_RETURN(const Value a, RowsOrConstant(node, 1));
  ASSIGN_OR_RETURN(const Value b, RowsOrConstant(node, 2));
  if (which.dtype != DType::kBool || a.dtype != b.dtype ||
      (!which.rows() && !a.rows() && !b.rows()))
    return node.Unsupported("{}, {} and {}", which.ToString(), a.ToString(), b.ToString());
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{which, a, b}));
  Status given = node.Unsupported("input 1 is {}", a.ToString());
  Everything::Visit(a.dtype, [&]<typename T>() { given = GiveWhere<T>(node, which, a, b, tail); });
  return given;
}

}  // namespace

std::span<const Operator> WhereOperators() {
  static constexpr Operator kOperators[] = {{"", "Where", LowerWhere, 3}};
  return kOperators;
}

}  // namespace slipway::tabular
