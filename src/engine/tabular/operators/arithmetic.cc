// What is computed number by number: one or two operands, and Where.

#include <algorithm>
#include <cmath>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/linear.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

// ---- operands

/// An operand of a step that makes `columns` values a row: as many, or one for all of them.
template <typename T>
struct Operand {
  Slot slot = kNoSlot;
  Elements<T> constant;
  std::shared_ptr<const Tensor> owner;  // of strings in `constant`
  bool single = false;

  const T* Row(const Block& block, size_t row, size_t columns) const {
    if (slot == kNoSlot) return constant.data();
    return block.In<T>(slot) + row * (single ? 1 : columns);
  }
  bool fixed() const { return slot == kNoSlot; }
  /// Rows in a row are like one long row.
  bool joins() const { return fixed() == single; }
};

/// The shape of one row's values under ONNX's broadcasting, aligned at the last dimension.
std::optional<Shape> Broadcast(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()), 1);
  for (size_t i = 0; i < out.size(); ++i) {
    const int64_t x = i < a.size() ? a[a.size() - 1 - i] : 1;
    const int64_t y = i < b.size() ? b[b.size() - 1 - i] : 1;
    if (x != y && x != 1 && y != 1) return std::nullopt;
    out[out.size() - 1 - i] = x == 1 ? y : x;
  }
  return out;
}

/// For each value of a row of shape `out`, which of a row of shape `in` it is.
std::vector<size_t> SourceColumns(const Shape& in, const Shape& out) {
  size_t count = 1;
  for (const int64_t dim : out) count *= static_cast<size_t>(dim);
  std::vector<size_t> sources(count, 0);
  size_t inner = 1, stride = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    const auto size = static_cast<size_t>(in[in.size() - 1 - i]);
    const auto length = static_cast<size_t>(out[out.size() - 1 - i]);
    if (size > 1)
      for (size_t at = 0; at < count; ++at) sources[at] += at / inner % length * stride;
    inner *= length;
    stride *= size;
  }
  return sources;
}

size_t CountOf(const Shape& shape) {
  size_t count = 1;
  for (const int64_t dim : shape) count *= static_cast<size_t>(dim);
  return count;
}

/// The row shapes of a node's inputs, broadcast together: a constant has no rows of its own.
StatusOr<Shape> BroadcastTail(const Lowering& node, std::span<const Value> operands) {
  size_t rank = 0;
  for (const Value& value : operands)
    if (value.rows()) rank = std::max(rank, value.rank());
  Shape tail;
  for (const Value& value : operands) {
    Shape own = value.tail;
    bool fits = value.rank() == rank;
    if (value.is_constant()) {
      own = value.constant->shape;
      // Of full rank, its first dimension lies along the rows.
      fits = own.size() < rank || (own.size() == rank && own.front() == 1);
      if (own.size() == rank && fits) own.erase(own.begin());
      fits = fits || CountOf(own) == 1;
      if (CountOf(own) == 1 && own.size() >= rank) own.assign(rank - 1, 1);
    }
    const auto both = Broadcast(tail, own);
    if (!fits || !both)
      return node.Unsupported("{} does not meet {}", value.ToString(), operands.front().ToString());
    tail = *both;
  }
  if (CountOf(tail) * sizeof(double) > kMaxRowBytes)
    return node.Unsupported("one row takes more than {} bytes", kMaxRowBytes);
  return tail;
}

template <typename T>
Operand<T> OperandOf(Lowering& node, const Value& value, const Shape& tail) {
  const size_t columns = CountOf(tail);
  Operand<T> operand;
  if (value.is_constant()) {
    operand.owner = value.constant;
    const auto elements = ElementsOf<T>(*value.constant);
    operand.single = elements.size() == 1;
    if (operand.single) {
      operand.constant = elements;
      return operand;
    }
    Shape own = value.constant->shape;
    if (own.size() > tail.size()) own.erase(own.begin());
    for (const size_t source : SourceColumns(own, tail))
      operand.constant.push_back(elements[source]);
    return operand;
  }
  operand.slot = value.slot;
  operand.single = value.columns() == 1;
  if (operand.single || value.columns() == columns) return operand;
  // Neither all nor one: spread over the row first.
  const Value spread = node.NewRows(value.dtype, tail);
  node.Emit(MakeStep([from = value.slot, to = spread.slot, width = value.columns(),
                      sources = SourceColumns(value.tail, tail)](const Block& block) {
              T* out = block.Out<T>(to);
              for (size_t r = 0; r < block.rows; ++r)
                for (const size_t source : sources) *out++ = block.In<T>(from)[r * width + source];
            }),
            {value.slot}, {spread.slot});
  operand.slot = spread.slot;
  return operand;
}

