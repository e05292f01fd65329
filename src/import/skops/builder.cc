#include "import/skops/builder.h"

#include "import/pickle/text.h"

namespace slipway::skops {

using pickle::Nodes;
using pickle::Printable;

struct Builder::Loader {
  std::string_view name;
  StatusOr<Node*> (Builder::*build)(const Json&);
};

namespace {

std::string_view LoaderOf(const Json& node) {
  const Json* loader = node.Find("__loader__");
  return loader != nullptr && loader->type == JsonType::kString ? loader->text : "a node";
}

}  // namespace

struct Loaders {
  static constexpr Builder::Loader kAll[] = {
      {"BytearrayNode", &Builder::Bytes},    {"BytesNode", &Builder::Bytes},
      {"CachedNode", &Builder::Cached},      {"ConstructorFromReduceNode", &Builder::Constructed},
      {"DTypeNode", &Builder::DType},        {"DefaultDictNode", &Builder::DefaultDict},
      {"DictNode", &Builder::Dict},          {"FunctionNode", &Builder::Global},
      {"JsonNode", &Builder::Scalar},        {"ListNode", &Builder::Items<pickle::Kind::kList>},
      {"LossNode", &Builder::Reduced},       {"MaskedArrayNode", &Builder::Parts},
      {"MethodNode", &Builder::Method},      {"NdArrayNode", &Builder::NdArray},
      {"ObjectNode", &Builder::Object},      {"OperatorFuncNode", &Builder::Operator},
      {"PartialNode", &Builder::Partial},    {"RandomGeneratorNode", &Builder::Parts},
      {"RandomStateNode", &Builder::Object}, {"SetNode", &Builder::Items<pickle::Kind::kSet>},
      {"SliceNode", &Builder::Slice},        {"SparseMatrixNode", &Builder::Sparse},
      {"TreeNode", &Builder::Reduced},       {"TupleNode", &Builder::Items<pickle::Kind::kTuple>},
      {"TypeNode", &Builder::Global},
  };
};

Status Builder::Bad(const Json& node, std::string_view what, std::string_view expected,
                    std::string_view got) const {
  return Error(Reason::kBadModel, "schema.json, byte {}: {}: {}: expected {}, got {}", node.offset,
               Printable(LoaderOf(node)), what, expected, got);
}

StatusOr<const Json*> Builder::At(const Json& node, std::string_view key, JsonType type) const {
  const Json* found = node.Find(key);
  if (found == nullptr) return Bad(node, key, NameOf(type), "nothing");
  if (found->type != type) return Bad(node, key, NameOf(type), NameOf(found->type));
  return found;
}

StatusOr<pickle::Node*> Builder::BuildAt(const Json& node, std::string_view key) {
  ASSIGN_OR_RETURN(const Json* found, At(node, key, JsonType::kObject));
  return Build(*found);
}

StatusOr<pickle::Node*> Builder::Build(const Json& node) {
  ASSIGN_OR_RETURN(const Json* loader, At(node, "__loader__", JsonType::kString));
  for (const Loader& known : Loaders::kAll) {
    if (known.name != loader->text) continue;
    ASSIGN_OR_RETURN(Node* const built, (this->*known.build)(node));
    const Json* id = node.Find("__id__");
    if (id == nullptr || id->type != JsonType::kNumber) return built;
    RETURN_IF_ERROR(heap_.Charge(sizeof(*by_id_.begin())));
    by_id_.try_emplace(id->text, built);
    return built;
  }
  return Error(Reason::kUnsupported, "schema.json, byte {}: the loader {} is not known",
               node.offset, Printable(loader->text));
}

StatusOr<pickle::Node*> Builder::Cached(const Json& node) {
  ASSIGN_OR_RETURN(const Json* id, At(node, "__id__", JsonType::kNumber));
  const auto found = by_id_.find(id->text);
  if (found == by_id_.end()) return Bad(node, "__id__", "that of an earlier node", id->text);
  return found->second;
}

StatusOr<pickle::Node*> Builder::NewGlobal(std::string_view module, std::string_view name,
                                           size_t offset) {
  RETURN_IF_ERROR(globals_.Use(module, name, offset));
  return heap_.NewGlobal(offset, {module, name});
}

StatusOr<pickle::Node*> Builder::NewTuple(Nodes nodes, size_t offset) {
  return heap_.NewItems(Kind::kTuple, offset, std::move(nodes));
}

StatusOr<pickle::Node*> Builder::NewInstance(Node* callable, Nodes args, Node* state,
                                             size_t offset) {
  ASSIGN_OR_RETURN(Node* const tuple, NewTuple(std::move(args), offset));
  ASSIGN_OR_RETURN(Node* const instance, heap_.NewInstance(offset, callable, tuple));
  instance->instance->state = state;
  return instance;
}

/// Of a class or function; protocol 0 spelled functions otherwise.
StatusOr<pickle::Node*> Builder::Global(const Json& node) {
  const Json* content = node.Find("content");
  if (content != nullptr && content->type == JsonType::kObject) return OldFunction(node, *content);
  ASSIGN_OR_RETURN(const Json* module, At(node, "__module__", JsonType::kString));
  ASSIGN_OR_RETURN(const Json* name, At(node, "__class__", JsonType::kString));
  return NewGlobal(module->text, name->text, node.offset);
}

StatusOr<pickle::Node*> Builder::OldFunction(const Json& node, const Json& content) {
  ASSIGN_OR_RETURN(const Json* module, At(content, "module_path", JsonType::kString));
  ASSIGN_OR_RETURN(const Json* name, At(content, "function", JsonType::kString));
  return NewGlobal(module->text, name->text, node.offset);
}

StatusOr<pickle::Node*> Builder::Object(const Json& node) {
  ASSIGN_OR_RETURN(const Json* module, At(node, "__module__", JsonType::kString));
  ASSIGN_OR_RETURN(const Json* name, At(node, "__class__", JsonType::kString));
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal(module->text, name->text, node.offset));
  Node* state = nullptr;
  if (const Json* content = node.Find("content");
      content != nullptr && content->type != JsonType::kNull) {
    ASSIGN_OR_RETURN(state, BuildAt(node, "content"));
  }
  return NewInstance(callable, {}, state, node.offset);
}

