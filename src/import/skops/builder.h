#pragma once
// The nodes of schema.json become the values that pickles hold.
// Source: skops 0.16, the *Node classes of skops.io; docs/formats/skops.md

#include <absl/container/flat_hash_map.h>

#include <deque>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "import/pickle/globals.h"
#include "import/pickle/node.h"
#include "import/skops/schema.h"
#include "import/skops/zip.h"

namespace slipway::skops {

/// Builds one file's values. Recursion is as deep as schema.json, which is bounded.
/// Threads: one.
class Builder {
 public:
  Builder(Zip& zip, pickle::Heap& heap, pickle::GlobalTable& globals)
      : zip_(zip), heap_(heap), globals_(globals) {}

  /// What a node stands for.
  /// @return kBadModel "schema.json, byte 17: NdArrayNode: file: expected a string, got nothing";
  ///   kUnsupported for a loader that is not known.
  StatusOr<pickle::Node*> Build(const Json& node);

  /// Archives inside the archive, which arrays lie in: must outlive them.
  std::deque<Zip>& inner() { return inner_; }

 private:
  using Kind = pickle::Kind;
  using Node = pickle::Node;
  struct Loader;
  friend struct Loaders;

  // Data: containers, numbers, texts.
  StatusOr<Node*> Dict(const Json& node);
  StatusOr<Node*> DefaultDict(const Json& node);
  template <pickle::Kind kind>
  StatusOr<Node*> Items(const Json& node);
  StatusOr<Node*> Scalar(const Json& node);
  StatusOr<Node*> Bytes(const Json& node);
  StatusOr<Node*> Cached(const Json& node);
  StatusOr<Node*> Key(const Json& node, std::string_view key, const Json* type);
  StatusOr<Node*> Plain(JsonReader& reader, size_t offset);

  // Arrays.
  StatusOr<Node*> NdArray(const Json& node);
  StatusOr<pickle::Array> ObjectArray(const Json& node);
  Status Flatten(const Json& node, const Json& list, size_t axes, pickle::Nodes& objects);
  StatusOr<Node*> Sparse(const Json& node);
  StatusOr<Node*> DType(const Json& node);
  StatusOr<Node*> NewArray(size_t offset, pickle::Array array);

  // Globals, and instances of them.
  StatusOr<Node*> Global(const Json& node);
  StatusOr<Node*> OldFunction(const Json& node, const Json& content);
  StatusOr<Node*> Object(const Json& node);
  StatusOr<Node*> Reduced(const Json& node);
  StatusOr<Node*> Constructed(const Json& node);
  StatusOr<Node*> Parts(const Json& node);
  StatusOr<Node*> Partial(const Json& node);
  StatusOr<Node*> Method(const Json& node);
  StatusOr<Node*> Operator(const Json& node);
  StatusOr<Node*> Slice(const Json& node);
  StatusOr<Node*> NewGlobal(std::string_view module, std::string_view name, size_t offset);
  StatusOr<Node*> NewInstance(Node* callable, pickle::Nodes args, Node* state, size_t offset);
  StatusOr<Node*> NewTuple(pickle::Nodes nodes, size_t offset);

  /// The member `key`, of the type that is asked for.
  StatusOr<const Json*> At(const Json& node, std::string_view key, JsonType type) const;
  StatusOr<Node*> BuildAt(const Json& node, std::string_view key);
  StatusOr<std::span<const std::byte>> FileOf(const Json& node);
  Status Bad(const Json& node, std::string_view what, std::string_view expected,
             std::string_view got) const;

  Zip& zip_;
  pickle::Heap& heap_;
  pickle::GlobalTable& globals_;
  std::deque<Zip> inner_;
  absl::flat_hash_map<std::string_view, Node*> by_id_;
};

}  // namespace slipway::skops