// ---- two operands

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

template <typename Out, typename T, typename F>
Value EmitPair(Lowering& node, const Value& a, const Value& b, const Shape& tail, DType dtype,
               F f) {
  Operand<T> left = OperandOf<T>(node, a, tail), right = OperandOf<T>(node, b, tail);
  const Value y = node.NewRows(dtype, tail);
  std::vector<Slot> reads;
  if (!left.fixed()) reads.push_back(left.slot);
  if (!right.fixed()) reads.push_back(right.slot);
  const size_t columns = CountOf(tail);
  // One value a row next to one value a row are both "all of the row".
  if (columns == 1) {
    if (!left.fixed()) left.single = false;
    if (!right.fixed()) right.single = false;
  }
  const bool joined = left.joins() && right.joins();
  node.Emit(MakeStep([=, to = y.slot](const Block& block) {
              const size_t rows = joined ? 1 : block.rows;
              const size_t width = joined ? block.rows * columns : columns;
              for (size_t r = 0; r < rows; ++r)
                ApplyRow(f, left.Row(block, r, columns), left.single, right.Row(block, r, columns),
                         right.single, width, block.Out<Out>(to) + r * columns);
            }),
            std::move(reads), {y.slot});
  return y;
}

// Whole numbers wrap around, as they do in ONNX Runtime; C++ leaves that open for signed ones.
template <typename T, typename F>
T Wrapping(F f, T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    using Unsigned = std::make_unsigned_t<T>;
    return static_cast<T>(f(static_cast<Unsigned>(a), static_cast<Unsigned>(b)));
  } else {
    return f(a, b);
  }
}

struct Add {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping([](auto x, auto y) { return x + y; }, a, b);
  }
};
struct Subtract {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping([](auto x, auto y) { return x - y; }, a, b);
  }
};
struct Multiply {
  template <typename T>
  T operator()(T a, T b) const {
    return Wrapping([](auto x, auto y) { return x * y; }, a, b);
  }
};
struct Divide {
  template <typename T>
  T operator()(T a, T b) const {
    return a / b;
  }
};
struct Power {
  template <typename T>
  T operator()(T a, T b) const {
    return std::pow(a, b);
  }
};
// NaN wins, as ONNX has it.
struct Smaller {
  template <typename T>
  T operator()(T a, T b) const {
    return b < a || b != b ? b : a;
  }
};
struct Larger {
  template <typename T>
  T operator()(T a, T b) const {
    return b > a || b != b ? b : a;
  }
};

StatusOr<Value> Operands(const Lowering& node, size_t i) {
  const Value& value = node.input(i);
  if ((value.rows() && !value.row_vector) || value.is_constant()) return value;
  return node.Unsupported("input {} is {}", i, value.ToString());
}

struct Pair {
  Value a, b;
  Shape tail;
};

StatusOr<Pair> PairOf(const Lowering& node) {
  Pair pair;
  ASSIGN_OR_RETURN(pair.a, Operands(node, 0));
  ASSIGN_OR_RETURN(pair.b, Operands(node, 1));
  if (pair.a.dtype != pair.b.dtype)
    return node.Unsupported("{} and {}", pair.a.ToString(), pair.b.ToString());
  if (!pair.a.rows() && !pair.b.rows()) return node.Unsupported("both inputs are constants");
  ASSIGN_OR_RETURN(pair.tail, BroadcastTail(node, std::vector<Value>{pair.a, pair.b}));
  return pair;
}

