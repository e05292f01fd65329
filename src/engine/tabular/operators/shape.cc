// What gives values another shape or another place, and computes nothing.

#include <algorithm>
#include <numeric>

#include "engine/tabular/operators/operand.h"
#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

[[gnu::cold]] Status LowerIdentity(Lowering& node) {
  node.Give(0, node.input(0));
  return OkStatus();
}

[[gnu::cold]] Status GiveReshaped(Lowering& node, const Value& value, Shape tail) {
  ASSIGN_OR_RETURN(Value reshaped, node.Reshaped(value, std::move(tail)));
  node.Give(0, std::move(reshaped));
  return OkStatus();
}

/// `dims` with 0 for what `own` has in its place and -1 for what is left of `count` elements;
/// nullopt where they do not hold as many.
std::optional<Shape> Resolve(Shape dims, std::span<const int64_t> own, size_t count) {
  int64_t* open = nullptr;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && i < own.size()) dims[i] = own[i];
    if (dims[i] != -1) continue;
    if (open != nullptr) return std::nullopt;
    open = &dims[i];
    *open = 1;
  }
  const auto known = ElementCount(dims);  // no number of rows is left among them
  if (!known.ok()) return std::nullopt;
  const auto wanted = static_cast<int64_t>(count);
  if (open != nullptr && *known > 0 && wanted % *known == 0)
    *open = wanted / *known;
  else if (open != nullptr || *known != wanted)
    return std::nullopt;
  return dims;
}

/// The first dimension stays the rows: it is their number, 0 (copied), or -1 with all others known.
[[gnu::cold]] Status LowerReshape(Lowering& node) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> dims, node.Dimensions(1, "shape"));
  const Value& x = node.input(0);
  const auto refuse = [&] {
    return node.Unsupported("{} to {} dimensions", x.ToString(), dims.size());
  };
  if (node.Int("allowzero", 0) != 0) return refuse();
  if (x.is_constant()) {
    const auto shape =
        Resolve(Shape(dims.begin(), dims.end()), x.constant->shape, CountOf(x.constant->shape));
    if (!shape) return refuse();
    node.GiveConstant(0, Tensor{x.dtype, *shape, x.constant->data});
    return OkStatus();
  }
  if (!x.rows() || dims.empty() || x.columns() == 0) return refuse();
  const bool open = std::ranges::find(dims.begin() + 1, dims.end(), -1) != dims.end();
  const bool rows_first =
      dims[0] == kRowCount || (dims[0] == 0 && !x.row_vector) || (dims[0] == -1 && !open);
  const auto tail = Resolve(Shape(dims.begin() + 1, dims.end()), x.tail, x.columns());
  if (!rows_first || !tail) return refuse();
  return GiveReshaped(node, x, *tail);
}

[[gnu::cold]] Status LowerFlatten(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (node.Int("axis", 1) != 1) return node.Unsupported("axis {}", node.Int("axis", 1));
  return GiveReshaped(node, x, {static_cast<int64_t>(x.columns())});
}

[[gnu::cold]] Status LowerSqueeze(Lowering& node) {
  const Value& x = node.input(0);
  ASSIGN_OR_RETURN(std::vector<int64_t> axes, node.Integers(1, "axes"));
  if (x.is_constant()) return node.Unsupported("input 0 is {}", x.ToString());
  if (x.row_vector && axes == std::vector<int64_t>{0}) return GiveReshaped(node, x, {});
  ASSIGN_OR_RETURN(const Value rows, node.Rows(0));
  if (axes.empty()) return node.Unsupported("without axes the number of rows would matter");
  Shape tail = rows.tail;
  for (const int64_t axis : axes) {
    ASSIGN_OR_RETURN(const size_t at, node.ColumnAxis(axis, rows));
    if (rows.tail[at] != 1) return node.Bad("axis {} of {} is not 1", axis, rows.ToString());
    tail[at] = -1;
  }
  tail.erase(std::ranges::remove(tail, -1).begin(), tail.end());
  return GiveReshaped(node, rows, std::move(tail));
}

