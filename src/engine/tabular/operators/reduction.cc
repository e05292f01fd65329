#include "engine/tabular/operators/reduction.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/tabular/arithmetic/arithmetic.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

Axis AxisOf(const Shape& tail, size_t begin, size_t end) {
  Axis axis;
  for (size_t i = 0; i < tail.size(); ++i)
    (i < begin ? axis.outer : i < end ? axis.length : axis.inner) *= static_cast<size_t>(tail[i]);
  return axis;
}

// ---- ArgMax, ArgMin

template <typename T, bool kLargest>
size_t Extreme(const T* x, const Axis& axis, bool last) {
  size_t best = 0;
  for (size_t k = 1; k < axis.length; ++k) {
    const T value = x[k * axis.inner], so_far = x[best * axis.inner];
    const bool better = kLargest ? value > so_far : value < so_far;
    if (better || (last && value == so_far)) best = k;
  }
  return best;
}

template <bool kLargest>
[[gnu::cold]] Status LowerArg(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(node.Int("axis", 0), x));
  if (x.tail[at] < 1) return node.Bad("no columns to choose from");
  Shape tail = x.tail;
  tail[at] = 1;
  if (node.Int("keepdims", 1) == 0) tail.erase(tail.begin() + static_cast<ptrdiff_t>(at));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kInt64, tail));
  const bool last = node.Int("select_last_index", 0) != 0;
  const auto emit = [&]<typename T>() {
    node.Emit(MakeStep([=, axis = AxisOf(x.tail, at, at + 1), from = x.slot,
                        to = y.slot](const Block& block) {
                const T* in = block.In<T>(from);
                int64_t* out = block.Out<int64_t>(to);
                axis.ForEach(block.rows, [&](size_t first, size_t place) {
                  out[place] = static_cast<int64_t>(Extreme<T, kLargest>(in + first, axis, last));
                });
              }),
              {x.slot}, {y.slot});
  };
  if (x.dtype == DType::kFp32) {
    emit.template operator()<float>();
  } else if (x.dtype == DType::kFp64) {
    emit.template operator()<double>();
  } else if (x.dtype == DType::kInt64) {
    emit.template operator()<int64_t>();
  } else {
    return node.Unsupported("input 0 is {}", x.ToString());
  }
  node.Give(0, y);
  return OkStatus();
}

// ---- sums and the like

struct Sum {
  static constexpr bool kIntegers = true;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T sum = 0;
    for (size_t k = 0; k < axis.length; ++k) sum += x[k * axis.inner];
    return sum;
  }
};
struct Mean {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    return Sum::Of(x, axis) / static_cast<T>(axis.length);
  }
};
struct Product {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T product = 1;
    for (size_t k = 0; k < axis.length; ++k) product *= x[k * axis.inner];
    return product;
  }
};
struct SumOfMagnitudes {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T sum = 0;
    for (size_t k = 0; k < axis.length; ++k) sum += std::fabs(x[k * axis.inner]);
    return sum;
  }
};
struct SumOfSquares {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T sum = 0;
    for (size_t k = 0; k < axis.length; ++k) sum += x[k * axis.inner] * x[k * axis.inner];
    return sum;
  }
};
struct Length {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    return std::sqrt(SumOfSquares::Of(x, axis));
  }
};
struct Largest {
  static constexpr bool kIntegers = true;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T best = std::numeric_limits<T>::lowest();
    if constexpr (std::is_floating_point_v<T>) best = -std::numeric_limits<T>::infinity();
    for (size_t k = 0; k < axis.length; ++k) {
      const T value = x[k * axis.inner];
      if (value > best || value != value) best = value;
      if (best != best) break;
    }
    return best;
  }
};
struct Smallest {
  static constexpr bool kIntegers = true;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    T best = std::numeric_limits<T>::max();
    if constexpr (std::is_floating_point_v<T>) best = std::numeric_limits<T>::infinity();
    for (size_t k = 0; k < axis.length; ++k) {
      const T value = x[k * axis.inner];
      if (value < best || value != value) best = value;
      if (best != best) break;
    }
    return best;
  }
};
struct LogOfSumOfExp {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    const T largest = Largest::Of(x, axis);
    if (!std::isfinite(largest)) return largest;
    const Arithmetic& arithmetic = BestArithmetic();
    double sum = 0;
    for (size_t k = 0; k < axis.length; ++k) {
      double e = static_cast<double>(x[k * axis.inner]) - static_cast<double>(largest);
      arithmetic.exp_f64(&e, 1, &e);
      sum += e;
    }
    arithmetic.log_f64(&sum, 1, &sum);
    return static_cast<T>(sum + static_cast<double>(largest));
  }
};
struct LogOfSum {
  static constexpr bool kIntegers = false;
  template <typename T>
  static T Of(const T* x, const Axis& axis) {
    double sum = static_cast<double>(Sum::Of(x, axis));
    BestArithmetic().log_f64(&sum, 1, &sum);
    return static_cast<T>(sum);
  }
};

