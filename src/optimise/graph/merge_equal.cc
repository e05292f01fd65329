// Common sub-expressions: nodes that compute the same of the same values, and constants that are
// equal, become one.

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "optimise/graph.h"
#include "optimise/passes.h"

namespace slipway::optimise {
namespace {

constexpr std::string_view kNeverMerged[] = {"RandomNormal",     "RandomUniform",
                                             "RandomNormalLike", "RandomUniformLike",
                                             "Bernoulli",        "Multinomial"};

bool MayMerge(const NodeProto& node) {
  if (!Is(node, node.op_type()) || std::ranges::count(kNeverMerged, node.op_type()) > 0)
    return false;
  if (Is(node, "Dropout") && !InputOf(node, 2).empty()) return false;  // may be training
  return std::ranges::none_of(node.attribute(),
                              [](const auto& a) { return a.has_g() || a.graphs_size() > 0; });
}

/// What a node computes: equal texts, equal answers.
std::string MeaningOf(const NodeProto& node) {
  NodeProto meaning = node;
  meaning.clear_name();
  meaning.clear_doc_string();
  meaning.clear_metadata_props();
  for (std::string& value : *meaning.mutable_output()) value = value.empty() ? "" : "made";
  std::ranges::sort(*meaning.mutable_attribute(), {}, [](const auto& a) { return a.name(); });
  return meaning.SerializeAsString();
}

int MergeConstants(GraphProto& graph, Substitution& substitution) {
  const Constants constants(graph);
  absl::flat_hash_map<size_t, std::vector<int>> alike;  // by the hash of their content
  const auto content = [&](int i) {
    TensorProto tensor = graph.initializer(i);
    tensor.clear_name();
    tensor.clear_doc_string();
    return tensor.SerializeAsString();
  };
  int merged = 0;
  for (int i = 0; i < graph.initializer_size(); ++i) {
    if (constants.Find(graph.initializer(i).name()) == nullptr) continue;
    const std::string own = content(i);
    std::vector<int>& candidates = alike[std::hash<std::string>()(own)];
    const auto same =
        std::ranges::find_if(candidates, [&](int other) { return content(other) == own; });
    if (same == candidates.end()) {
      candidates.push_back(i);
    } else {
      substitution.Replace(graph.initializer(i).name(), graph.initializer(*same).name());
      ++merged;
    }
  }
  return merged;
}

int MergeNodes(GraphProto& graph, Substitution& substitution) {
  const Links links(graph);
  absl::flat_hash_map<std::string, int> first;
  std::vector<bool> drop(static_cast<size_t>(graph.node_size()));
  for (int i = 0; i < graph.node_size(); ++i) {
    NodeProto& node = *graph.mutable_node(i);
    substitution.Apply(node);
    if (!MayMerge(node)) continue;
    const auto [same, is_first] = first.try_emplace(MeaningOf(node), i);
    const bool pinned = std::ranges::any_of(
        node.output(), [&](const std::string& value) { return links.IsPinned(value); });
    if (is_first || pinned) continue;
    for (int j = 0; j < node.output_size(); ++j)
      substitution.Replace(node.output(j), graph.node(same->second).output(j));
    drop[static_cast<size_t>(i)] = true;
  }
  const int before = graph.node_size();
  DropNodes(graph, drop);
  return before - graph.node_size();
}

StatusOr<std::string> ApplyMergeEqual(ModelProto& model, const Settings&, const Workshop&) {
  GraphProto& graph = *model.mutable_graph();
  Substitution substitution;
  const int constants = MergeConstants(graph, substitution);
  const int nodes = MergeNodes(graph, substitution);
  if (constants + nodes == 0) return "";
  return fmt::format("{} nodes and {} constants were there before", nodes, constants);
}

}  // namespace

Pass MergeEqual() {
  return {.name = "merge-equal",
          .summary = "Computes common sub-expressions once, and keeps equal constants once.",
          .apply = ApplyMergeEqual};
}

}  // namespace slipway::optimise