[[gnu::cold]] Status LowerUnsqueeze(Lowering& node) {
  const Value& x = node.input(0);
  ASSIGN_OR_RETURN(std::vector<int64_t> axes, node.Integers(1, "axes"));
  Shape shape = x.is_constant() ? x.constant->shape : x.tail;
  if (!x.is_constant()) {
    ASSIGN_OR_RETURN(const Value rows, node.Rows(0));
    shape.insert(shape.begin(), -1);
  }
  const auto rank = static_cast<int64_t>(shape.size() + axes.size());
  for (int64_t& axis : axes) axis = axis < 0 ? axis + rank : axis;
  std::ranges::sort(axes);
  if (std::ranges::adjacent_find(axes) != axes.end()) return node.Bad("an axis is there twice");
  for (const int64_t axis : axes) {
    if (axis < 0 || axis > static_cast<int64_t>(shape.size()) || rank > kMaxRank)
      return node.Bad("axis {} of {}", axis, x.ToString());
    shape.insert(shape.begin() + axis, 1);
  }
  if (x.is_constant()) {
    node.GiveConstant(0, Tensor{x.dtype, shape, x.constant->data});
    return OkStatus();
  }
  if (shape.front() != -1) return node.Unsupported("an axis before the rows of {}", x.ToString());
  return GiveReshaped(node, x, Shape(shape.begin() + 1, shape.end()));
}

/// [1, n] and [n, 1] have the same elements in the same order.
[[gnu::cold]] Status LowerTranspose(Lowering& node) {
  const Value& x = node.input(0);
  std::vector<int64_t> order = node.Ints("perm");
  if (order.empty())
    for (size_t i = x.rank() + x.row_vector; i-- > 0;) order.push_back(static_cast<int64_t>(i));
  if (x.row_vector && order == std::vector<int64_t>{1, 0}) return GiveReshaped(node, x, {1});
  std::vector<int64_t> same(x.rank());
  std::iota(same.begin(), same.end(), 0);
  if (x.rows() && !x.row_vector && order == same) return LowerIdentity(node);
  return node.Unsupported("{} in another order", x.ToString());
}

// ---- shapes as values

/// The dimensions of rows, of which only their number is open.
[[gnu::cold]] Status LowerShape(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  std::vector<int64_t> dims = {kRowCount};
  dims.insert(dims.end(), x.tail.begin(), x.tail.end());
  const auto rank = static_cast<int64_t>(dims.size());
  const auto bound = [rank](int64_t v) {
    return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank);
  };
  const int64_t start = bound(node.Int("start", 0)), end = bound(node.Int("end", rank));
  dims.erase(dims.begin() + end, dims.end());
  dims.erase(dims.begin(), dims.begin() + std::min(start, end));
  node.GiveDimensions(0, std::move(dims));
  return OkStatus();
}

[[gnu::cold]] Status LowerConcatDimensions(Lowering& node) {
  std::vector<int64_t> all;
  for (size_t i = 0; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> dims, node.Dimensions(i, ""));
    all.insert(all.end(), dims.begin(), dims.end());
  }
  if (all.size() > static_cast<size_t>(kMaxRank))
    return node.Unsupported("{} dimensions", all.size());
  node.GiveDimensions(0, std::move(all));
  return OkStatus();
}

