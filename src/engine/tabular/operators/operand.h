#pragma once
// Operands of what is computed number by number, broadcast as ONNX has it.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {

/// The dtype of a slot whose elements are Ts.
template <typename T>
constexpr DType DTypeOf() {
  if constexpr (std::is_same_v<T, bool>) return DType::kBool;
  if constexpr (std::is_same_v<T, uint8_t>) return DType::kUint8;
  if constexpr (std::is_same_v<T, uint16_t>) return DType::kUint16;
  if constexpr (std::is_same_v<T, uint32_t>) return DType::kUint32;
  if constexpr (std::is_same_v<T, uint64_t>) return DType::kUint64;
  if constexpr (std::is_same_v<T, int8_t>) return DType::kInt8;
  if constexpr (std::is_same_v<T, int16_t>) return DType::kInt16;
  if constexpr (std::is_same_v<T, int32_t>) return DType::kInt32;
  if constexpr (std::is_same_v<T, int64_t>) return DType::kInt64;
  if constexpr (std::is_same_v<T, float>) return DType::kFp32;
  if constexpr (std::is_same_v<T, double>) return DType::kFp64;
  return DType::kBytes;
}

/// Types that an operator takes.
template <typename... Ts>
struct Types {
  /// Calls `visit.template operator()<T>()` with that of `dtype`. @return whether it is one of Ts.
  template <typename Visitor>
  static bool Visit(DType dtype, Visitor&& visit) {
    return ((dtype == DTypeOf<Ts>() && (visit.template operator()<Ts>(), true)) || ...);
  }
};
using Floats = Types<float, double>;
using Numbers = Types<float, double, int32_t, int64_t>;
using Everything = Types<bool, uint8_t, uint16_t, uint32_t, uint64_t, int8_t, int16_t, int32_t,
                         int64_t, float, double, std::string_view>;

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

/// Input i as rows or as a constant. @return kUnsupported for anything else.
StatusOr<Value> RowsOrConstant(const Lowering& node, size_t i);

/// What `a` and `b` are broadcast to, aligned at the last dimension; nullopt where neither of two
/// is 1.
std::optional<Shape> Broadcast(const Shape& a, const Shape& b);

/// The shape that a constant has beside rows of `rank`; nullopt where it would have rows.
std::optional<Shape> TailOfConstant(const Tensor& constant, size_t rank);

/// The row shape of `operands` broadcast together: a constant has no rows of its own.
/// @return kUnsupported where they do not meet, or one row gets too large.
StatusOr<Shape> BroadcastTail(const Lowering& node, std::span<const Value> operands);

/// For each value of a row of shape `out`, which of a row of shape `in` it is.
std::vector<size_t> SourceColumns(const Shape& in, const Shape& out);

/// Slots among those of operands, as a step's reads.
std::vector<Slot> SlotsOf(std::initializer_list<Slot> operands);

/// `value` as an operand of rows of shape `tail`; emits the step that spreads it where it is
/// neither all of a row nor one value.
template <typename T>
StatusOr<Operand<T>> OperandOf(Lowering& node, const Value& value, const Shape& tail) {
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
  operand.single = value.columns() == 1 && columns > 1;
  if (operand.single || value.columns() == columns) return operand;
  ASSIGN_OR_RETURN(const Value spread, node.NewRows(value.dtype, tail));
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

}  // namespace slipway::tabular