template <typename F>
StatusOr<Value> EmitNumbers(Lowering& node, const Value& a, const Value& b, const Shape& tail) {
  switch (a.dtype) {
    case DType::kFp32:
      return EmitPair<float, float>(node, a, b, tail, a.dtype, F());
    case DType::kFp64:
      return EmitPair<double, double>(node, a, b, tail, a.dtype, F());
    case DType::kInt32:
      if constexpr (!std::is_same_v<F, Divide> && !std::is_same_v<F, Power>)
        return EmitPair<int32_t, int32_t>(node, a, b, tail, a.dtype, F());
      break;
    case DType::kInt64:
      if constexpr (!std::is_same_v<F, Divide> && !std::is_same_v<F, Power>)
        return EmitPair<int64_t, int64_t>(node, a, b, tail, a.dtype, F());
      break;
    default:
      break;
  }
  return node.Unsupported("input 0 is {}", a.ToString());
}

template <typename F>
Status LowerNumbers(Lowering& node) {
  ASSIGN_OR_RETURN(const Pair pair, PairOf(node));
  ASSIGN_OR_RETURN(Value y, EmitNumbers<F>(node, pair.a, pair.b, pair.tail));
  node.Give(0, y);
  return OkStatus();
}

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
  return LowerNumbers<Add>(node);
}

/// Min and Max take any number of operands: two by two.
template <typename F>
Status LowerMany(Lowering& node) {
  ASSIGN_OR_RETURN(Value y, Operands(node, 0));
  for (size_t i = 1; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Value next, Operands(node, i));
    if (next.dtype != y.dtype || (!y.rows() && !next.rows()))
      return node.Unsupported("{} and {}", y.ToString(), next.ToString());
    ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{y, next}));
    ASSIGN_OR_RETURN(y, EmitNumbers<F>(node, y, next, tail));
  }
  node.Give(0, y);
  return OkStatus();
}

template <typename F>
Status LowerComparison(Lowering& node) {
  ASSIGN_OR_RETURN(const Pair pair, PairOf(node));
  if (pair.a.dtype == DType::kFp16 || pair.a.dtype == DType::kBf16)
    return node.Unsupported("input 0 is {}", pair.a.ToString());
  node.Give(0, VisitType(pair.a.dtype, [&]<typename T>() {
              return EmitPair<bool, T>(node, pair.a, pair.b, pair.tail, DType::kBool, F());
            }));
  return OkStatus();
}

template <typename F>
Status LowerLogic(Lowering& node) {
  ASSIGN_OR_RETURN(const Pair pair, PairOf(node));
  if (pair.a.dtype != DType::kBool) return node.Unsupported("input 0 is {}", pair.a.ToString());
  node.Give(0, EmitPair<bool, bool>(node, pair.a, pair.b, pair.tail, DType::kBool, F()));
  return OkStatus();
}

// ---- one operand

template <typename Out, typename T, typename F>
Value EmitMap(Lowering& node, const Value& x, DType dtype, F f) {
  const Value y = node.NewRows(dtype, x.tail);
  node.Emit(MakeStep([f, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
              const T* in = block.In<T>(from);
              Out* out = block.Out<Out>(to);
              for (size_t i = 0; i < block.rows * columns; ++i) out[i] = f(in[i]);
            }),
            {x.slot}, {y.slot});
  return y;
}

template <typename F>
Status LowerMap(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype == DType::kFp32) {
    node.Give(0, EmitMap<float, float>(node, x, x.dtype, F()));
  } else if (x.dtype == DType::kFp64) {
    node.Give(0, EmitMap<double, double>(node, x, x.dtype, F()));
  } else {
    return node.Unsupported("input 0 is {}", x.ToString());
  }
  return OkStatus();
}

