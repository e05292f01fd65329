// What is computed from two operands, number by number.

#include <cmath>
#include <functional>

#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/operand.h"

namespace slipway::tabular {
namespace {

template <typename Out, typename T, typename F>
void ApplyRow(F f, const T* a, bool a_single, const T* b, bool b_single, size_t columns, Out* out) {
  if (a_single) {
    const T left = *a;
    for (size_t i = 0; i < columns; ++i) out[i] = f(left, b[i]);
  } else if (b_single) {
    const T right = *b;
    for (size_t i = 0; i < columns; ++i) out[i] = f(a[i], right);
  } else {
    for (size_t i = 0; i < columns; ++i) out[i] = f(a[i], b[i]);
  }
}

/// y = f(a, b), of the type that f returns.
template <typename T, typename F>
Value EmitPair(Lowering& node, const Value& a, const Value& b, const Shape& tail, F f) {
  using Out = std::invoke_result_t<F, T, T>;
  const auto left = OperandOf<T>(node, a, tail), right = OperandOf<T>(node, b, tail);
  const Value y = node.NewRows(DTypeOf<Out>(), tail);
  const bool joined = left.joins() && right.joins();
  node.Emit(MakeStep([=, to = y.slot, columns = CountOf(tail)](const Block& block) {
              const size_t rows = joined ? 1 : block.rows;
              const size_t width = joined ? block.rows * columns : columns;
              for (size_t r = 0; r < rows; ++r)
                ApplyRow(f, left.Row(block, r, columns), left.single, right.Row(block, r, columns),
                         right.single, width, block.Out<Out>(to) + r * columns);
            }),
            SlotsOf({left.slot, right.slot}), {y.slot});
  return y;
}

/// f of two values, one of them rows at least.
template <auto kFunction, typename Allowed>
StatusOr<Value> EmitAllowed(Lowering& node, const Value& a, const Value& b) {
  if (a.dtype != b.dtype || (!a.rows() && !b.rows()))
    return node.Unsupported("{} and {}", a.ToString(), b.ToString());
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{a, b}));
  Value y;
  const bool allowed =
      Allowed::Visit(a.dtype, [&]<typename T>() { y = EmitPair<T>(node, a, b, tail, kFunction); });
  if (!allowed) return node.Unsupported("input 0 is {}", a.ToString());
  return y;
}

template <auto kFunction, typename Allowed>
Status LowerPair(Lowering& node) {
  ASSIGN_OR_RETURN(const Value a, RowsOrConstant(node, 0));
  ASSIGN_OR_RETURN(const Value b, RowsOrConstant(node, 1));
  ASSIGN_OR_RETURN(const Value y, (EmitAllowed<kFunction, Allowed>(node, a, b)));
  node.Give(0, y);
  return OkStatus();
}

/// Any number of operands: two by two.
template <auto kFunction>
Status LowerMany(Lowering& node) {
  ASSIGN_OR_RETURN(Value y, RowsOrConstant(node, 0));
  for (size_t i = 1; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Value next, RowsOrConstant(node, i));
    ASSIGN_OR_RETURN(y, (EmitAllowed<kFunction, Numbers>(node, y, next)));
  }
  node.Give(0, y);
  return OkStatus();
}

// Whole numbers wrap around, as they do in ONNX Runtime; C++ leaves that open for signed ones.
template <auto kFunction, typename T>
constexpr T Wrapping(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(kFunction(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
  } else {
    return kFunction(a, b);
  }
}

constexpr auto kAdd = [](auto a, auto b) { return Wrapping<std::plus<>{}>(a, b); };
constexpr auto kSubtract = [](auto a, auto b) { return Wrapping<std::minus<>{}>(a, b); };
constexpr auto kMultiply = [](auto a, auto b) { return Wrapping<std::multiplies<>{}>(a, b); };
constexpr auto kPower = [](auto a, auto b) { return std::pow(a, b); };
// NaN wins, as ONNX has it.
constexpr auto kSmaller = [](auto a, auto b) { return b < a || b != b ? b : a; };
constexpr auto kLarger = [](auto a, auto b) { return b > a || b != b ? b : a; };

/// An addition behind a product becomes its bias.
Status LowerAdd(Lowering& node) {
  for (const size_t i : {0, 1}) {
    const Value& sum = node.input(i);
    const Value& bias = node.input(1 - i);
    if (!bias.is_constant() || bias.dtype != sum.dtype || bias.rank() > sum.rank()) continue;
    auto* const planned = node.OnlyWriterOf(i);
    auto* const affine = planned ? dynamic_cast<Affine*>(planned->step.get()) : nullptr;
    if (affine == nullptr || !BroadcastTail(node, std::vector<Value>{sum, bias}).ok()) continue;
    if (affine->TakeBias(*bias.constant)) {
      node.Give(0, sum);
      return OkStatus();
    }
  }
  return LowerPair<kAdd, Numbers>(node);
}

constexpr Operator kOperators[] = {
    {"", "Add", LowerAdd},
    {"", "And", LowerPair<std::logical_and<bool>{}, Types<bool>>},
    {"", "Div", LowerPair<std::divides<>{}, Floats>},
    {"", "Equal", LowerPair<std::equal_to<>{}, Everything>},
    {"", "Greater", LowerPair<std::greater<>{}, Everything>},
    {"", "GreaterOrEqual", LowerPair<std::greater_equal<>{}, Everything>},
    {"", "Less", LowerPair<std::less<>{}, Everything>},
    {"", "LessOrEqual", LowerPair<std::less_equal<>{}, Everything>},
    {"", "Max", LowerMany<kLarger>},
    {"", "Min", LowerMany<kSmaller>},
    {"", "Mul", LowerPair<kMultiply, Numbers>},
    {"", "Or", LowerPair<std::logical_or<bool>{}, Types<bool>>},
    {"", "Pow", LowerPair<kPower, Floats>},
    {"", "Sub", LowerPair<kSubtract, Numbers>},
    {"", "Sum", LowerMany<kAdd>},
    {"", "Xor", LowerPair<std::not_equal_to<>{}, Types<bool>>},
};

}  // namespace

std::span<const Operator> PairOperators() { return kOperators; }

}  // namespace slipway::tabular