/// A tree or loss, which numpy's and Cython's classes are made from by arguments and a state.
StatusOr<pickle::Node*> Builder::Reduced(const Json& node) {
  ASSIGN_OR_RETURN(Node* const instance, Object(node));
  ASSIGN_OR_RETURN(const Json* reduced, At(node, "__reduce__", JsonType::kObject));
  ASSIGN_OR_RETURN(Node* const args, BuildAt(*reduced, "args"));
  if (!args->is(Kind::kTuple))
    return Bad(node, "__reduce__.args", "a tuple", pickle::KindName(args->kind));
  instance->instance->args = args;
  return instance;
}

StatusOr<pickle::Node*> Builder::Constructed(const Json& node) {
  ASSIGN_OR_RETURN(Node* const callable, Global(node));
  ASSIGN_OR_RETURN(Node* const args, BuildAt(node, "content"));
  if (!args->is(Kind::kTuple)) return Bad(node, "content", "a tuple", pickle::KindName(args->kind));
  return heap_.NewInstance(node.offset, callable, args);
}

/// An instance whose content is not one node but a few by name: they become its state.
StatusOr<pickle::Node*> Builder::Parts(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  ASSIGN_OR_RETURN(const Json* module, At(node, "__module__", JsonType::kString));
  ASSIGN_OR_RETURN(const Json* name, At(node, "__class__", JsonType::kString));
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal(module->text, name->text, node.offset));
  Nodes pairs;
  for (size_t i = 0; i < content->keys.size(); ++i) {
    const Json& part = content->values[i];
    if (part.Find("__loader__") == nullptr) continue;  // protocol 0: plain JSON
    ASSIGN_OR_RETURN(pairs.emplace_back(),
                     heap_.NewText(Kind::kString, part.offset, content->keys[i]));
    ASSIGN_OR_RETURN(pairs.emplace_back(), Build(part));
  }
  ASSIGN_OR_RETURN(Node* const state, heap_.NewItems(Kind::kDict, node.offset, std::move(pairs)));
  return NewInstance(callable, {}, state, node.offset);
}

/// As pickle holds one: its state is the function, arguments, keywords, and the namespace.
StatusOr<pickle::Node*> Builder::Partial(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  Nodes parts;
  for (const std::string_view key : {"func", "args", "kwds", "namespace"}) {
    ASSIGN_OR_RETURN(parts.emplace_back(), BuildAt(*content, key));
  }
  Node* const function = parts.front();
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal("functools", "partial", node.offset));
  ASSIGN_OR_RETURN(Node* const state, NewTuple(std::move(parts), node.offset));
  return NewInstance(callable, {function}, state, node.offset);
}

/// A bound method, which is what getattr(object, name) gives.
StatusOr<pickle::Node*> Builder::Method(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  ASSIGN_OR_RETURN(const Json* name, At(*content, "func", JsonType::kString));
  ASSIGN_OR_RETURN(Node* const object, BuildAt(*content, "obj"));
  ASSIGN_OR_RETURN(Node* const text, heap_.NewText(Kind::kString, name->offset, name->text));
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal("builtins", "getattr", node.offset));
  return NewInstance(callable, {object, text}, nullptr, node.offset);
}

StatusOr<pickle::Node*> Builder::Operator(const Json& node) {
  ASSIGN_OR_RETURN(Node* const callable, Global(node));
  ASSIGN_OR_RETURN(Node* const args, BuildAt(node, "attrs"));
  if (!args->is(Kind::kTuple)) return Bad(node, "attrs", "a tuple", pickle::KindName(args->kind));
  return heap_.NewInstance(node.offset, callable, args);
}

StatusOr<pickle::Node*> Builder::Slice(const Json& node) {
  ASSIGN_OR_RETURN(const Json* content, At(node, "content", JsonType::kObject));
  Nodes ends;
  for (const std::string_view key : {"start", "stop", "step"}) {
    const Json* end = content->Find(key);
    if (end == nullptr) return Bad(node, key, "a number, a name or null", "nothing");
    if (end->type == JsonType::kString) {
      ASSIGN_OR_RETURN(ends.emplace_back(), heap_.NewText(Kind::kString, end->offset, end->text));
      continue;
    }
    if (end->type != JsonType::kNumber && end->type != JsonType::kNull)
      return Bad(node, key, "a number, a name or null", NameOf(end->type));
    JsonReader reader(end->text);
    ASSIGN_OR_RETURN(ends.emplace_back(), Plain(reader, end->offset));
  }
  ASSIGN_OR_RETURN(Node* const callable, NewGlobal("builtins", "slice", node.offset));
  return NewInstance(callable, std::move(ends), nullptr, node.offset);
}

}  // namespace slipway::skops
