#include <charconv>

#include "base/string_map.h"
#include "import/pickle/numpy.h"
#include "import/pickle/text.h"

namespace slipway::pickle {
namespace {

constexpr size_t kMaxItemBytes = size_t{1} << 30;

Status BadType(std::string_view expected, const Node& got) {
  return Error(Reason::kBadModel, "numpy.dtype at byte {}: expected {}, got {}", got.offset,
               expected, KindName(got.kind));
}

bool IsBig(std::string_view order) { return order == ">"; }

/// "f8", "<f8", "U12", "O8".
StatusOr<NumpyType> ParseCode(std::string_view code) {
  NumpyType out;
  std::string_view rest = code;
  if (!rest.empty() && std::string_view("<>=|").find(rest[0]) != std::string_view::npos) {
    out.big_endian = IsBig(rest.substr(0, 1));
    rest.remove_prefix(1);
  }
  const auto bad = [&] {
    return Error(Reason::kBadModel, "numpy.dtype: expected a type like \"f8\", got \"{}\"",
                 Printable(code));
  };
  if (rest.empty() || std::string_view("biufcSUOVMm").find(rest[0]) == std::string_view::npos)
    return bad();
  out.type.kind = rest[0];
  rest.remove_prefix(1);
  const char* const end = rest.data() + rest.size();
  size_t size = rest.empty() && out.type.kind == 'O' ? sizeof(void*) : 0;
  if (!rest.empty()) {
    const auto [stop, error] = std::from_chars(rest.data(), end, size);
    if (error != std::errc() || stop != end || size > kMaxItemBytes) return bad();
  }
  if (out.type.kind == 'U') size *= 4;
  out.type.item_bytes = size;
  return out;
}

bool HasKnownSize(const ArrayType& type) {
  const size_t n = type.item_bytes;
  switch (type.kind) {
    case 'b':
      return n == 1;
    case 'i':
    case 'u':
      return n == 1 || n == 2 || n == 4 || n == 8;
    case 'f':
      return n == 2 || n == 4 || n == 8 || n == 12 || n == 16;
    case 'c':
      return n == 8 || n == 16 || n == 24 || n == 32;
    case 'M':
    case 'm':
      return n == 8;
    default:
      return n <= kMaxItemBytes;
  }
}

StatusOr<int64_t> IntegerAt(const Nodes& nodes, size_t index, const Node& of) {
  if (index >= nodes.size() || !nodes[index]->is(Kind::kInt))
    return BadType(fmt::format("an int at place {} of its state", index), of);
  return nodes[index]->integer;
}

/// @param entry  (dtype, offset) or (dtype, offset, title).
Status AddField(std::string_view name, const Node& entry, NumpyType& out) {
  if (!entry.is(Kind::kTuple) || entry.nodes->size() < 2 || !(*entry.nodes)[1]->is(Kind::kInt))
    return BadType("a dtype and an offset for each field", entry);
  const Node& dtype = *(*entry.nodes)[0];
  // Its own fields are not looked at: that is what bounds the depth.
  if (!IsInstanceOf(dtype, "numpy", "dtype")) return BadType("a dtype for each field", dtype);
  const auto& args = *dtype.instance->args->nodes;
  if (args.empty() || !args[0]->is(Kind::kString)) return BadType("a type's name", dtype);
  ASSIGN_OR_RETURN(const NumpyType plain, ParseCode(args[0]->text));
  if (plain.type.kind == 'O')
    return Error(Reason::kUnsupported, "an array whose field \"{}\" holds objects is not read",
                 Printable(name));
  const auto offset = static_cast<uint64_t>((*entry.nodes)[1]->integer);
  const size_t width = plain.type.item_bytes;
  if (!HasKnownSize(plain.type) || offset > out.type.item_bytes ||
      width > out.type.item_bytes - offset)
    return Error(Reason::kBadModel, "numpy.dtype: field \"{}\": expected it inside {} bytes", name,
                 out.type.item_bytes);
  const Node* const state = dtype.instance->state;
  const bool big = state != nullptr && state->is(Kind::kTuple) && state->nodes->size() > 1 &&
                   (*state->nodes)[1]->is(Kind::kString) && IsBig((*state->nodes)[1]->text);
  out.type.fields.push_back({std::string(name), offset, plain.type.kind, width});
  out.field_big_endian.push_back(big);
  return OkStatus();
}

Status AddFields(const Node& names, const Node& fields, Heap& heap, NumpyType& out) {
  if (!names.is(Kind::kTuple)) return BadType("a tuple of names", names);
  if (!fields.is(Kind::kDict)) return BadType("a dict of fields", fields);
  constexpr size_t kMaxFields = 1024, kMaxNameBytes = 1024;
  if (names.nodes->size() > kMaxFields || fields.nodes->size() > 4 * kMaxFields)
    return Error(Reason::kBadModel, "numpy.dtype: expected at most {} fields, got {}", kMaxFields,
                 names.nodes->size());
  constexpr size_t kPerField = 64;  // also for the time that it takes
  RETURN_IF_ERROR(heap.Charge(fields.nodes->size() * kPerField));
  StringMap<const Node*> by_name;
  for (size_t i = 0; i + 1 < fields.nodes->size(); i += 2) {
    const Node& name = *(*fields.nodes)[i];
    if (!name.is(Kind::kString) || name.text.size() > kMaxNameBytes)
      return BadType("a name of at most 1024 bytes", name);
    by_name[std::string(name.text)] = (*fields.nodes)[i + 1];
  }
  for (const Node* const name : *names.nodes) {
    if (!name->is(Kind::kString)) return BadType("a name", *name);
    const auto entry = by_name.find(name->text);
    if (entry == by_name.end()) return BadType("a field for each name", fields);
    RETURN_IF_ERROR(AddField(name->text, *entry->second, out));
  }
  return OkStatus();
}

/// version, byte order, subarray, names, fields, item size, alignment, flags[, metadata].
Status ApplyState(const Node& dtype, const Node& state, Heap& heap, NumpyType& out) {
  if (!state.is(Kind::kTuple) || state.nodes->size() < 8)
    return BadType("a state of 8 or more values", dtype);
  const Nodes& parts = *state.nodes;
  ASSIGN_OR_RETURN(const int64_t version, IntegerAt(parts, 0, dtype));
  if (version < 3 || version > 4)
    return Error(Reason::kBadModel, "numpy.dtype: expected a state of version 3 or 4, got {}",
                 version);
  if (!parts[1]->is(Kind::kString)) return BadType("a byte order", *parts[1]);
  out.big_endian = IsBig(parts[1]->text);
  ASSIGN_OR_RETURN(const int64_t item_bytes, IntegerAt(parts, 5, dtype));
  const char kind = out.type.kind;
  if (item_bytes >= 0 && (kind == 'S' || kind == 'U' || kind == 'V') &&
      static_cast<uint64_t>(item_bytes) != out.type.item_bytes)
    return Error(Reason::kBadModel, "numpy.dtype: expected items of {} bytes, got {}",
                 out.type.item_bytes, item_bytes);
  if (kind != 'V' || parts[3]->is(Kind::kNone)) return OkStatus();
  return AddFields(*parts[3], *parts[4], heap, out);
}

Status Unknown(const Node& type) {
  if (!type.is(Kind::kGlobal)) return BadType("a type's name", type);
  return Error(Reason::kUnsupported, "arrays of {}.{} are not read", Printable(type.global->module),
               Printable(type.global->name));
}

/// The type of a recarray: its size stands in the state alone.
StatusOr<NumpyType> RecordType(const Node& dtype, const Node& state, Heap& heap) {
  if (!state.is(Kind::kTuple)) return BadType("a tuple as its state", dtype);
  ASSIGN_OR_RETURN(const int64_t item_bytes, IntegerAt(*state.nodes, 5, dtype));
  if (item_bytes < 0 || static_cast<size_t>(item_bytes) > kMaxItemBytes)
    return Error(Reason::kBadModel, "numpy.dtype: expected at most {} bytes, got {}", kMaxItemBytes,
                 item_bytes);
  NumpyType out;
  out.type.kind = 'V';
  out.type.item_bytes = static_cast<size_t>(item_bytes);
  RETURN_IF_ERROR(ApplyState(dtype, state, heap, out));
  return out;
}

}  // namespace

bool IsNumpyCore(std::string_view module, std::string_view part) {
  const size_t dot = module.rfind('.');
  if (dot == std::string_view::npos || module.substr(dot + 1) != part) return false;
  const std::string_view parent = module.substr(0, dot);
  return parent == "numpy.core" || parent == "numpy._core";
}

StatusOr<NumpyType> ParseNumpyType(std::string_view code) {
  ASSIGN_OR_RETURN(NumpyType out, ParseCode(code));
  if (!HasKnownSize(out.type))
    return Error(Reason::kBadModel, "numpy.dtype: expected a type that numpy has, got \"{}\"",
                 Printable(code));
  return out;
}

StatusOr<NumpyType> ReadNumpyType(const Node& dtype, Heap& heap) {
  if (!dtype.is(Kind::kObject)) return BadType("an instance of numpy.dtype", dtype);
  if (!IsInstanceOf(dtype, "numpy", "dtype")) return Unknown(*dtype.instance->callable);
  const Nodes& args = *dtype.instance->args->nodes;
  if (args.empty()) return BadType("a type's name", dtype);
  const Node* const state = dtype.instance->state;
  if (Names(*args[0], "numpy", "record") && state != nullptr)
    return RecordType(dtype, *state, heap);
  if (args[0]->is(Kind::kGlobal)) return Unknown(*args[0]);
  if (!args[0]->is(Kind::kString)) return BadType("a type's name", dtype);
  ASSIGN_OR_RETURN(NumpyType out, ParseNumpyType(args[0]->text));
  if (state != nullptr) RETURN_IF_ERROR(ApplyState(dtype, *state, heap, out));
  return out;
}

}  // namespace slipway::pickle
