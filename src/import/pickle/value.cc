#include "import/pickle/value.h"

#include <algorithm>
#include <array>

#include "import/pickle/node.h"

namespace slipway::pickle {
namespace {

const Node kNothing = {};

const Node& OrNothing(const Node* node) { return node == nullptr ? kNothing : *node; }

const Nodes& NodesOf(const Node& node) {
  static const Nodes kEmpty;
  switch (node.kind) {
    case Kind::kList:
    case Kind::kTuple:
    case Kind::kSet:
    case Kind::kDict:
      return *node.nodes;
    case Kind::kObject:
      return node.instance->appended;
    default:
      return kEmpty;
  }
}

GlobalName NameOf(const Node& node) {
  if (node.is(Kind::kGlobal)) return *node.global;
  if (node.is(Kind::kObject) && node.instance->callable->is(Kind::kGlobal))
    return *node.instance->callable->global;
  return {};
}

}  // namespace

std::string_view KindName(Kind kind) {
  constexpr std::array<std::string_view, 14> kNames = {
      "None",      "a bool",  "an int", "an int of more than 64 bits",
      "a float",   "a str",   "bytes",  "a list",
      "a tuple",   "a set",   "a dict", "a global",
      "an object", "an array"};
  return kNames[static_cast<size_t>(kind)];
}

Kind Value::kind() const { return node_->kind; }
size_t Value::offset() const { return node_->offset; }

bool Value::boolean() const { return is(Kind::kBool) && node_->boolean; }
int64_t Value::integer() const { return is(Kind::kInt) ? node_->integer : 0; }
double Value::number() const { return is(Kind::kFloat) ? node_->number : 0; }
std::string_view Value::text() const {
  return is(Kind::kString) || is(Kind::kBytes) ? node_->text : std::string_view();
}
const Array& Value::array() const {
  static const Array kEmpty;
  return is(Kind::kArray) ? *node_->array : kEmpty;
}

size_t Value::size() const {
  const size_t nodes = NodesOf(*node_).size();
  return is(Kind::kDict) ? nodes / 2 : nodes;
}
Value Value::at(size_t index) const {
  const Nodes& nodes = NodesOf(*node_);
  const size_t place = is(Kind::kDict) ? 2 * index + 1 : index;
  return Value(index < size() ? nodes[place] : &kNothing);
}
Value Value::key(size_t index) const {
  return Value(is(Kind::kDict) && index < size() ? (*node_->nodes)[2 * index] : &kNothing);
}
std::optional<Value> Value::Find(std::string_view wanted) const {
  if (!is(Kind::kDict)) return std::nullopt;
  for (size_t i = size(); i-- > 0;) {
    const Value at_i = key(i);
    if (at_i.is(Kind::kString) && at_i.text() == wanted) return at(i);
  }
  return std::nullopt;
}

std::string_view Value::module() const { return NameOf(*node_).module; }
std::string_view Value::name() const { return NameOf(*node_).name; }
Value Value::callable() const {
  return Value(is(Kind::kObject) ? node_->instance->callable : &kNothing);
}
Value Value::args() const { return Value(is(Kind::kObject) ? node_->instance->args : &kNothing); }
Value Value::keywords() const {
  return Value(&OrNothing(is(Kind::kObject) ? node_->instance->keywords : nullptr));
}
Value Value::state() const {
  return Value(&OrNothing(is(Kind::kObject) ? node_->instance->state : nullptr));
}
Value Value::items() const {
  return Value(&OrNothing(is(Kind::kObject) ? node_->instance->items : nullptr));
}

}  // namespace slipway::pickle
