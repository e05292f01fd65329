// What puts the columns of a row in order, or goes through them in order.

#include <algorithm>
#include <functional>
#include <numeric>

#include "engine/tabular/operators/steps.h"
#include "engine/tabular/operators/wrapping.h"

namespace slipway::tabular {
namespace {

/// Column axis `axis` of [n, k]: the only one these operators take.
Status CheckColumns(const Lowering& node, const Value& x, int64_t axis) {
  if (x.tail.size() == 1 && (axis == 1 || axis == -1)) return OkStatus();
  return node.Unsupported("axis {} of {}", axis, x.ToString());
}

/// `lower.operator()<T>()` with the type of numbers that can be ordered.
template <typename Lower>
Status ForNumbers(const Lowering& node, const Value& x, Lower lower) {
  switch (x.dtype) {
    case DType::kFp32:
      return lower.template operator()<float>();
    case DType::kFp64:
      return lower.template operator()<double>();
    case DType::kInt64:
      return lower.template operator()<int64_t>();
    default:
      return node.Unsupported("input 0 is {}", x.ToString());
  }
}

// ---- TopK

/// The first `k` of `count` columns in the order asked for, equal ones by their place; NaN counts
/// as the largest.
template <typename T>
void Rank(const T* row, size_t count, size_t k, bool largest, int64_t* order) {
  std::iota(order, order + count, 0);
  const auto before = [row, largest](int64_t a, int64_t b) {
    const T x = row[a], y = row[b];
    const bool x_nan = x != x, y_nan = y != y;
    if (x_nan != y_nan) return largest ? x_nan : y_nan;
    if (x != y && !x_nan) return largest ? x > y : x < y;
    return a < b;
  };
  std::partial_sort(order, order + k, order + count, before);
}

template <typename T>
[[gnu::cold]] Status GiveTopK(Lowering& node, const Value& x, size_t k, bool largest) {
  const auto size = static_cast<int64_t>(k);
  ASSIGN_OR_RETURN(const Value order, node.NewRows(DType::kInt64, x.tail));  // all, ranked
  ASSIGN_OR_RETURN(const Value values, node.NewRows(x.dtype, {size}));
  ASSIGN_OR_RETURN(const Value places, node.NewRows(DType::kInt64, {size}));
  node.Emit(MakeStep([=, from = x.slot, count = x.columns(), all = order.slot, first = values.slot,
                      second = places.slot](const Block& block) {
              for (size_t r = 0; r < block.rows; ++r) {
                const T* row = block.In<T>(from) + r * count;
                int64_t* ranked = block.Out<int64_t>(all) + r * count;
                Rank(row, count, k, largest, ranked);
                for (size_t i = 0; i < k; ++i) {
                  block.Out<T>(first)[r * k + i] = row[ranked[i]];
                  block.Out<int64_t>(second)[r * k + i] = ranked[i];
                }
              }
            }),
            {x.slot}, {order.slot, values.slot, places.slot});
  node.Give(0, values);
  node.Give(1, places);
  return OkStatus();
}

[[gnu::cold]] Status LowerTopK(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  RETURN_IF_ERROR(CheckColumns(node, x, node.Int("axis", -1)));
  std::vector<int64_t> k = {node.Int("k", -1)};  // an attribute before operator set 10
  if (node.has(1)) {
    ASSIGN_OR_RETURN(k, node.Integers(1, ""));
  }
  if (k.size() != 1 || k[0] < 0 || k[0] > x.tail[0])
    return node.Bad("the first {} of {}", ToString(k), x.ToString());
  return ForNumbers(node, x, [&]<typename T>() {
    return GiveTopK<T>(node, x, static_cast<size_t>(k[0]), node.Int("largest", 1) != 0);
  });
}

// ---- CumSum

[[gnu::cold]] Status LowerCumSum(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const std::vector<int64_t> axis, node.Integers(1, ""));
  if (axis.size() != 1) return node.Bad("axis {}", ToString(axis));
  RETURN_IF_ERROR(CheckColumns(node, x, axis[0]));
  if (node.Int("exclusive", 0) != 0 || node.Int("reverse", 0) != 0)
    return node.Unsupported("only inclusive sums from the front are supported");
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, x.tail));
  return ForNumbers(node, x, [&]<typename T>() {
    node.Emit(MakeStep([from = x.slot, to = y.slot, count = x.columns()](const Block& block) {
                for (size_t r = 0; r < block.rows; ++r)
                  std::partial_sum(block.In<T>(from) + r * count,
                                   block.In<T>(from) + (r + 1) * count,
                                   block.Out<T>(to) + r * count, Wrapping<std::plus<>{}, T>);
              }),
              {x.slot}, {y.slot});
    node.Give(0, y);
    return OkStatus();
  });
}

// ---- GatherElements

[[gnu::cold]] Status LowerGatherElements(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(const Value index, node.Matrix(1, {DType::kInt64}));
  RETURN_IF_ERROR(CheckColumns(node, x, node.Int("axis", 0)));
  RETURN_IF_ERROR(CheckColumns(node, index, 1));
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, index.tail));
  return ForNumbers(node, x, [&]<typename T>() {
    node.Emit(MakeStep([from = x.slot, places = index.slot, to = y.slot,
                        length = static_cast<int64_t>(x.columns()),
                        count = index.columns()](const Block& block) {
                for (size_t i = 0; i < block.rows * count; ++i) {
                  const int64_t given = block.In<int64_t>(places)[i];
                  const int64_t at = given < 0 ? given + length : given;
                  if (at < 0 || at >= length)
                    return Error(Reason::kBadRequest, "index {} of {} columns", given, length);
                  block.Out<T>(to)[i] =
                      block.In<T>(from)[static_cast<int64_t>(i / count) * length + at];
                }
                return OkStatus();
              }),
              {x.slot, index.slot}, {y.slot});
    node.Give(0, y);
    return OkStatus();
  });
}

}  // namespace

std::span<const Operator> RankingOperators() {
  static constexpr Operator kOperators[] = {
      {"", "CumSum", LowerCumSum, 2},
      {"", "GatherElements", LowerGatherElements, 2},
      {"", "TopK", LowerTopK, 1, 2},
  };
  return kOperators;
}

}  // namespace slipway::tabular
