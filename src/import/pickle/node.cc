#include "import/pickle/node.h"

namespace slipway::pickle {

Status Heap::Charge(size_t bytes) {
  if (bytes > bytes_left_)
    return Error(Reason::kTooLarge, "the values take more memory than is allowed");
  bytes_left_ -= bytes;
  return OkStatus();
}

StatusOr<Node*> Heap::New(Kind kind, size_t offset) {
  if (values_left_ == 0) return Error(Reason::kTooLarge, "there are more values than is allowed");
  --values_left_;
  RETURN_IF_ERROR(Charge(sizeof(Node)));
  Node& node = nodes_.emplace_back();
  node.kind = kind;
  node.offset = offset;
  return &node;
}

StatusOr<Node*> Heap::NewText(Kind kind, size_t offset, std::string_view borrowed) {
  ASSIGN_OR_RETURN(Node* const node, New(kind, offset));
  node->text = borrowed;
  return node;
}

StatusOr<Node*> Heap::NewOwnedText(Kind kind, size_t offset, std::string text) {
  RETURN_IF_ERROR(Charge(sizeof(std::string) + text.size()));
  return NewText(kind, offset, texts_.emplace_back(std::move(text)));
}

StatusOr<Node*> Heap::NewItems(Kind kind, size_t offset, Nodes nodes) {
  RETURN_IF_ERROR(Charge(sizeof(Nodes) + nodes.size() * sizeof(Node*)));
  ASSIGN_OR_RETURN(Node* const node, New(kind, offset));
  node->nodes = &lists_.emplace_back(std::move(nodes));
  return node;
}

StatusOr<Node*> Heap::NewGlobal(size_t offset, GlobalName name) {
  RETURN_IF_ERROR(Charge(sizeof(GlobalName)));
  ASSIGN_OR_RETURN(Node* const node, New(Kind::kGlobal, offset));
  node->global = &globals_.emplace_back(name);
  return node;
}

StatusOr<Node*> Heap::NewInstance(size_t offset, Node* callable, Node* args) {
  RETURN_IF_ERROR(Charge(sizeof(Instance)));
  ASSIGN_OR_RETURN(Node* const node, New(Kind::kObject, offset));
  node->instance = &instances_.emplace_back(Instance{.callable = callable, .args = args});
  return node;
}

Status Heap::BecomeArray(Node& node, Array array) {
  constexpr size_t kPerField = sizeof(ArrayType::Field) + 32;
  RETURN_IF_ERROR(Charge(sizeof(Array) + array.type.fields.size() * kPerField));
  node.array = &arrays_.emplace_back(std::move(array));
  node.kind = Kind::kArray;
  return OkStatus();
}

Status Heap::Append(Nodes& to, std::span<Node* const> nodes) {
  RETURN_IF_ERROR(Charge(nodes.size() * sizeof(Node*)));
  to.insert(to.end(), nodes.begin(), nodes.end());
  return OkStatus();
}

bool Names(const Node& node, std::string_view module, std::string_view name) {
  return node.is(Kind::kGlobal) && node.global->module == module && node.global->name == name;
}

bool IsInstanceOf(const Node& node, std::string_view module, std::string_view name) {
  return node.is(Kind::kObject) && Names(*node.instance->callable, module, name);
}

}  // namespace slipway::pickle
