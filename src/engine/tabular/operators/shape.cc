// What gives values another shape or another place, and computes nothing.

#include <algorithm>
#include <numeric>

#include "engine/tabular/operators/sparse.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

Status LowerIdentity(Lowering& node) {
  node.Give(0, node.input(0));
  return OkStatus();
}

/// The same elements in another shape.
Status GiveReshaped(Lowering& node, Value value, Shape tail) {
  value.tail = std::move(tail);
  value.row_vector = false;
  value.input.reset();
  node.Give(0, std::move(value));
  return OkStatus();
}

size_t CountOf(const Shape& shape) {
  return std::accumulate(shape.begin(), shape.end(), size_t{1},
                         [](size_t n, int64_t dim) { return n * static_cast<size_t>(dim); });
}

Status LowerReshapeConstant(Lowering& node, Tensor tensor, std::vector<int64_t> dims) {
  const size_t count = CountOf(tensor.shape);
  int64_t* open = nullptr;
  size_t known = 1;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i] == 0 && i < tensor.shape.size()) dims[i] = tensor.shape[i];
    if (dims[i] < 0)
      open = &dims[i];
    else
      known *= static_cast<size_t>(dims[i]);
  }
  if (open != nullptr && known > 0) *open = static_cast<int64_t>(count / known);
  const Shape shape(dims.begin(), dims.end());
  if (std::ranges::any_of(shape, [](int64_t d) { return d < 0; }) || CountOf(shape) != count)
    return node.Bad("{} does not fit {}", ToString(shape), node.input(0).ToString());
  tensor.shape = shape;
  node.GiveConstant(0, std::move(tensor));
  return OkStatus();
}

/// The first dimension stays the rows: it is -1 with all others known, or 0 (copied).
Status LowerReshape(Lowering& node) {
  ASSIGN_OR_RETURN(std::vector<int64_t> dims, node.Integers(1, "shape"));
  const Value& x = node.input(0);
  if (x.is_constant()) return LowerReshapeConstant(node, *x.constant, std::move(dims));
  if (!x.rows()) return node.Unsupported("input 0 is {}", x.ToString());
  const size_t columns = x.columns();
  if (dims.empty() || node.Int("allowzero", 0) != 0)
    return node.Unsupported("{} to {}", x.ToString(), ToString(dims));
  Shape tail;
  int64_t* open = nullptr;
  size_t known = 1;
  for (size_t i = 1; i < dims.size(); ++i) {
    if (dims[i] == 0 && i <= x.tail.size()) dims[i] = x.tail[i - 1];
    if (dims[i] == -1 && open == nullptr)
      open = &dims[i];
    else if (dims[i] < 1)
      return node.Unsupported("{} to {}", x.ToString(), ToString(dims));
    else
      known *= static_cast<size_t>(dims[i]);
  }
  const bool rows_first = dims[0] == -1 || (dims[0] == 0 && !x.row_vector);
  const bool inferred = open != nullptr && known > 0;
  if (inferred) *open = static_cast<int64_t>(columns / known);
  tail.assign(dims.begin() + 1, dims.end());
  if (!rows_first || (dims[0] == -1 && inferred) || CountOf(tail) != columns)
    return node.Unsupported("{} to {}", x.ToString(), ToString(dims));
  return GiveReshaped(node, x, std::move(tail));
}

Status LowerFlatten(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  if (node.Int("axis", 1) != 1) return node.Unsupported("axis {}", node.Int("axis", 1));
  return GiveReshaped(node, x, {static_cast<int64_t>(x.columns())});
}