/// The columns that a node reduces: neighbours, and not the rows.
StatusOr<std::pair<size_t, size_t>> ReducedAxes(const Lowering& node, const Value& x) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> axes, node.Integers(1, "axes"));
  if (axes.empty())
    return node.Unsupported("all dimensions of {}, the rows with them", x.ToString());
  std::vector<size_t> columns;
  for (const int64_t axis : axes) {
    ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(axis, x));
    columns.push_back(at);
  }
  std::ranges::sort(columns);
  for (size_t i = 1; i < columns.size(); ++i)
    if (columns[i] != columns[i - 1] + 1) return node.Unsupported("axes that are not neighbours");
  return std::pair(columns.front(), columns.back() + 1);
}

template <typename F, typename T, typename Base>
class ReduceStep final : public Base {
 public:
  ReduceStep(Slot from, Slot to, const Axis& axis) : from_(from), to_(to), axis_(axis) {}

  Status Run(const Block& block) const override {
    const T* in = block.In<T>(from_);
    T* out = block.Out<T>(to_);
    axis_.ForEach(block.rows, [&](size_t first, size_t place) {
      out[place] = F::template Of<T>(in + first, axis_);
    });
    return OkStatus();
  }

  bool Fits(std::span<const SlotPlan> slots) const override {
    const size_t groups = axis_.outer * axis_.inner;
    return slots[from_].row_bytes == groups * axis_.length * sizeof(T) &&
           slots[to_].row_bytes == groups * sizeof(T);
  }

  const Axis& axis() const { return axis_; }

 private:
  const Slot from_;
  const Slot to_;
  const Axis axis_;
};

template <typename F, typename T>
std::unique_ptr<Step> MakeReduce(Slot from, Slot to, const Axis& axis) {
  constexpr bool kSum = std::is_same_v<F, Sum> && std::is_floating_point_v<T>;
  return std::make_unique<ReduceStep<F, T, std::conditional_t<kSum, AxisSum, Step>>>(from, to,
                                                                                     axis);
}

template <typename F>
[[gnu::cold]] Status LowerReduce(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const auto axes, ReducedAxes(node, x));
  const auto [begin, end] = axes;
  Shape tail(x.tail.begin(), x.tail.begin() + static_cast<ptrdiff_t>(begin));
  if (node.Int("keepdims", 1) != 0) tail.insert(tail.end(), end - begin, 1);
  tail.insert(tail.end(), x.tail.begin() + static_cast<ptrdiff_t>(end), x.tail.end());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, tail));
  const auto give = [&]<typename T>() {
    node.Emit(MakeReduce<F, T>(x.slot, y.slot, AxisOf(x.tail, begin, end)), {x.slot}, {y.slot});
    node.Give(0, y);
    return OkStatus();
  };
  if (x.dtype == DType::kFp32) return give.template operator()<float>();
  if (x.dtype == DType::kFp64) return give.template operator()<double>();
  if constexpr (F::kIntegers)
    if (x.dtype == DType::kInt64) return give.template operator()<int64_t>();
  return node.Unsupported("input 0 is {}", x.ToString());
}

// ---- Softmax

