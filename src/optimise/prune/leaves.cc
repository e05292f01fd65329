// Splits of trees that lead to the same answer on both sides go.

#include "optimise/passes.h"
#include "optimise/prune/tree_node.h"

namespace slipway::optimise {
namespace {

/// A child whose sides are equal leaves is replaced by one of them.
int TakeUp(TreeNode& trees, size_t place, int side) {
  if (trees.is_leaf[side][place] != 0) return 0;
  const auto child = static_cast<size_t>(trees.children[side][place]);
  if (trees.is_leaf[0][child] == 0 || trees.is_leaf[1][child] == 0) return 0;
  const auto a = static_cast<size_t>(trees.children[0][child]),
             b = static_cast<size_t>(trees.children[1][child]);
  if (trees.targets[a] != trees.targets[b] ||
      BytesAt(trees.weights, a) != BytesAt(trees.weights, b))
    return 0;
  trees.is_leaf[side][place] = 1;
  trees.children[side][place] = static_cast<int64_t>(a);
  return 1;
}

/// Splits whose sides are equal leaves become such a leaf, from the leaves up; roots stay.
/// @return how many went; -1 when a node is reached twice.
int Merge(TreeNode& trees) {
  std::vector<std::pair<int64_t, bool>> work;  // a node, and whether its children are done
  std::vector<bool> seen(trees.modes.size());
  for (const int64_t root : trees.roots) work.emplace_back(root, false);
  int merged = 0;
  while (!work.empty()) {
    const auto [node, children_done] = work.back();
    work.pop_back();
    const auto place = static_cast<size_t>(node);
    if (!children_done) {
      if (seen[place]) return -1;
      seen[place] = true;
      work.emplace_back(node, true);
      for (int side = 0; side < 2; ++side)
        if (trees.is_leaf[side][place] == 0) work.emplace_back(trees.children[side][place], false);
    } else {
      for (int side = 0; side < 2; ++side) merged += TakeUp(trees, place, side);
    }
  }
  return merged;
}

StatusOr<std::string> ApplyMergeLeaves(ModelProto& model, const Settings&, const Workshop&) {
  int merged = 0;
  for (NodeProto& node : *model.mutable_graph()->mutable_node()) {
    std::optional<TreeNode> trees = TreeNode::Read(node);
    if (!trees) continue;
    const int here = Merge(*trees);
    if (here <= 0) continue;
    trees->Write(node);
    merged += here;
  }
  if (merged == 0) return "";
  return fmt::format("{} splits had the same answer on both sides", merged);
}

}  // namespace

Pass MergeLeaves() {
  return {.name = "merge-leaves",
          .summary = "Splits of trees that lead to the same answer on both sides go.",
          .apply = ApplyMergeLeaves};
}

}  // namespace slipway::optimise
