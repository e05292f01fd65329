// Where: one of two operands, by a third.

#include "engine/tabular/operators/operand.h"

namespace slipway::tabular {
namespace {

template <typename T>
Value EmitWhere(Lowering& node, const Value& which, const Value& a, const Value& b,
                const Shape& tail) {
  const auto condition = OperandOf<bool>(node, which, tail);
  const auto left = OperandOf<T>(node, a, tail), right = OperandOf<T>(node, b, tail);
  const Value y = node.NewRows(a.dtype, tail);
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
  return y;
}

Status LowerWhere(Lowering& node) {
  ASSIGN_OR_RETURN(const Value which, RowsOrConstant(node, 0));
  ASSIGN_OR_RETURN(const Value a, RowsOrConstant(node, 1));
  ASSIGN_OR_RETURN(const Value b, RowsOrConstant(node, 2));
  if (which.dtype != DType::kBool || a.dtype != b.dtype ||
      (!which.rows() && !a.rows() && !b.rows()))
    return node.Unsupported("{}, {} and {}", which.ToString(), a.ToString(), b.ToString());
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{which, a, b}));
  const bool allowed = Everything::Visit(
      a.dtype, [&]<typename T>() { node.Give(0, EmitWhere<T>(node, which, a, b, tail)); });
  return allowed ? OkStatus() : node.Unsupported("input 1 is {}", a.ToString());
}

constexpr Operator kOperators[] = {{"", "Where", LowerWhere}};

}  // namespace

std::span<const Operator> WhereOperators() { return kOperators; }

}  // namespace slipway::tabular