struct Relu {
  template <typename T>
  T operator()(T x) const {
    return x < 0 ? T{0} : x;
  }
};
struct Negate {
  template <typename T>
  T operator()(T x) const {
    return -x;
  }
};
struct Magnitude {
  template <typename T>
  T operator()(T x) const {
    return std::fabs(x);
  }
};
struct SquareRoot {
  template <typename T>
  T operator()(T x) const {
    return std::sqrt(x);
  }
};
struct Reciprocal {
  template <typename T>
  T operator()(T x) const {
    return 1 / x;
  }
};
struct RoundDown {
  template <typename T>
  T operator()(T x) const {
    return std::floor(x);
  }
};
struct RoundUp {
  template <typename T>
  T operator()(T x) const {
    return std::ceil(x);
  }
};
struct RoundToEven {
  template <typename T>
  T operator()(T x) const {
    return std::nearbyint(x);
  }
};
struct SignOf {
  template <typename T>
  T operator()(T x) const {
    return x > 0 ? T{1} : x < 0 ? T{-1} : x;
  }
};
struct Sine {
  template <typename T>
  T operator()(T x) const {
    return std::sin(x);
  }
};
struct Cosine {
  template <typename T>
  T operator()(T x) const {
    return std::cos(x);
  }
};
struct ErrorFunction {
  template <typename T>
  T operator()(T x) const {
    return std::erf(x);
  }
};

/// A function of the arithmetic that has variants.
template <auto kF32, auto kF64>
Status LowerFunction(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  const Value y = node.NewRows(x.dtype, x.tail);
  const auto emit = [&]<typename T>(void (*function)(const T*, size_t, T*)) {
    node.Emit(MakeStep([=, from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
                function(block.In<T>(from), block.rows * columns, block.Out<T>(to));
              }),
              {x.slot}, {y.slot});
  };
  if (x.dtype == DType::kFp32) {
    emit(BestArithmetic().*kF32);
  } else if (x.dtype == DType::kFp64) {
    emit(BestArithmetic().*kF64);
  } else {
    return node.Unsupported("input 0 is {}", x.ToString());
  }
  node.Give(0, y);
  return OkStatus();
}

template <typename F>
Status LowerTest(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype == DType::kFp32) {
    node.Give(0, EmitMap<bool, float>(node, x, DType::kBool, F()));
  } else if (x.dtype == DType::kFp64) {
    node.Give(0, EmitMap<bool, double>(node, x, DType::kBool, F()));
  } else {
    return node.Unsupported("input 0 is {}", x.ToString());
  }
  return OkStatus();
}

struct IsNotANumber {
  template <typename T>
  bool operator()(T x) const {
    return x != x;
  }
};
struct IsInfinite {
  template <typename T>
  bool operator()(T x) const {
    return std::isinf(x);
  }
};

Status LowerIsInf(Lowering& node) {
  if (node.Int("detect_negative", 1) != 1 || node.Int("detect_positive", 1) != 1)
    return node.Unsupported("only infinities of both signs are looked for");
  return LowerTest<IsInfinite>(node);
}

Status LowerNot(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (x.dtype != DType::kBool) return node.Unsupported("input 0 is {}", x.ToString());
  node.Give(0, EmitMap<bool, bool>(node, x, DType::kBool, std::logical_not<bool>()));
  return OkStatus();
}

/// A bound of Clip, from input i or, in older operator sets, an attribute.
StatusOr<std::optional<double>> Bound(const Lowering& node, size_t i, std::string_view name) {
  if (node.has(i)) {
    ASSIGN_OR_RETURN(const auto tensor, node.Constant(i));
    return NumberOf(*tensor);
  }
  if (const auto* attribute = node.attribute(name)) return attribute->f();
  return std::nullopt;
}

Status LowerClip(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  ASSIGN_OR_RETURN(const auto lowest, Bound(node, 1, "min"));
  ASSIGN_OR_RETURN(const auto highest, Bound(node, 2, "max"));
  const double low = lowest.value_or(-kInfinity), high = highest.value_or(kInfinity);
  const auto clip = [&]<typename T>() {
    return EmitMap<T, T>(node, x, x.dtype,
                         [low = static_cast<T>(low), high = static_cast<T>(high)](T v) {
                           v = v < low ? low : v;
                           return v > high ? high : v;
                         });
  };
  if (x.dtype == DType::kFp32) {
    node.Give(0, clip.operator()<float>());
  } else if (x.dtype == DType::kFp64) {
    node.Give(0, clip.operator()<double>());
  } else {
    return node.Unsupported("input 0 is {}", x.ToString());
  }
  return OkStatus();
}

