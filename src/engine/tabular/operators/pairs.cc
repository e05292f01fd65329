// What is computed from two operands, number by number.

#include <cmath>
#include <functional>

#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/operand.h"
#include "engine/tabular/operators/wrapping.h"

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

/// y = f(a, b) of two operands; what is made of them for each type is one class, and a function for
/// each f.
template <typename T>
class PairStep final : public Step {
 public:
  using Function = void (*)(const PairStep& step, const Block& block);

  PairStep(Operand<T> left, Operand<T> right, const Value& y, Function run)
      : left_(std::move(left)),
        right_(std::move(right)),
        to_(y.slot),
        columns_(y.columns()),
        joined_(left_.joins() && right_.joins()),
        run_(run) {}

  Status Run(const Block& block) const override {
    run_(*this, block);
    return OkStatus();
  }

  template <auto kFunction, typename Out>
  void RunAs(const Block& block) const {
    const size_t rows = joined_ ? 1 : block.rows;
    const size_t width = joined_ ? block.rows * columns_ : columns_;
    for (size_t r = 0; r < rows; ++r)
      ApplyRow(kFunction, left_.Row(block, r, columns_), left_.single,
               right_.Row(block, r, columns_), right_.single, width,
               block.Out<Out>(to_) + r * columns_);
  }

 private:
  const Operand<T> left_;
  const Operand<T> right_;
  const Slot to_;
  const size_t columns_;
  const bool joined_;
  const Function run_;
};

/// @param dtype  of what `run` makes.
template <typename T>
[[gnu::cold, gnu::noinline]] StatusOr<Value> EmitPair(Lowering& node, const Value& a,
                                                      const Value& b, const Shape& tail,
                                                      DType dtype,
                                                      typename PairStep<T>::Function run) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(dtype, tail));
  ASSIGN_OR_RETURN(auto left, OperandOf<T>(node, a, tail));
  ASSIGN_OR_RETURN(auto right, OperandOf<T>(node, b, tail));
  std::vector<Slot> reads = SlotsOf({left.slot, right.slot});
  node.Emit(std::make_unique<PairStep<T>>(std::move(left), std::move(right), y, run),
            std::move(reads), {y.slot});
  return y;
}

/// kFunction of two values, one of them rows at least; of the type that it returns.
template <auto kFunction, typename Allowed>
[[gnu::cold]] StatusOr<Value> EmitAllowed(Lowering& node, const Value& a, const Value& b) {
  if (a.dtype != b.dtype || (!a.rows() && !b.rows()))
    return node.Unsupported("{} and {}", a.ToString(), b.ToString());
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{a, b}));
  StatusOr<Value> y = Value();
  const bool allowed = Allowed::Visit(a.dtype, [&]<typename T>() {
    using Out = std::invoke_result_t<decltype(kFunction), T, T>;
    y = EmitPair<T>(node, a, b, tail, DTypeOf<Out>(),
                    [](const PairStep<T>& step, const Block& block) {
                      step.template RunAs<kFunction, Out>(block);
                    });
  });
  if (!allowed) return node.Unsupported("input 0 is {}", a.ToString());
  return y;
}

/// kFunction(a, b), or kFunction(b, a).
template <auto kFunction, typename Allowed, bool swapped = false>
[[gnu::cold]] Status LowerPair(Lowering& node) {
  ASSIGN_OR_RETURN(const Value a, RowsOrConstant(node, swapped ? 1 : 0));
  ASSIGN_OR_RETURN(const Value b, RowsOrConstant(node, swapped ? 0 : 1));
  ASSIGN_OR_RETURN(const Value y, (EmitAllowed<kFunction, Allowed>(node, a, b)));
  node.Give(0, y);
  return OkStatus();
}

/// C's fmod, with the sign of the dividend; ONNX's other rule is for whole numbers.
template <auto kFunction>
[[gnu::cold]] Status LowerMod(Lowering& node) {
  if (node.Int("fmod", 0) == 0) return node.Unsupported("without fmod");
  return LowerPair<kFunction, Floats>(node);
}

/// Any number of operands: two by two.
template <auto kFunction>
[[gnu::cold]] Status LowerMany(Lowering& node) {
  ASSIGN_OR_RETURN(Value y, RowsOrConstant(node, 0));
  for (size_t i = 1; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Value next, RowsOrConstant(node, i));
    ASSIGN_OR_RETURN(y, (EmitAllowed<kFunction, Numbers>(node, y, next)));
  }
  node.Give(0, y);
  return OkStatus();
}

constexpr auto kAdd = [](auto a, auto b) { return Wrapping<std::plus<>{}>(a, b); };
constexpr auto kSubtract = [](auto a, auto b) { return Wrapping<std::minus<>{}>(a, b); };
constexpr auto kMultiply = [](auto a, auto b) { return Wrapping<std::multiplies<>{}>(a, b); };
constexpr auto kPower = [](auto a, auto b) { return std::pow(a, b); };
constexpr auto kRemainder = [](auto a, auto b) { return std::fmod(a, b); };
// NaN wins, as ONNX has it.
constexpr auto kSmaller = [](auto a, auto b) { return b < a || b != b ? b : a; };
constexpr auto kLarger = [](auto a, auto b) { return b > a || b != b ? b : a; };

/// A bias, where a product is before it.
template <typename T>
class AddConstantStep final : public ConstantAddition {
 public:
  AddConstantStep(const Value& from, Operand<T> addend, const Value& to)
      : from_(from.slot), to_(to.slot), columns_(to.columns()), addend_(std::move(addend)) {}

