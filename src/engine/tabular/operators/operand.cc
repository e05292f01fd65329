#include "engine/tabular/operators/operand.h"

namespace slipway::tabular {

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

std::optional<Shape> TailOfConstant(const Tensor& constant, size_t rank) {
  Shape own = constant.shape;
  if (own.size() < rank) return own;
  if (own.size() > rank) return std::nullopt;
  if (CountOf(own) == 1) return Shape(rank - 1, 1);
  // Of full rank, its first dimension lies along the rows.
  if (own.front() != 1) return std::nullopt;
  own.erase(own.begin());
  return own;
}

StatusOr<Value> RowsOrConstant(const Lowering& node, size_t i) {
  const Value& value = node.input(i);
  if ((value.rows() && !value.row_vector) || value.is_constant()) return value;
  return node.Unsupported("input {} is {}", i, value.ToString());
}

StatusOr<Shape> BroadcastTail(const Lowering& node, std::span<const Value> operands) {
  size_t rank = 0;
  for (const Value& value : operands)
    if (value.rows()) rank = std::max(rank, value.rank());
  Shape tail;
  for (const Value& value : operands) {
    std::optional<Shape> own;
    if (value.is_constant())
      own = TailOfConstant(*value.constant, rank);
    else if (value.rank() == rank)
      own = value.tail;
    const auto both = own ? Broadcast(tail, *own) : std::nullopt;
    if (!both)
      return node.Unsupported("{} does not meet {}", value.ToString(), operands.front().ToString());
    tail = *both;
  }
  if (!RowBytes(DType::kFp64, tail))
    return node.Unsupported("one row takes more than {} bytes", kMaxRowBytes);
  return tail;
}

std::vector<size_t> SourceColumns(const Shape& in, const Shape& out) {
  std::vector<size_t> sources(CountOf(out), 0);
  size_t inner = 1, stride = 1;
  for (size_t i = 0; i < in.size(); ++i) {
    const auto size = static_cast<size_t>(in[in.size() - 1 - i]);
    const auto length = static_cast<size_t>(out[out.size() - 1 - i]);
    if (size > 1)
      for (size_t at = 0; at < sources.size(); ++at) sources[at] += at / inner % length * stride;
    inner *= length;
    stride *= size;
  }
  return sources;
}

std::vector<Slot> SlotsOf(std::initializer_list<Slot> operands) {
  std::vector<Slot> slots;
  for (const Slot slot : operands)
    if (slot != kNoSlot) slots.push_back(slot);
  return slots;
}

}  // namespace slipway::tabular
