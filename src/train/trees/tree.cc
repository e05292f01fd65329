#include "train/trees/tree.h"

#include <numeric>

namespace slipway::train::trees {

size_t BinTree::LeafOf(const BinnedRows& rows, size_t row) const {
  if (nodes.empty()) return 0;
  int32_t place = 0;
  while (place >= 0) {
    const Node& node = nodes[static_cast<size_t>(place)];
    place = GoesLeft(node, rows.column(node.feature)[row]) ? node.left : node.right;
  }
  return static_cast<size_t>(~place);
}

importing::Tree Export(const BinTree& tree, std::span<const FeatureBins> bins) {
  importing::Tree exported;
  exported.leaves = tree.leaves;
  exported.splits.reserve(tree.nodes.size());
  for (const Node& node : tree.nodes) {
    const FeatureBins& feature = bins[node.feature];
    importing::Split split{.feature = node.feature,
                           .missing_is_true = node.missing_left,
                           .on_true = node.left,
                           .on_false = node.right};
    if (feature.categorical) {
      split.mode = importing::SplitMode::kMember;
      for (size_t code = 0; code < feature.bin_of_code.size(); ++code)
        if (tree.GoesLeft(node, feature.bin_of_code[code]))
          split.members.push_back(static_cast<double>(code));
    } else {
      split.threshold = feature.edges[node.bin];
    }
    exported.splits.push_back(std::move(split));
  }
  return exported;
}

std::vector<double> Importances(std::span<const BinTree> trees, size_t features) {
  std::vector<double> gains(features);
  for (const BinTree& tree : trees)
    for (const Node& node : tree.nodes) gains[node.feature] += node.gain;
  const double total = std::accumulate(gains.begin(), gains.end(), 0.0);
  if (total > 0)
    for (double& gain : gains) gain /= total;
  return gains;
}

}  // namespace slipway::train::trees