  Status Run(const Block& block) const override {
    const bool single = addend_.single;
    const size_t rows = single ? 1 : block.rows, width = single ? block.rows * columns_ : columns_;
    for (size_t r = 0; r < rows; ++r)
      ApplyRow(kAdd, block.In<T>(from_) + r * columns_, false, addend_.constant.data(), single,
               width, block.Out<T>(to_) + r * columns_);
    return OkStatus();
  }

  Tensor constant() const override {
    return TensorOfNumbers<T>(DTypeOf<T>(), std::span<const T>(addend_.constant));
  }

  bool Fits(std::span<const SlotPlan> slots) const override {
    return slots[from_].row_bytes == columns_ * sizeof(T) &&
           slots[to_].row_bytes == columns_ * sizeof(T);
  }

 private:
  const Slot from_;
  const Slot to_;
  const size_t columns_;
  const Operand<T> addend_;
};

template <typename T>
[[gnu::cold]] StatusOr<Value> EmitAddConstant(Lowering& node, const Value& x, const Value& addend,
                                              const Shape& tail) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, tail));
  ASSIGN_OR_RETURN(Operand<T> constant, OperandOf<T>(node, addend, tail));
  node.Emit(std::make_unique<AddConstantStep<T>>(x, std::move(constant), y), {x.slot}, {y.slot});
  return y;
}

[[gnu::cold]] Status LowerAdd(Lowering& node) {
  const Value& a = node.input(0);
  const Value& b = node.input(1);
  const auto& [x, addend] = a.rows() ? std::tie(a, b) : std::tie(b, a);
  if (!x.rows() || x.row_vector || !addend.is_constant() || addend.dtype != x.dtype)
    return LowerPair<kAdd, Numbers>(node);
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{x, addend}));
  StatusOr<Value> y = Value();
  const bool taken = CountOf(tail) == x.columns() && Floats::Visit(x.dtype, [&]<typename T>() {
                       y = EmitAddConstant<T>(node, x, addend, tail);
                     });
  if (!taken) return LowerPair<kAdd, Numbers>(node);
  RETURN_IF_ERROR(y.status());
  node.Give(0, *std::move(y));
  return OkStatus();
}

template <typename T>
class SubtractRowStep final : public RowSubtraction {
 public:
  SubtractRowStep(const Value& from, const Value& less, const Value& to)
      : from_(from.slot), less_(less.slot), to_(to.slot), columns_(to.columns()) {}

  Status Run(const Block& block) const override {
    for (size_t r = 0; r < block.rows; ++r)
      ApplyRow(kSubtract, block.In<T>(from_) + r * columns_, false, block.In<T>(less_) + r, true,
               columns_, block.Out<T>(to_) + r * columns_);
    return OkStatus();
  }

 private:
  const Slot from_;
  const Slot less_;
  const Slot to_;
  const size_t columns_;
};

/// One number a row from all its columns: what products take.
[[gnu::cold]] Status LowerSub(Lowering& node) {
  const Value& x = node.input(0);
  const Value& less = node.input(1);
  const bool by_row = x.rows() && less.rows() && !x.row_vector && !less.row_vector &&
                      x.rank() == less.rank() && x.dtype == less.dtype && x.columns() > 1 &&
                      less.columns() == 1;
  if (!by_row || (x.dtype != DType::kFp32 && x.dtype != DType::kFp64))
    return LowerPair<kSubtract, Numbers>(node);
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, x.tail));
  Floats::Visit(x.dtype, [&]<typename T>() {
    node.Emit(std::make_unique<SubtractRowStep<T>>(x, less, y), {x.slot, less.slot}, {y.slot});
  });
  node.Give(0, y);
  return OkStatus();
}

constexpr bool kSwapped = true;

}  // namespace

std::span<const Operator> PairOperators() {
  static constexpr Operator kOperators[] = {
      {"", "Add", LowerAdd, 2},
      {"", "And", LowerPair<std::logical_and<bool>{}, Types<bool>>, 2},
      {"", "Div", LowerPair<std::divides<>{}, Floats>, 2},
      {"", "Equal", LowerPair<std::equal_to<>{}, Everything>, 2},
      {"", "Greater", LowerPair<std::less<>{}, Everything, kSwapped>, 2},
      {"", "GreaterOrEqual", LowerPair<std::less_equal<>{}, Everything, kSwapped>, 2},
      {"", "Less", LowerPair<std::less<>{}, Everything>, 2},
      {"", "LessOrEqual", LowerPair<std::less_equal<>{}, Everything>, 2},
      {"", "Max", LowerMany<kLarger>, 1, kAnyNumber},
      {"", "Min", LowerMany<kSmaller>, 1, kAnyNumber},
      {"", "Mul", LowerPair<kMultiply, Numbers>, 2},
      {"", "Or", LowerPair<std::logical_or<bool>{}, Types<bool>>, 2},
      {"", "Mod", LowerMod<kRemainder>, 2},
      {"", "Pow", LowerPair<kPower, Floats>, 2},
      {"", "Sub", LowerSub, 2},
      {"", "Sum", LowerMany<kAdd>, 1, kAnyNumber},
      {"", "Xor", LowerPair<std::not_equal_to<>{}, Types<bool>>, 2},
  };
  return kOperators;
}

}  // namespace slipway::tabular