/// A constant for every row.
[[gnu::cold]] Status LowerExpand(Lowering& node) {
  ASSIGN_OR_RETURN(const std::vector<int64_t> dims, node.Dimensions(1, ""));
  const Value& x = node.input(0);
  const auto refuse = [&] {
    return node.Unsupported("{} to {}", x.ToString(), node.input(1).ToString());
  };
  if (dims.empty() || dims[0] != kRowCount || !x.is_constant() || x.dtype == DType::kFp16 ||
      x.dtype == DType::kBf16)
    return refuse();
  const Shape tail(dims.begin() + 1, dims.end());
  const auto own = TailOfConstant(*x.constant, dims.size());
  if (!own || Broadcast(*own, tail) != tail) return refuse();
  ASSIGN_OR_RETURN(const Value y, node.NewRows(x.dtype, tail));
  VisitType(x.dtype, [&]<typename T>() {
    Elements<T> row;
    const auto values = ElementsOf<T>(*x.constant);
    for (const size_t source : SourceColumns(*own, tail)) row.push_back(values[source]);
    node.Emit(MakeStep([to = y.slot, row, owner = x.constant](const Block& block) {
                T* out = block.Out<T>(to);
                for (size_t r = 0; r < block.rows; ++r) out = std::ranges::copy(row, out).out;
              }),
              {}, {y.slot});
  });
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerConcat(Lowering& node) {
  if (node.input(0).kind == Value::Kind::kShape) return LowerConcatDimensions(node);
  for (size_t i = 0; i < node.input_count(); ++i)
    if (node.input(i).sparse) return LowerSparseConcat(node);
  std::vector<Value> parts;
  size_t outer = 1, axis = 0;
  for (size_t i = 0; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const Value part, node.Rows(i));
    ASSIGN_OR_RETURN(axis, node.ColumnAxis(node.Int("axis", 1), part));
    if (!parts.empty()) {
      Shape expected = parts.front().tail;
      expected[axis < expected.size() ? axis : 0] = part.tail[axis];
      if (part.dtype != parts.front().dtype || part.tail != expected)
        return node.Bad("{} beside {}", part.ToString(), parts.front().ToString());
    }
    parts.push_back(part);
  }
  if (parts.empty()) return node.Bad("no inputs");
  Shape tail = parts.front().tail;
  for (size_t i = 0; i < axis; ++i) outer *= static_cast<size_t>(tail[i]);
  for (size_t i = 1; i < parts.size(); ++i) tail[axis] += parts[i].tail[axis];
  ASSIGN_OR_RETURN(const Value y, node.NewRows(parts.front().dtype, tail));
  const size_t element = SlotElementSize(y.dtype);
  struct Part {
    Slot slot;
    size_t bytes;  // of one run along the axis
  };
  std::vector<Part> runs;
  std::vector<Slot> reads;
  for (const Value& part : parts) {
    runs.push_back({part.slot, outer == 0 ? 0 : part.columns() / outer * element});
    reads.push_back(part.slot);
  }
  node.Emit(MakeStep([runs, outer, to = y.slot](const Block& block) {
              std::byte* out = block.Out<std::byte>(to);
              for (size_t r = 0; r < block.rows * outer; ++r)
                for (const Part& part : runs) {
                  CopyBytes(block.In<std::byte>(part.slot) + r * part.bytes, part.bytes, out);
                  out += part.bytes;
                }
            }),
            std::move(reads), {y.slot});
  node.Give(0, y);
  return OkStatus();
}

[[gnu::cold]] Status LowerConstant(Lowering& node) {
  ASSIGN_OR_RETURN(const auto tensor, node.TensorOf("value"));
  if (tensor != nullptr) {
    node.GiveConstant(0, *tensor);
    return OkStatus();
  }
  const auto give = [&](Tensor values, bool scalar) {
    if (scalar) values.shape.clear();
    node.GiveConstant(0, std::move(values));
    return OkStatus();
  };
  if (node.attribute("value_float"))
    return give(TensorOfNumbers<float>(DType::kFp32, {node.Float("value_float", 0)}), true);
  if (node.attribute("value_int"))
    return give(TensorOfNumbers<int64_t>(DType::kInt64, {node.Int("value_int", 0)}), true);
  if (node.attribute("value_floats"))
    return give(TensorOfNumbers(DType::kFp32, node.Floats("value_floats")), false);
  if (node.attribute("value_ints"))
    return give(TensorOfNumbers(DType::kInt64, node.Ints("value_ints")), false);
  return node.Unsupported("only values of numbers are supported");
}

}  // namespace

std::span<const Operator> ShapeOperators() {
  static constexpr Operator kOperators[] = {
      {"", "Concat", LowerConcat, 1, kAnyNumber, true},
      {"", "Constant", LowerConstant, 0},
      {"", "Expand", LowerExpand, 2},
      {"", "Flatten", LowerFlatten},
      {"", "Identity", LowerIdentity},
      {"", "Reshape", LowerReshape, 2},
      {"", "Shape", LowerShape},
      {"", "Squeeze", LowerSqueeze, 1, 2},
      {"", "Transpose", LowerTranspose},
      {"", "Unsqueeze", LowerUnsqueeze, 1, 2},
  };
  return kOperators;
}

}  // namespace slipway::tabular
