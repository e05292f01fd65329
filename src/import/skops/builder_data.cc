// Containers, numbers, texts and arrays.

#include <cctype>

#include "import/pickle/numpy.h"
#include "import/pickle/text.h"
#include "import/skops/builder.h"
#include "import/skops/npy.h"

namespace slipway::skops {
namespace {

using pickle::Array;
using pickle::Nodes;
using pickle::Printable;

bool NamesType(const Json* type, std::string_view part) {
  const Json* name = type == nullptr ? nullptr : type->Find("__class__");
  return name != nullptr && name->text.find(part) != std::string_view::npos;
}

std::string TypeCode(const pickle::ArrayType& type) {
  const size_t size = type.kind == 'U' ? type.item_bytes / 4 : type.item_bytes;
  return fmt::format("{}{}", type.kind, size);
}

}  // namespace

StatusOr<pickle::Node*> Builder::Dict(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  const Json* types = node.Find("key_types");
  types = types == nullptr ? nullptr : types->Find("content");
  Nodes pairs;
  RETURN_IF_ERROR(heap_.Charge(2 * sizeof(Node*) * content->keys.size()));
  for (size_t i = 0; i < content->keys.size(); ++i) {
    const Json* type = types != nullptr && i < types->values.size() ? &types->values[i] : nullptr;
    ASSIGN_OR_RETURN(pairs.emplace_back(), Key(content->values[i], content->keys[i], type));
    ASSIGN_OR_RETURN(pairs.emplace_back(), Build(content->values[i]));
  }
  return heap_.NewItems(Kind::kDict, node.offset, std::move(pairs));
}

/// JSON has keys of text alone; which type one had stands beside it.
StatusOr<pickle::Node*> Builder::Key(const Json& node, std::string_view key, const Json* type) {
  if (!NamesType(type, "int") && !NamesType(type, "float") && !NamesType(type, "bool"))
    return heap_.NewText(Kind::kString, node.offset, key);
  JsonReader reader(key, {.allow_nan_tokens = true});
  ASSIGN_OR_RETURN(Node* const number, Plain(reader, node.offset));
  RETURN_IF_ERROR(reader.End());
  return number;
}

StatusOr<pickle::Node*> Builder::DefaultDict(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  return BuildAt(*content, "main");
}

template <pickle::Kind kind>
StatusOr<pickle::Node*> Builder::Items(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kArray));
  Nodes nodes;
  for (const Json& each : content->values) {
    ASSIGN_OR_RETURN(nodes.emplace_back(), Build(each));
  }
  return heap_.NewItems(kind, node.offset, std::move(nodes));
}
template StatusOr<pickle::Node*> Builder::Items<pickle::Kind::kList>(const Json&);
template StatusOr<pickle::Node*> Builder::Items<pickle::Kind::kTuple>(const Json&);
template StatusOr<pickle::Node*> Builder::Items<pickle::Kind::kSet>(const Json&);

/// JSON within JSON: "0.5", "\"best\"", "null", NaN.
StatusOr<pickle::Node*> Builder::Scalar(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kString));
  JsonReader reader(content->text, {.max_depth = 32, .allow_nan_tokens = true});
  StatusOr<Node*> plain = Plain(reader, node.offset);
  const Status ended = plain.ok() ? reader.End() : plain.status();
  if (!ended.ok()) return Bad(node, "content", "JSON", MessageOf(ended));
  return plain;
}

StatusOr<pickle::Node*> Builder::Plain(JsonReader& reader, size_t offset) {
  ASSIGN_OR_RETURN(const JsonType type, reader.Peek());
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kNone, offset));
  switch (type) {
    case JsonType::kNull:
      RETURN_IF_ERROR(reader.ReadNull());
      return node;
    case JsonType::kTrue:
    case JsonType::kFalse:
      node->kind = Kind::kBool;
      RETURN_IF_ERROR(reader.ReadBool(&node->boolean));
      return node;
    case JsonType::kString: {
      std::string text;
      RETURN_IF_ERROR(reader.ReadString(&text));
      return heap_.NewOwnedText(Kind::kString, offset, std::move(text));
    }
    case JsonType::kNumber:
      break;
    default:
      return reader.Expected("a number, a string, true, false or null");
  }
  node->kind = Kind::kFloat;
  if (reader.TryNanToken(&node->number)) return node;
  Decimal decimal;
  RETURN_IF_ERROR(reader.ReadDecimal(&decimal));
  int64_t whole = 0;
  if (decimal.whole) {
    node->kind = ToInt64(decimal, &whole) ? Kind::kInt : Kind::kBigInt;
    if (node->is(Kind::kInt)) node->integer = whole;
    return node;
  }
  double number = 0;
  if (!ToDouble(decimal, &number)) return reader.RefuseNumber(decimal, "a number of 64 bits");
  node->number = number;
  return node;
}

StatusOr<std::span<const std::byte>> Builder::FileOf(const Json& node) {
  ASSIGN_OR_RETURN(const Json* file, At(node, "file", JsonType::kString));
  auto bytes = zip_.Read(file->text, heap_);
  if (!bytes.ok())
    return Annotate(bytes.status(), fmt::format("schema.json, byte {}", node.offset));
  return bytes;
}