// ---- three

template <typename T>
Value EmitWhere(Lowering& node, const Value& which, const Value& a, const Value& b,
                const Shape& tail) {
  const auto condition = OperandOf<bool>(node, which, tail);
  const auto left = OperandOf<T>(node, a, tail), right = OperandOf<T>(node, b, tail);
  const Value y = node.NewRows(a.dtype, tail);
  std::vector<Slot> reads;
  for (const Slot slot : {condition.slot, left.slot, right.slot})
    if (slot != kNoSlot) reads.push_back(slot);
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
            std::move(reads), {y.slot});
  return y;
}

Status LowerWhere(Lowering& node) {
  ASSIGN_OR_RETURN(const Value which, Operands(node, 0));
  ASSIGN_OR_RETURN(const Value a, Operands(node, 1));
  ASSIGN_OR_RETURN(const Value b, Operands(node, 2));
  if (which.dtype != DType::kBool || a.dtype != b.dtype || a.dtype == DType::kFp16 ||
      a.dtype == DType::kBf16 || (!which.rows() && !a.rows() && !b.rows()))
    return node.Unsupported("{}, {} and {}", which.ToString(), a.ToString(), b.ToString());
  ASSIGN_OR_RETURN(const Shape tail, BroadcastTail(node, std::vector<Value>{which, a, b}));
  node.Give(
      0, VisitType(a.dtype, [&]<typename T>() { return EmitWhere<T>(node, which, a, b, tail); }));
  return OkStatus();
}

constexpr Operator kOperators[] = {
    {"", "Abs", LowerMap<Magnitude>},
    {"", "Add", LowerAdd},
    {"", "And", LowerLogic<std::logical_and<bool>>},
    {"", "Ceil", LowerMap<RoundUp>},
    {"", "Clip", LowerClip},
    {"", "Cos", LowerMap<Cosine>},
    {"", "Div", LowerNumbers<Divide>},
    {"", "Equal", LowerComparison<std::equal_to<>>},
    {"", "Erf", LowerMap<ErrorFunction>},
    {"", "Exp", LowerFunction<&Arithmetic::exp_f32, &Arithmetic::exp_f64>},
    {"", "Floor", LowerMap<RoundDown>},
    {"", "Greater", LowerComparison<std::greater<>>},
    {"", "GreaterOrEqual", LowerComparison<std::greater_equal<>>},
    {"", "IsInf", LowerIsInf},
    {"", "IsNaN", LowerTest<IsNotANumber>},
    {"", "Less", LowerComparison<std::less<>>},
    {"", "LessOrEqual", LowerComparison<std::less_equal<>>},
    {"", "Log", LowerFunction<&Arithmetic::log_f32, &Arithmetic::log_f64>},
    {"", "Max", LowerMany<Larger>},
    {"", "Min", LowerMany<Smaller>},
    {"", "Mul", LowerNumbers<Multiply>},
    {"", "Neg", LowerMap<Negate>},
    {"", "Not", LowerNot},
    {"", "Or", LowerLogic<std::logical_or<bool>>},
    {"", "Pow", LowerNumbers<Power>},
    {"", "Reciprocal", LowerMap<Reciprocal>},
    {"", "Relu", LowerMap<Relu>},
    {"", "Round", LowerMap<RoundToEven>},
    {"", "Sigmoid", LowerFunction<&Arithmetic::sigmoid_f32, &Arithmetic::sigmoid_f64>},
    {"", "Sign", LowerMap<SignOf>},
    {"", "Sqrt", LowerMap<SquareRoot>},
    {"", "Sin", LowerMap<Sine>},
    {"", "Sub", LowerNumbers<Subtract>},
    {"", "Sum", LowerMany<Add>},
    {"", "Tanh", LowerFunction<&Arithmetic::tanh_f32, &Arithmetic::tanh_f64>},
    {"", "Where", LowerWhere},
    {"", "Xor", LowerLogic<std::not_equal_to<bool>>},
};

}  // namespace

std::span<const Operator> ArithmeticOperators() { return kOperators; }

}  // namespace slipway::tabular
