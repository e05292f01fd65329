#include "import/pickle/numpy.h"
#include "import/pickle/text.h"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace slipway::pickle {
namespace {

constexpr size_t kMaxRank = 64;  // numpy 2's
constexpr size_t kMaxElements = size_t{1} << 48;

/// The distance in elements between neighbours along each axis of the result, and its shape.
struct Strides {
  std::vector<int64_t> shape;
  std::vector<size_t> steps;
  bool contiguous = true;  // as C has it
};

std::vector<size_t> CSteps(std::span<const int64_t> shape) {
  std::vector<size_t> steps(shape.size());
  size_t step = 1;
  for (size_t axis = shape.size(); axis-- > 0;) {
    steps[axis] = step;
    step *= static_cast<size_t>(shape[axis]);
  }
  return steps;
}

StatusOr<Strides> StridesOf(ArrayLayout layout) {
  Strides out;
  const size_t rank = layout.shape.size();
  if (!layout.axes.empty()) {
    std::vector<bool> seen(rank);
    const std::vector<size_t> steps = CSteps(layout.shape);
    for (const int64_t axis : layout.axes) {
      if (axis < 0 || static_cast<size_t>(axis) >= rank || seen[axis] || layout.axes.size() != rank)
        return Error(Reason::kBadModel, "expected an order of {} axes, got axis {}", rank, axis);
      seen[axis] = true;
      out.shape.push_back(layout.shape[axis]);
      out.steps.push_back(steps[axis]);
    }
  } else if (layout.order == ArrayLayout::Order::kFortran) {
    const std::vector<int64_t> reversed(layout.shape.rbegin(), layout.shape.rend());
    out.steps = CSteps(reversed);
    std::reverse(out.steps.begin(), out.steps.end());
    out.shape = std::move(layout.shape);
  } else {
    out.steps = CSteps(layout.shape);
    out.shape = std::move(layout.shape);
  }
  out.contiguous = out.steps == CSteps(out.shape);
  return out;
}

/// Calls `visit(from)` with the place of each element, in C order of the result.
template <typename Visit>
void InCOrder(const Strides& strides, size_t count, Visit&& visit) {
  std::vector<int64_t> index(strides.shape.size());
  size_t from = 0;
  for (size_t i = 0; i < count; ++i) {
    visit(from);
    for (size_t axis = index.size(); axis-- > 0;) {
      from += strides.steps[axis];
      if (++index[axis] < strides.shape[axis]) break;
      from -= strides.steps[axis] * static_cast<size_t>(strides.shape[axis]);
      index[axis] = 0;
    }
  }
}

/// The bytes that are reversed together when the byte order changes.
size_t SwapUnit(char kind, size_t item_bytes) {
  switch (kind) {
    case 'i':
    case 'u':
    case 'f':
    case 'M':
    case 'm':
      return item_bytes;
    case 'c':
      return item_bytes / 2;
    case 'U':
      return 4;
    default:
      return 1;
  }
}

void Swap(std::byte* at, size_t bytes, size_t unit) {
  if (unit < 2) return;
  for (size_t i = 0; i + unit <= bytes; i += unit) std::reverse(at + i, at + i + unit);
}

bool NeedsSwap(const NumpyType& type) {
  if (type.type.fields.empty())
    return type.big_endian && SwapUnit(type.type.kind, type.type.item_bytes) > 1;
  return std::find(type.field_big_endian.begin(), type.field_big_endian.end(), true) !=
         type.field_big_endian.end();
}

void SwapAll(const NumpyType& type, std::vector<std::byte>& bytes) {
  const ArrayType& t = type.type;
  if (t.fields.empty()) return Swap(bytes.data(), bytes.size(), SwapUnit(t.kind, t.item_bytes));
  for (size_t item = 0; item + t.item_bytes <= bytes.size(); item += t.item_bytes)
    for (size_t i = 0; i < t.fields.size(); ++i)
      if (type.field_big_endian[i])
        Swap(bytes.data() + item + t.fields[i].offset_bytes, t.fields[i].item_bytes,
             SwapUnit(t.fields[i].kind, t.fields[i].item_bytes));
}

std::span<const std::byte> BytesOf(std::string_view text) { return std::as_bytes(std::span(text)); }

bool IsText(const Node& node) { return node.is(Kind::kBytes) || node.is(Kind::kString); }

Status Unexpected(std::string_view what, std::string_view expected, const Node& got) {
  return Error(Reason::kBadModel, "numpy array: {}: expected {}, got {}", what, expected,
               KindName(got.kind));
}

}  // namespace

StatusOr<size_t> CountElements(std::span<const int64_t> shape) {
  if (shape.size() > kMaxRank)
    return Error(Reason::kBadModel, "numpy array: expected at most {} axes, got {}", kMaxRank,
                 shape.size());
  // Of an empty array the other sizes still count: numpy refuses what it could not address.
  size_t count = 1;
  bool empty = false;
  for (const int64_t size : shape) {
    if (size < 0 || static_cast<uint64_t>(size) > kMaxElements)
      return Error(Reason::kBadModel, "numpy array: expected a size from 0 to 2^48, got {}", size);
    empty |= size == 0;
    if (size == 0) continue;
    if (count > kMaxElements / static_cast<size_t>(size))
      return Error(Reason::kBadModel, "numpy array: expected at most 2^48 elements, got more");
    count *= static_cast<size_t>(size);
  }
  return empty ? 0 : count;
}