Status LowerSqueeze(Lowering& node) {
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

Status LowerUnsqueeze(Lowering& node) {
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
Status LowerTranspose(Lowering& node) {
  const Value& x = node.input(0);
  std::vector<int64_t> order = node.Ints("perm");
  if (order.empty())
    for (size_t i = x.rank() + x.row_vector; i-- > 0;) order.push_back(static_cast<int64_t>(i));
  if (x.row_vector && order == std::vector<int64_t>{1, 0}) return GiveReshaped(node, x, {1});
  if (x.rows() && std::ranges::is_sorted(order)) return LowerIdentity(node);
  return node.Unsupported("{} in another order", x.ToString());
}

// ---- shapes as values

/// The dimensions of rows, of which only their number is open.
Status LowerShape(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  Value shape{.kind = Value::Kind::kShape, .dtype = DType::kInt64};
  shape.dims = {-1};
  shape.dims.insert(shape.dims.end(), x.tail.begin(), x.tail.end());
  const auto rank = static_cast<int64_t>(shape.dims.size());
  const auto bound = [rank](int64_t v) {
    return std::clamp<int64_t>(v < 0 ? v + rank : v, 0, rank);
  };
  const int64_t start = bound(node.Int("start", 0)), end = bound(node.Int("end", rank));
  shape.dims.erase(shape.dims.begin() + end, shape.dims.end());
  shape.dims.erase(shape.dims.begin(), shape.dims.begin() + std::min(start, end));
  node.Give(0, std::move(shape));
  return OkStatus();
}

Status LowerConcatDimensions(Lowering& node) {
  Value all{.kind = Value::Kind::kShape, .dtype = DType::kInt64};
  for (size_t i = 0; i < node.input_count(); ++i) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> dims, node.Integers(i, ""));
    all.dims.insert(all.dims.end(), dims.begin(), dims.end());
  }
  node.Give(0, std::move(all));
  return OkStatus();
}

/// A constant for every row.
Status LowerExpand(Lowering& node) {
  const Value& shape = node.input(1);
  const Value& x = node.input(0);
  const bool of_rows = shape.kind == Value::Kind::kShape && !shape.dims.empty() &&
                       shape.dims[0] == -1 && std::ranges::count(shape.dims, -1) == 1;
  if (!of_rows || !x.is_constant() || x.dtype == DType::kFp16 || x.dtype == DType::kBf16)
    return node.Unsupported("{} to {}", x.ToString(), shape.ToString());
  const Shape tail(shape.dims.begin() + 1, shape.dims.end());
  const size_t count = CountOf(x.constant->shape), columns = CountOf(tail);
  const bool is_row = !x.constant->shape.empty() && count == columns &&
                      x.constant->shape.back() == static_cast<int64_t>(count);
  if ((count != 1 && !is_row) || columns > kMaxRowBytes / sizeof(double))
    return node.Unsupported("{} to {}", x.ToString(), shape.ToString());
  const Value y = node.NewRows(x.dtype, tail);
  VisitType(x.dtype, [&]<typename T>() {
    node.Emit(MakeStep([=, to = y.slot, values = ElementsOf<T>(*x.constant),
                        owner = x.constant](const Block& block) {
                T* out = block.Out<T>(to);
                for (size_t i = 0; i < block.rows * columns; ++i)
                  out[i] = values[count == 1 ? 0 : i % columns];
              }),
              {}, {y.slot});
  });
  node.Give(0, y);
  return OkStatus();
}

Status LowerConcat(Lowering& node) {
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
  const Value y = node.NewRows(parts.front().dtype, tail);
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

Status LowerConstant(Lowering& node) {
  ASSIGN_OR_RETURN(const auto tensor, node.TensorOf("value"));
  if (tensor != nullptr) {
    node.GiveConstant(0, *tensor);
    return OkStatus();
  }
  const auto give = [&](DType dtype, Shape shape, const auto& values) {
    const auto bytes = std::as_bytes(std::span(values));
    node.GiveConstant(0, Tensor{dtype, std::move(shape),
                                Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))});
    return OkStatus();
  };
  if (node.attribute("value_float"))
    return give(DType::kFp32, {}, std::vector<float>{node.Float("value_float", 0)});
  if (node.attribute("value_int"))
    return give(DType::kInt64, {}, std::vector<int64_t>{node.Int("value_int", 0)});
  if (node.attribute("value_floats")) {
    const auto values = node.Floats("value_floats");
    return give(DType::kFp32, {static_cast<int64_t>(values.size())}, values);
  }
  if (node.attribute("value_ints")) {
    const auto values = node.Ints("value_ints");
    return give(DType::kInt64, {static_cast<int64_t>(values.size())}, values);
  }
  return node.Unsupported("only values of numbers are supported");
}

constexpr Operator kOperators[] = {
    {"", "Concat", LowerConcat, true}, {"", "Constant", LowerConstant},
    {"", "Expand", LowerExpand},       {"", "Shape", LowerShape},
    {"", "Flatten", LowerFlatten},     {"", "Identity", LowerIdentity},
    {"", "Reshape", LowerReshape},     {"", "Squeeze", LowerSqueeze},
    {"", "Transpose", LowerTranspose}, {"", "Unsqueeze", LowerUnsqueeze},
};

}  // namespace

std::span<const Operator> ShapeOperators() { return kOperators; }

}  // namespace slipway::tabular
