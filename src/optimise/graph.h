#pragma once
// The graph of a model as passes see it: who makes and who reads each value.

#include <absl/container/flat_hash_set.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/string_map.h"
#include "onnx/builder.h"
#include "onnx/onnx.pb.h"
#include "tensor/tensor.h"

namespace slipway::optimise {

using ::onnx::AttributeProto;
using ::onnx::GraphProto;
using ::onnx::ModelProto;
using ::onnx::NodeProto;
using ::onnx::TensorProto;

using StringSet = absl::flat_hash_set<std::string, StringHash, StringEqual>;

/// What every pass relies on: values are made once and before they are read; inputs, constants and
/// outputs have names.
/// @return kBadModel naming node and value.
Status CheckGraph(const GraphProto& graph);

/// Puts nodes into an order in which each stands after what it reads; those that need not move keep
/// their order. kInternal for a cycle. Cost: n log n.
Status SortNodes(GraphProto& graph);

/// True for a node of ai.onnx called `op_type`.
bool Is(const NodeProto& node, std::string_view op_type);

/// nullptr when the node has none of that name.
const AttributeProto* FindAttribute(const NodeProto& node, std::string_view name);
AttributeProto* FindAttribute(NodeProto& node, std::string_view name);
int64_t IntOf(const NodeProto& node, std::string_view name, int64_t otherwise);
float FloatOf(const NodeProto& node, std::string_view name, float otherwise);
std::vector<int64_t> IntsOf(const NodeProto& node, std::string_view name);
void SetInt(NodeProto& node, std::string_view name, int64_t value);
void SetInts(NodeProto& node, std::string_view name, std::span<const int64_t> values);

/// Input `index`; "" when it is left out.
std::string_view InputOf(const NodeProto& node, int index);

/// Values that nested graphs of the node read from around them.
std::vector<std::string> CapturedBy(const NodeProto& node);

/// The version of a domain's operators; 0 when the model does not use it.
int64_t OpsetOf(const ModelProto& model, std::string_view domain = "");

/// Who makes and reads values; by the places of nodes. Valid until nodes are added or removed.
class Links {
 public:
  static constexpr int kNone = -1;

  explicit Links(const GraphProto& graph);

  /// kNone for inputs and initializers.
  int MakerOf(std::string_view value) const;
  /// Ascending; once for each input that reads it.
  std::span<const int> ReadersOf(std::string_view value) const;
  /// A graph output, or read by a nested graph: it must go on to exist.
  bool IsPinned(std::string_view value) const;
  /// The only reader of a value that nothing else needs, or kNone.
  int OnlyReaderOf(std::string_view value) const;

 private:
  struct Value {
    int maker = kNone;
    std::vector<int> readers;
    bool pinned = false;
  };
  StringMap<Value> values_;
};

/// The constants of a graph, initializers that no caller can replace, and names for new values.
class Constants {
 public:
  explicit Constants(GraphProto& graph);

  /// nullptr when `value` is none. Valid until one is added.
  const TensorProto* Find(std::string_view value) const;
  bool IsFloat(std::string_view value) const;
  /// The values of an FP32 constant, or an INT64 one; empty when it is no such constant.
  std::vector<float> Floats(std::string_view value) const;
  std::vector<int64_t> Ints(std::string_view value) const;

  /// A name like `wish` that no value has; never "".
  std::string NewName(std::string_view wish);
  /// Adds one under a new name, which is returned.
  std::string Add(std::string_view wish, const Tensor& tensor);
  template <typename T>
  std::string Add(std::string_view wish, const Shape& dims, const std::vector<T>& values) {
    return Add(wish, Tensor{onnx::DTypeFor<T>(), dims, Buffer(std::as_bytes(std::span(values)))});
  }

 private:
  GraphProto& graph_;
  StringMap<int> places_;
  StringMap<int> taken_;  // names → how often they were wished for
};

struct Dropped {
  int nodes = 0, constants = 0;
};
/// Drops the nodes and constants that no output needs; inputs stay.
Dropped DropDead(GraphProto& graph);

/// Makes `value`, of that TensorProto.DataType, the graph's only output; what it does not need
/// goes.
void MakeOnlyOutput(GraphProto& graph, const std::string& value, int32_t data_type);

/// Drops the nodes whose place `drop` names.
void DropNodes(GraphProto& graph, const std::vector<bool>& drop);

/// Values that others stand for from now on; applied to nodes one by one, in their order.
class Substitution {
 public:
  /// Reading `value` means reading `instead`, which is substituted itself already.
  void Replace(const std::string& value, const std::string& instead) { map_[value] = instead; }
  void Apply(NodeProto& node) const;

 private:
  StringMap<std::string> map_;
};

}  // namespace slipway::optimise
