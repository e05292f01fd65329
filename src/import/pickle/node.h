#pragma once
// What values are made of, and the arena that owns them.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "import/pickle/value.h"

namespace slipway::pickle {

using Nodes = std::vector<Node*>;

struct GlobalName {
  std::string_view module, name;
};

struct Instance {
  Node* callable = nullptr;  // kGlobal or kObject
  Node* args = nullptr;      // a tuple
  Node* keywords = nullptr;  // null or a dict
  Node* state = nullptr;     // null until BUILD
  Node* items = nullptr;     // null until SETITEMS
  Nodes appended;
};

struct Node {
  size_t offset = 0;
  Kind kind = Kind::kNone;
  union {
    bool boolean;
    int64_t integer;
    double number;
    std::string_view text = {};
    Nodes* nodes;  // kList, kTuple, kSet; kDict: key, value, key, value …
    GlobalName* global;
    Instance* instance;
    Array* array;
  };

  bool is(Kind k) const { return kind == k; }
};

/// Owns nodes and what they hold; counts both before memory is asked for.
/// Threads: one while it grows, any afterwards.
class Heap {
 public:
  Heap(size_t max_values, size_t max_bytes) : values_left_(max_values), bytes_left_(max_bytes) {}
  Heap(const Heap&) = delete;

  /// Takes `bytes` from the budget, or kTooLarge. Work on what several opcodes may name is charged
  /// too, so that time, as memory, is bounded by the length of the file.
  Status Charge(size_t bytes);

  StatusOr<Node*> New(Kind kind, size_t offset);  // with nothing inside
  StatusOr<Node*> NewText(Kind kind, size_t offset, std::string_view borrowed);
  StatusOr<Node*> NewOwnedText(Kind kind, size_t offset, std::string text);
  StatusOr<Node*> NewItems(Kind kind, size_t offset, Nodes nodes);
  StatusOr<Node*> NewGlobal(size_t offset, GlobalName name);
  StatusOr<Node*> NewInstance(size_t offset, Node* callable, Node* args);

  /// Makes `node` an array; whatever refers to it sees that.
  Status BecomeArray(Node& node, Array array);
  /// Appends, within the budget.
  Status Append(Nodes& to, std::span<Node* const> nodes);

 private:
  size_t values_left_;
  size_t bytes_left_;
  std::deque<Node> nodes_;
  std::deque<std::string> texts_;
  std::deque<Nodes> lists_;
  std::deque<GlobalName> globals_;
  std::deque<Instance> instances_;
  std::deque<Array> arrays_;
};

/// Whether `node` names module.name.
bool Names(const Node& node, std::string_view module, std::string_view name);
/// Whether `node` is what calling module.name would give.
bool IsInstanceOf(const Node& node, std::string_view module, std::string_view name);

}  // namespace slipway::pickle
