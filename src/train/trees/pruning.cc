#include "train/trees/pruning.h"

namespace slipway::train::trees {
namespace {

/// A node with all below it.
struct Below {
  double cost = 0;
  double weight = 0;
  std::vector<double> mean;  // [leaf width]
  bool is_leaf = false;      // once pruned
};

class Pruning {
 public:
  Pruning(const BinTree& tree, const Risks& risks, double leaf_cost)
      : tree_(tree),
        risks_(risks),
        leaf_cost_(leaf_cost),
        width_(tree.leaves.size() / risks.leaves.size()),
        nodes_(tree.nodes.size()) {
    // Parents come before their children.
    for (size_t i = nodes_.size(); i-- > 0;) nodes_[i] = Join(i);
  }

  BinTree Rebuild() && {
    Copy(tree_.nodes.empty() ? ~0 : 0);
    return std::move(pruned_);
  }

 private:
  Below At(int32_t place) const {
    if (place >= 0) return nodes_[static_cast<size_t>(place)];
    const auto leaf = static_cast<size_t>(~place);
    const auto mean = tree_.leaves.begin() + static_cast<ptrdiff_t>(leaf * width_);
    return {risks_.leaves[leaf] + leaf_cost_,
            risks_.leaf_weights[leaf],
            {mean, mean + static_cast<ptrdiff_t>(width_)},
            true};
  }

  Below Join(size_t place) const {
    const Below left = At(tree_.nodes[place].left), right = At(tree_.nodes[place].right);
    Below joined{.weight = left.weight + right.weight, .mean = left.mean};
    for (size_t i = 0; i < width_; ++i)
      joined.mean[i] = (left.weight * left.mean[i] + right.weight * right.mean[i]) / joined.weight;
    const double as_leaf = risks_.nodes[place] + leaf_cost_;
    joined.cost = left.cost + right.cost;
    joined.is_leaf = as_leaf <= joined.cost;
    if (joined.is_leaf) joined.cost = as_leaf;
    return joined;
  }

  void Copy(int32_t root) {
    struct Open {
      int32_t from, parent;
      bool is_left;
    };
    std::vector<Open> open = {{root, -1, false}};
    while (!open.empty()) {
      const Open each = open.back();
      open.pop_back();
      const Below below = At(each.from);
      const int32_t place = below.is_leaf ? ~static_cast<int32_t>(pruned_.leaves.size() / width_)
                                          : static_cast<int32_t>(pruned_.nodes.size());
      if (each.parent >= 0) {
        Node& parent = pruned_.nodes[static_cast<size_t>(each.parent)];
        (each.is_left ? parent.left : parent.right) = place;
      }
      if (below.is_leaf) {
        pruned_.leaves.insert(pruned_.leaves.end(), below.mean.begin(), below.mean.end());
        continue;
      }
      const Node& node = tree_.nodes[static_cast<size_t>(each.from)];
      pruned_.nodes.push_back(node);
      open.push_back({node.right, place, false});
      open.push_back({node.left, place, true});
    }
  }

  const BinTree& tree_;
  const Risks& risks_;
  const double leaf_cost_;
  const size_t width_;
  std::vector<Below> nodes_;
  BinTree pruned_;
};

}  // namespace

BinTree Prune(const BinTree& tree, const Risks& risks, double leaf_cost) {
  return Pruning(tree, risks, leaf_cost).Rebuild();
}

}  // namespace slipway::train::trees