StatusOr<std::vector<int64_t>> ReadShape(const Node& tuple) {
  if (!tuple.is(Kind::kTuple)) return Unexpected("shape", "a tuple", tuple);
  if (tuple.nodes->size() > kMaxRank)
    return Error(Reason::kBadModel, "numpy array: expected at most {} axes, got {}", kMaxRank,
                 tuple.nodes->size());
  std::vector<int64_t> shape;
  for (const Node* const size : *tuple.nodes) {
    if (!size->is(Kind::kInt)) return Unexpected("shape", "ints", *size);
    shape.push_back(size->integer);
  }
  return shape;
}

StatusOr<Array> MakeArray(const NumpyType& type, ArrayLayout layout,
                          std::span<const std::byte> bytes, Heap& heap) {
  const size_t item = type.type.item_bytes;
  ASSIGN_OR_RETURN(const size_t count, CountElements(layout.shape));
  const bool fits = item == 0 ? bytes.empty() && count <= 1
                              : bytes.size() % item == 0 && bytes.size() / item == count;
  if (type.type.kind == 'O' || !fits)
    return Error(Reason::kBadModel, "numpy array: expected {} elements of type {}{}, got {} bytes",
                 count, type.type.kind, item, bytes.size());
  ASSIGN_OR_RETURN(const Strides strides, StridesOf(std::move(layout)));
  Array out;
  out.type = type.type;
  out.shape = strides.shape;
  out.bytes = bytes;
  if (strides.contiguous && !NeedsSwap(type)) return out;
  RETURN_IF_ERROR(heap.Charge(bytes.size()));
  std::vector<std::byte> owned(bytes.size());
  std::byte* to = owned.data();
  InCOrder(strides, count, [&](size_t from) {
    std::memcpy(to, bytes.data() + from * item, item);
    to += item;
  });
  if (NeedsSwap(type)) SwapAll(type, owned);
  out.Hold(std::move(owned));
  return out;
}

StatusOr<Array> MakeObjectArray(const NumpyType& type, std::vector<int64_t> shape,
                                const Nodes& objects, Heap& heap) {
  ASSIGN_OR_RETURN(const size_t count, CountElements(shape));
  if (count != objects.size())
    return Error(Reason::kBadModel, "numpy array: expected {} objects, got {}", count,
                 objects.size());
  RETURN_IF_ERROR(heap.Charge(count * sizeof(Value)));
  Array out;
  out.type = type.type;
  out.shape = std::move(shape);
  out.objects.reserve(count);
  for (const Node* const object : objects) out.objects.emplace_back(object);
  return out;
}

StatusOr<Array> ArrayFromState(const Node& state, Heap& heap) {
  if (!state.is(Kind::kTuple)) return Unexpected("state", "a tuple", state);
  // numpy before 1.0 left the version out.
  if (state.nodes->size() != 5) return Unexpected("state", "a tuple of 5 values", state);
  const Nodes& parts = *state.nodes;
  if (!parts[0]->is(Kind::kInt) || parts[0]->integer != 1)
    return Error(Reason::kBadModel, "numpy array: expected a state of version 1");
  ArrayLayout layout;
  ASSIGN_OR_RETURN(layout.shape, ReadShape(*parts[1]));
  ASSIGN_OR_RETURN(const NumpyType type, ReadNumpyType(*parts[2], heap));
  const Node& fortran = *parts[3];
  if (!fortran.is(Kind::kBool) && !fortran.is(Kind::kInt))
    return Unexpected("order", "a bool", fortran);
  if (fortran.is(Kind::kBool) ? fortran.boolean : fortran.integer != 0)
    layout.order = ArrayLayout::Order::kFortran;
  const Node& data = *parts[4];
  if (type.type.kind == 'O') {
    if (!data.is(Kind::kList)) return Unexpected("data", "a list of objects", data);
    return MakeObjectArray(type, std::move(layout.shape), *data.nodes, heap);
  }
  if (!IsText(data)) return Unexpected("data", "bytes", data);
  return MakeArray(type, std::move(layout), BytesOf(data.text), heap);
}

StatusOr<Array> ScalarFromArguments(const Nodes& args, Heap& heap) {
  if (args.size() != 2)
    return Error(Reason::kBadModel, "numpy scalar: expected a dtype and bytes, got {} arguments",
                 args.size());
  ASSIGN_OR_RETURN(const NumpyType type, ReadNumpyType(*args[0], heap));
  if (type.type.kind == 'O') return MakeObjectArray(type, {}, {args[1]}, heap);
  if (!IsText(*args[1])) return Unexpected("scalar", "bytes", *args[1]);
  return MakeArray(type, {}, BytesOf(args[1]->text), heap);
}

StatusOr<Array> ArrayFromBuffer(const Nodes& args, Heap& heap) {
  if (args.size() != 4 && args.size() != 5)
    return Error(Reason::kBadModel, "numpy array: expected 4 or 5 arguments, got {}", args.size());
  if (!IsText(*args[0])) return Unexpected("buffer", "bytes", *args[0]);
  ASSIGN_OR_RETURN(const NumpyType type, ReadNumpyType(*args[1], heap));
  ArrayLayout layout;
  ASSIGN_OR_RETURN(layout.shape, ReadShape(*args[2]));
  const std::string_view order = args[3]->is(Kind::kString) ? args[3]->text : "";
  const bool transposed = order == "K" && args.size() == 5 && !args[4]->is(Kind::kNone);
  if (transposed) {
    ASSIGN_OR_RETURN(layout.axes, ReadShape(*args[4]));
  } else if (order == "F") {
    layout.order = ArrayLayout::Order::kFortran;
  } else if (order != "C") {
    return Error(Reason::kBadModel,
                 "numpy array: expected order C, F or K with its axes, got \"{}\"",
                 Printable(order));
  }
  return MakeArray(type, std::move(layout), BytesOf(args[0]->text), heap);
}

}  // namespace slipway::pickle