template <typename T>
void SoftmaxRows(const Arithmetic& arithmetic, const T* in, size_t rows, size_t columns, T* out) {
  for (size_t r = 0; r < rows; ++r) {
    const T* const row = in + r * columns;
    T largest = row[0];
    for (size_t k = 1; k < columns; ++k) largest = row[k] > largest ? row[k] : largest;
    for (size_t k = 0; k < columns; ++k) out[r * columns + k] = row[k] - largest;
  }
  arithmetic.Exp(out, rows * columns, out);
  for (size_t r = 0; r < rows; ++r) {
    T* const row = out + r * columns;
    T sum = 0;
    for (size_t k = 0; k < columns; ++k) sum += row[k];
    for (size_t k = 0; k < columns; ++k) row[k] /= sum;
  }
}

[[gnu::cold]] Status LowerSoftmax(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  const int64_t axis = node.Int("axis", node.opset() < 13 ? 1 : -1);
  ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(axis, x));
  // Before operator set 13 it took everything from the axis on together.
  if (at + 1 != x.tail.size() || x.columns() == 0)
    return node.Unsupported("axis {} of {}", axis, x.ToString());
  if (x.dtype != DType::kFp32 && x.dtype != DType::kFp64)
    return node.Unsupported("input 0 is {}", x.ToString());
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, x.tail));
  EmitSoftmax(node, x, y, static_cast<size_t>(x.tail.back()));
  node.Give(0, y);
  return OkStatus();
}

}  // namespace

[[gnu::cold]] void EmitSoftmax(Lowering& node, const Value& x, const Value& y, size_t length) {
  const auto emit = [&]<typename T>() {
    node.Emit(MakeStep([=, groups = x.columns() / length, from = x.slot, to = y.slot,
                        &arithmetic = BestArithmetic()](const Block& block) {
                SoftmaxRows(arithmetic, block.In<T>(from), block.rows * groups, length,
                            block.Out<T>(to));
              }),
              {x.slot}, {y.slot});
  };
  if (x.dtype == DType::kFp32)
    emit.template operator()<float>();
  else
    emit.template operator()<double>();
}

[[gnu::cold]] StatusOr<Value> EmitArgMax(Lowering& node, const Value& x) {
  ASSIGN_OR_RETURN(const Value y, node.NewRows(DType::kInt64, {}));
  const auto emit = [&]<typename T>() {
    node.Emit(MakeStep([from = x.slot, to = y.slot, columns = x.columns()](const Block& block) {
                for (size_t r = 0; r < block.rows; ++r)
                  block.Out<int64_t>(to)[r] = static_cast<int64_t>(Extreme<T, true>(
                      block.In<T>(from) + r * columns, Axis{.length = columns}, false));
              }),
              {x.slot}, {y.slot});
  };
  if (x.dtype == DType::kFp32)
    emit.template operator()<float>();
  else
    emit.template operator()<double>();
  return y;
}

std::span<const Operator> ReductionOperators() {
  static constexpr Operator kOperators[] = {
      {"", "ArgMax", LowerArg<true>},
      {"", "ArgMin", LowerArg<false>},
      {"", "ReduceL1", LowerReduce<SumOfMagnitudes>, 1, 2},
      {"", "ReduceL2", LowerReduce<Length>, 1, 2},
      {"", "ReduceLogSum", LowerReduce<LogOfSum>, 1, 2},
      {"", "ReduceLogSumExp", LowerReduce<LogOfSumOfExp>, 1, 2},
      {"", "ReduceMax", LowerReduce<Largest>, 1, 2},
      {"", "ReduceMean", LowerReduce<Mean>, 1, 2},
      {"", "ReduceMin", LowerReduce<Smallest>, 1, 2},
      {"", "ReduceProd", LowerReduce<Product>, 1, 2},
      {"", "ReduceSum", LowerReduce<Sum>, 1, 2},
      {"", "ReduceSumSquare", LowerReduce<SumOfSquares>, 1, 2},
      {"", "Softmax", LowerSoftmax},
  };
  return kOperators;
}

}  // namespace slipway::tabular
