// Nodes that hand on what they read: Identity, Dropout, casts to the type a value has,
// concatenations of one, transpositions that undo each other.

#include <numeric>

#include "optimise/graph.h"
#include "optimise/passes.h"
#include "optimise/value_types.h"

namespace slipway::optimise {
namespace {

bool IsInOrder(std::span<const int64_t> order) {
  for (size_t i = 0; i < order.size(); ++i)
    if (order[i] != static_cast<int64_t>(i)) return false;
  return !order.empty();
}

/// The order of axes that `second` after `first` gives; empty when they do not fit.
std::vector<int64_t> Composed(std::span<const int64_t> first, std::span<const int64_t> second) {
  std::vector<int64_t> order;
  for (const int64_t axis : second) {
    if (axis < 0 || axis >= std::ssize(first) || first.size() != second.size()) return {};
    order.push_back(first[static_cast<size_t>(axis)]);
  }
  return order;
}

class Sweep {
 public:
  explicit Sweep(GraphProto& graph) : graph_(graph), links_(graph), types_(ValueTypesOf(graph)) {}

  int Run() {
    std::vector<bool> drop(static_cast<size_t>(graph_.node_size()));
    for (int i = 0; i < graph_.node_size(); ++i) {
      NodeProto& node = *graph_.mutable_node(i);
      substitution_.Apply(node);
      if (Is(node, "Transpose")) JoinTransposes(node);
      if (!HandsOn(node) || node.input_size() == 0) continue;
      if (links_.IsPinned(node.output(0)))
        drop[static_cast<size_t>(i)] = MakeDirectly(i);
      else
        substitution_.Replace(node.output(0), node.input(0)), drop[static_cast<size_t>(i)] = true;
    }
    const int before = graph_.node_size();
    DropNodes(graph_, drop);
    return before - graph_.node_size();
  }

 private:
  bool HandsOn(const NodeProto& node) const {
    if (Is(node, "Identity")) return true;
    if (Is(node, "Dropout"))
      return InputOf(node, 2).empty() && (node.output_size() == 1 || node.output(1).empty());
    if (Is(node, "Concat")) return node.input_size() == 1;
    if (Is(node, "Transpose")) return IsInOrder(IntsOf(node, "perm"));
    if (!Is(node, "Cast") || node.input_size() != 1) return false;
    const auto type = types_.find(node.input(0));
    return type != types_.end() && type->second == IntOf(node, "to", 0);
  }

  /// Transpose(Transpose(x)) reads x; the first one may be left without readers.
  void JoinTransposes(NodeProto& node) {
    const int maker = links_.MakerOf(InputOf(node, 0));
    if (maker == Links::kNone || !Is(graph_.node(maker), "Transpose")) return;
    const std::vector<int64_t> order =
        Composed(IntsOf(graph_.node(maker), "perm"), IntsOf(node, "perm"));
    if (order.empty()) return;
    node.set_input(0, graph_.node(maker).input(0));
    SetInts(node, "perm", order);
  }

  /// Has whoever makes the node's input make its output, a graph output, when nothing else reads
  /// that input.
  bool MakeDirectly(int index) {
    const NodeProto& node = graph_.node(index);
    const std::string& value = node.input(0);
    const int maker = links_.MakerOf(value);
    if (maker == Links::kNone || links_.OnlyReaderOf(value) != index) return false;
    for (std::string& output : *graph_.mutable_node(maker)->mutable_output())
      if (output == value) {
        output = node.output(0);
        return true;
      }
    return false;
  }

  GraphProto& graph_;
  const Links links_;
  const StringMap<int32_t> types_;
  Substitution substitution_;
};

StatusOr<std::string> ApplyDropNoOps(ModelProto& model, const Settings&, const Workshop&) {
  const int dropped = Sweep(*model.mutable_graph()).Run();
  if (dropped == 0) return "";
  return fmt::format("{} nodes dropped", dropped);
}

}  // namespace

Pass DropNoOps() {
  return {.name = "drop-no-ops",
          .summary = "Drops nodes that change nothing, and transpositions that undo each other.",
          .apply = ApplyDropNoOps};
}

}  // namespace slipway::optimise
