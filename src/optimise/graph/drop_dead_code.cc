// Nodes, constants and functions that no output needs.

#include "optimise/graph.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

void KeepNamed(auto& field, const auto& is_needed) {
  int kept = 0;
  for (int i = 0; i < field.size(); ++i)
    if (is_needed(field[i])) field.SwapElements(kept++, i);
  field.DeleteSubrange(kept, field.size() - kept);
}

StatusOr<std::string> ApplyDropDeadCode(ModelProto& model, const Settings&, const Workshop&) {
  const Dropped dropped = DropDead(*model.mutable_graph());
  if (dropped.nodes + dropped.constants == 0) return "";
  return fmt::format("{} nodes and {} constants dropped", dropped.nodes, dropped.constants);
}

}  // namespace

Dropped DropDead(GraphProto& graph) {
  StringSet needed;
  for (const auto& output : graph.output()) needed.insert(output.name());
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  for (int i = graph.node_size() - 1; i >= 0; --i) {  // a node stands after what it reads
    const NodeProto& node = graph.node(i);
    drop[static_cast<size_t>(i)] = std::ranges::none_of(
        node.output(), [&](const std::string& value) { return needed.contains(value); });
    if (drop[static_cast<size_t>(i)]) continue;
    needed.insert(node.input().begin(), node.input().end());
    for (std::string& value : CapturedBy(node)) needed.insert(std::move(value));
  }
  const int nodes = graph.node_size(), constants = graph.initializer_size();
  DropNodes(graph, drop);
  KeepNamed(*graph.mutable_initializer(),
            [&](const TensorProto& constant) { return needed.contains(constant.name()); });
  KeepNamed(*graph.mutable_sparse_initializer(),
            [&](const auto& sparse) { return needed.contains(sparse.values().name()); });
  KeepNamed(*graph.mutable_value_info(),
            [&](const auto& value) { return needed.contains(value.name()); });
  KeepNamed(*graph.mutable_quantization_annotation(),
            [&](const auto& value) { return needed.contains(value.tensor_name()); });
  return {nodes - graph.node_size(), constants - graph.initializer_size()};
}

Pass DropDeadCode() {
  return {.name = "drop-dead-code",
          .summary = "Drops nodes and constants that no output needs.",
          .apply = ApplyDropDeadCode};
}

}  // namespace slipway::optimise
