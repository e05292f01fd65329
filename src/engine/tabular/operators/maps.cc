// What is computed from one operand, number by number.

#include <cmath>
#include <limits>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/operand.h"

namespace slipway::tabular {
namespace {

/// y = f(x), of the type that f returns.
template <typename T, typename F>
[[gnu::cold]] Status GiveMap(Lowering& node, const Value& x, F f) {
  using Out = std::invoke_result_t<F, T>;
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DTypeOf<Out>(), x.tail));
  node.Emit(MakeStep([f, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              const T* in = block.In<T>(from);
              Out* out = block.Out<Out>(to);
              for (size_t i = 0; i < block.rows * columns; ++i) out[i] = f(in[i]);
            }),
            {x.slot}, {y.slot});
  node.Give(0, y);
  return OkStatus();
}

template <auto kFunction, typename Allowed = Floats>
[[gnu::cold]] Status LowerMap(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  Status given = node.Unsupported("input 0 is {}", x.ToString());
  Allowed::Visit(x.dtype, [&]<typename T>() { given = GiveMap<T>(node, x, kFunction); });
  return given;
}

/// A function of the arithmetic that has variants.
template <auto kF32, auto kF64>
[[gnu::cold]] Status LowerFunction(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, x.tail));
  const bool allowed = Floats::Visit(x.dtype, [&]<typename T>() {
    void (*function)(const T*, size_t, T*);
    if constexpr (std::is_same_v<T, float>)
      function = BestArithmetic().*kF32;
    else
      function = BestArithmetic().*kF64;
    node.Emit(MakeStep([=, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
                function(block.In<T>(from), block.rows * columns, block.Out<T>(to));
              }),
              {x.slot}, {y.slot});
  });
  if (!allowed) return node.Unsupported("input 0 is {}", x.ToString());
  node.Give(0, y);
  return OkStatus();
}

template <typename T>
class ReluStep final : public Relu {
 public:
  ReluStep(const Value& from, const Value& to)
      : from_(from.slot), to_(to.slot), columns_(from.columns()) {}

  Status Run(const Block& block) const override {
    const T* in = block.In<T>(from_);
    T* out = block.Out<T>(to_);
    for (size_t i = 0; i < block.rows * columns_; ++i) out[i] = in[i] < 0 ? 0 : in[i];
    return OkStatus();
  }

 private:
  const Slot from_;
  const Slot to_;
  const size_t columns_;
};

[[gnu::cold]] Status LowerRelu(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, x.tail));
  const bool allowed = Floats::Visit(x.dtype, [&]<typename T>() {
    node.Emit(std::make_unique<ReluStep<T>>(x, y), {x.slot}, {y.slot});
  });
  if (!allowed) return node.Unsupported("input 0 is {}", x.ToString());
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerIsInf(Lowering& node) {
  if (node.Int("detect_negative", 1) != 1 || node.Int("detect_positive", 1) != 1)
    return node.Unsupported("only infinities of both signs are looked for");
  return LowerMap<[](auto x) { return std::isinf(x); }>(node);
}

/// A bound of Clip, from input i or, in older operator sets, an attribute.
StatusOr<double> Bound(const Lowering& node, size_t i, std::string_view name, double otherwise) {
  if (node.has(i)) {
    ASSIGN_OR_RETURN(const auto tensor, node.Constant(i));
    const auto bound = NumberOf(*tensor);
    if (!bound) return node.Unsupported("bound {}", node.input(i).ToString());
    return *bound;
  }
  const auto* attribute = node.attribute(name);
  return attribute == nullptr ? otherwise : attribute->f();
}

[[gnu::cold]] Status LowerClip(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ASSIGN_OR_RETURN(const double low, Bound(node, 1, "min", -kInfinity));
  ASSIGN_OR_RETURN(const double high, Bound(node, 2, "max", kInfinity));
  Status given = node.Unsupported("input 0 is {}", x.ToString());
  Floats::Visit(x.dtype, [&]<typename T>() {
    given = GiveMap<T>(node, x, [low = static_cast<T>(low), high = static_cast<T>(high)](T v) {
      v = v < low ? low : v;
      return v > high ? high : v;
    });
  });
  return given;
}

template <typename T>
constexpr T SignOf(T x) {
  return x > 0 ? T{1} : x < 0 ? T{-1} : x == 0 ? T{0} : x;
}

}  // namespace

std::span<const Operator> MapOperators() {
  static constexpr Operator kOperators[] = {
      {"", "Abs", LowerMap<[](auto x) { return std::fabs(x); }>},
      {"", "Ceil", LowerMap<[](auto x) { return std::ceil(x); }>},
      {"", "Clip", LowerClip, 1, 3},
      {"", "Cos", LowerMap<[](auto x) { return std::cos(x); }>},
      {"", "Erf", LowerMap<[](auto x) { return std::erf(x); }>},
      {"", "Exp", LowerFunction<&Arithmetic::exp_f32, &Arithmetic::exp_f64>},
      {"", "Floor", LowerMap<[](auto x) { return std::floor(x); }>},
      {"", "IsInf", LowerIsInf},
      {"", "IsNaN", LowerMap<[](auto x) { return x != x; }>},
      {"", "Log", LowerFunction<&Arithmetic::log_f32, &Arithmetic::log_f64>},
      {"", "Neg", LowerMap<[](auto x) { return -x; }>},
      {"", "Not", LowerMap<[](bool x) { return !x; }, Types<bool>>},
      {"", "Reciprocal", LowerMap<[](auto x) { return 1 / x; }>},
      {"", "Relu", LowerRelu},
      {"", "Round", LowerMap<[](auto x) { return std::nearbyint(x); }>},
      {"", "Sigmoid", LowerFunction<&Arithmetic::sigmoid_f32, &Arithmetic::sigmoid_f64>},
      {"", "Sign", LowerMap<[](auto x) { return SignOf(x); }>},
      {"", "Sin", LowerMap<[](auto x) { return std::sin(x); }>},
      {"", "Sqrt", LowerMap<[](auto x) { return std::sqrt(x); }>},
      {"", "Tanh", LowerFunction<&Arithmetic::tanh_f32, &Arithmetic::tanh_f64>},
  };
  return kOperators;
}

}  // namespace slipway::tabular
