#include "import/pickle/calls.h"

#include <array>

#include "import/pickle/numpy.h"
#include "import/pickle/text.h"

namespace slipway::pickle {
namespace {

struct Call {
  const Nodes& args;
  size_t offset;
  Heap& heap;
};

bool IsCopyreg(std::string_view module) { return module == "copyreg" || module == "copy_reg"; }
bool IsBuiltin(std::string_view module) { return module == "builtins" || module == "__builtin__"; }

bool IsLatin1(const Node& encoding) {
  return encoding.is(Kind::kString) &&
         (encoding.text == "latin1" || encoding.text == "latin-1" || encoding.text == "iso-8859-1");
}

StatusOr<Node*> NewInstance(Node* callable, Nodes args, const Call& call) {
  if (!callable->is(Kind::kGlobal) && !callable->is(Kind::kObject))
    return Error(Reason::kBadModel, "expected a class, got {}", KindName(callable->kind));
  ASSIGN_OR_RETURN(Node* const tuple,
                   call.heap.NewItems(Kind::kTuple, call.offset, std::move(args)));
  return call.heap.NewInstance(call.offset, callable, tuple);
}

/// _reconstructor(class, base, state): an instance of the class, which is built on base(state).
StatusOr<Node*> Reconstruct(const Call& call) {
  if (call.args.size() != 3)
    return Error(Reason::kBadModel, "copyreg._reconstructor: expected 3 arguments, got {}",
                 call.args.size());
  const Node& base = *call.args[1];
  const bool plain =
      base.is(Kind::kGlobal) && IsBuiltin(base.global->module) && base.global->name == "object";
  return NewInstance(call.args[0], plain ? Nodes{} : Nodes{call.args[2]}, call);
}

/// __newobj__(class, *args)
StatusOr<Node*> NewObject(const Call& call) {
  if (call.args.empty())
    return Error(Reason::kBadModel, "copyreg.__newobj__: expected a class, got no argument");
  return NewInstance(call.args[0], Nodes(call.args.begin() + 1, call.args.end()), call);
}

/// __newobj_ex__(class, args, keywords)
StatusOr<Node*> NewObjectEx(const Call& call) {
  if (call.args.size() != 3 || !call.args[1]->is(Kind::kTuple) || !call.args[2]->is(Kind::kDict))
    return Error(Reason::kBadModel, "copyreg.__newobj_ex__: expected a class, a tuple and a dict");
  ASSIGN_OR_RETURN(Node* const made, NewInstance(call.args[0], *call.args[1]->nodes, call));
  made->instance->keywords = call.args[2];
  return made;
}

/// How Python 3 writes bytes in protocols 0 to 2: _codecs.encode(text, 'latin1').
StatusOr<Node*> Latin1Bytes(const Node& text, const Call& call) {
  RETURN_IF_ERROR(call.heap.Charge(text.text.size()));
  if (IsAscii(text.text)) return call.heap.NewText(Kind::kBytes, call.offset, text.text);
  ASSIGN_OR_RETURN(std::string bytes, EncodeLatin1(text.text));
  return call.heap.NewOwnedText(Kind::kBytes, call.offset, std::move(bytes));
}

StatusOr<Node*> Encode(const Call& call) {
  if (call.args.size() == 2 && call.args[0]->is(Kind::kString) && IsLatin1(*call.args[1]))
    return Latin1Bytes(*call.args[0], call);
  return nullptr;
}

/// bytes(), bytearray(bytes), bytearray(text, 'latin-1')
StatusOr<Node*> Bytes(const Call& call) {
  if (call.args.empty()) return call.heap.NewText(Kind::kBytes, call.offset, "");
  if (call.args.size() == 1 && call.args[0]->is(Kind::kBytes))
    return call.heap.NewText(Kind::kBytes, call.offset, call.args[0]->text);
  return Encode(call);
}

/// set(list) and frozenset(list), of protocols 0 to 3.
StatusOr<Node*> Set(const Call& call) {
  if (call.args.empty()) return call.heap.NewItems(Kind::kSet, call.offset, {});
  if (call.args.size() != 1 || !call.args[0]->is(Kind::kList)) return nullptr;
  return call.heap.NewItems(Kind::kSet, call.offset, *call.args[0]->nodes);
}

StatusOr<Node*> AsNode(StatusOr<Array> array, const Call& call) {
  RETURN_IF_ERROR(array.status());
  ASSIGN_OR_RETURN(Node* const node, call.heap.New(Kind::kNone, call.offset));
  RETURN_IF_ERROR(call.heap.BecomeArray(*node, *std::move(array)));
  return node;
}

StatusOr<Node*> Scalar(const Call& call) {
  return AsNode(ScalarFromArguments(call.args, call.heap), call);
}

StatusOr<Node*> FromBuffer(const Call& call) {
  return AsNode(ArrayFromBuffer(call.args, call.heap), call);
}

bool IsMultiarray(std::string_view module) { return IsNumpyCore(module, "multiarray"); }
bool IsNumeric(std::string_view module) { return IsNumpyCore(module, "numeric"); }
bool IsCodecs(std::string_view module) { return module == "_codecs"; }

struct Known {
  bool (*in_module)(std::string_view);
  std::string_view name;
  StatusOr<Node*> (*result)(const Call&);
};
constexpr std::array<Known, 10> kKnown = {{{IsCopyreg, "_reconstructor", Reconstruct},
                                           {IsCopyreg, "__newobj__", NewObject},
                                           {IsCopyreg, "__newobj_ex__", NewObjectEx},
                                           {IsCodecs, "encode", Encode},
                                           {IsBuiltin, "bytes", Bytes},
                                           {IsBuiltin, "bytearray", Bytes},
                                           {IsBuiltin, "set", Set},
                                           {IsBuiltin, "frozenset", Set},
                                           {IsMultiarray, "scalar", Scalar},
                                           {IsNumeric, "_frombuffer", FromBuffer}}};

}  // namespace

StatusOr<Node*> ResultOf(const Node& callable, Node& args, size_t offset, Heap& heap) {
  if (!callable.is(Kind::kGlobal)) return nullptr;
  const auto [module, name] = *callable.global;
  for (const Known& known : kKnown)
    if (known.name == name && known.in_module(module))
      return known.result({*args.nodes, offset, heap});
  return nullptr;
}

}  // namespace slipway::pickle