StatusOr<pickle::Node*> Builder::Bytes(const Json& node) {
  ASSIGN_OR_RETURN(const auto bytes, FileOf(node));
  return heap_.NewText(Kind::kBytes, node.offset,
                       {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

StatusOr<pickle::Node*> Builder::NewArray(size_t offset, Array array) {
  ASSIGN_OR_RETURN(Node* const node, heap_.New(Kind::kNone, offset));
  RETURN_IF_ERROR(heap_.BecomeArray(*node, std::move(array)));
  return node;
}

StatusOr<pickle::Node*> Builder::NdArray(const Json& node) {
  ASSIGN_OR_RETURN(const Json* type, At(node, "type", JsonType::kString));
  if (type->text == "json") {
    ASSIGN_OR_RETURN(Array array, ObjectArray(node));
    return NewArray(node.offset, std::move(array));
  }
  if (type->text != "numpy")
    return Bad(node, "type", "\"numpy\" or \"json\"", Printable(type->text));
  ASSIGN_OR_RETURN(const auto file, FileOf(node));
  StatusOr<Array> array = ReadNpy(file, heap_);
  if (!array.ok())
    return Annotate(array.status(), fmt::format("schema.json, byte {}", node.offset));
  return NewArray(node.offset, *std::move(array));
}

/// The objects stand in lists of lists, as tolist() gives them.
StatusOr<Array> Builder::ObjectArray(const Json& node) {
  ASSIGN_OR_RETURN(Node* const tuple, BuildAt(node, "shape"));
  ASSIGN_OR_RETURN(std::vector<int64_t> shape, pickle::ReadShape(*tuple));
  if (shape.empty()) return Bad(node, "shape", "one axis or more", "none");
  Nodes objects;
  RETURN_IF_ERROR(Flatten(node, node, shape.size(), objects));
  pickle::NumpyType type;
  type.type.kind = 'O';
  return pickle::MakeObjectArray(type, std::move(shape), objects, heap_);
}

Status Builder::Flatten(const Json& node, const Json& list, size_t axes, Nodes& objects) {
  ASSIGN_OR_RETURN(const Json* content, At(list, "content", JsonType::kArray));
  for (const Json& each : content->values) {
    if (axes > 1) {
      RETURN_IF_ERROR(Flatten(node, each, axes - 1, objects));
      continue;
    }
    RETURN_IF_ERROR(heap_.Charge(sizeof(Node*)));
    ASSIGN_OR_RETURN(objects.emplace_back(), Build(each));
  }
  return OkStatus();
}

/// The arrays of scipy's .npz become attributes, as they are in a pickle.
StatusOr<pickle::Node*> Builder::Sparse(const Json& node) {
  ASSIGN_OR_RETURN(Node* const callable, Global(node));
  ASSIGN_OR_RETURN(const auto file, FileOf(node));
  ASSIGN_OR_RETURN(Zip opened, Zip::Open(file));
  Zip& npz = inner_.emplace_back(std::move(opened));
  Nodes pairs;
  for (const std::string_view member : npz.names()) {
    if (!member.ends_with(".npy")) return Bad(node, "file", "arrays", Printable(member));
    ASSIGN_OR_RETURN(const auto bytes, npz.Read(member, heap_));
    ASSIGN_OR_RETURN(Array array, ReadNpy(bytes, heap_));
    std::string_view key = member.substr(0, member.size() - 4);
    ASSIGN_OR_RETURN(Node * value, NewArray(node.offset, array));
    if (key == "shape") {
      key = "_shape";
      ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, array.Integers());
      Nodes shape;
      for (const int64_t size : sizes) {
        ASSIGN_OR_RETURN(Node* const each, heap_.New(Kind::kInt, node.offset));
        each->integer = size;
        shape.push_back(each);
      }
      ASSIGN_OR_RETURN(value, NewTuple(std::move(shape), node.offset));
    }
    ASSIGN_OR_RETURN(pairs.emplace_back(),
                     heap_.NewOwnedText(Kind::kString, node.offset, std::string(key)));
    pairs.push_back(value);
  }
  ASSIGN_OR_RETURN(Node* const state, heap_.NewItems(Kind::kDict, node.offset, std::move(pairs)));
  return NewInstance(callable, {}, state, node.offset);
}

/// An empty array shows the type.
StatusOr<pickle::Node*> Builder::DType(const Json& node) {
  ASSIGN_OR_RETURN(Node* const array, BuildAt(node, "content"));
  if (!array->is(Kind::kArray))
    return Bad(node, "content", "an array", pickle::KindName(array->kind));
  ASSIGN_OR_RETURN(Node* const code,
                   heap_.NewOwnedText(Kind::kString, node.offset, TypeCode(array->array->type)));
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal("numpy", "dtype", node.offset));
  return NewInstance(callable, {code}, nullptr, node.offset);
}

}  // namespace slipway::skops
