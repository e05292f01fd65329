// ai.onnx.ml 5 TreeEnsemble.

#include <algorithm>
#include <cmath>

#include "engine/tabular/operators/forest_step.h"
#include "engine/tabular/operators/steps.h"

namespace slipway::tabular {
namespace {

constexpr int64_t kAverage = 0, kSum = 1;  // aggregate_function

/// The operator's attributes, each as long as it has to be.
class TreeEnsemble {
 public:
  explicit TreeEnsemble(const Lowering& node) : node_(node) {}

  StatusOr<forest::ForestSpec> Read() {
    RETURN_IF_ERROR(ReadAttributes());
    RETURN_IF_ERROR(FindMembers());
    reached_.resize(nodes());
    spec_.trees.reserve(roots_.size());
    for (const int64_t root : roots_) RETURN_IF_ERROR(AddTree(root));
    return std::move(spec_);
  }

 private:
  size_t nodes() const { return features_.size(); }

  Status Numbers(std::string_view name, std::vector<double>& to) const {
    ASSIGN_OR_RETURN(const auto tensor, node_.TensorOf(name));
    if (tensor != nullptr) to = NumbersOf(*tensor);
    return OkStatus();
  }

  Status ReadAttributes() {
    const int64_t aggregate = node_.Int("aggregate_function", kSum);
    if ((aggregate != kAverage && aggregate != kSum) || node_.Int("post_transform", 0) != 0)
      return node_.Unsupported("only sums and averages without a transform are supported");
    spec_.average = aggregate == kAverage;
    const int64_t targets = node_.Int("n_targets", 1);
    if (targets < 1 || targets > INT32_MAX) return node_.Bad("n_targets is {}", targets);
    spec_.targets = static_cast<int32_t>(targets);
    roots_ = node_.IntsOf("tree_roots");
    features_ = node_.IntsOf("nodes_featureids");
    true_ids_ = node_.IntsOf("nodes_truenodeids");
    true_leaves_ = node_.IntsOf("nodes_trueleafs");
    false_ids_ = node_.IntsOf("nodes_falsenodeids");
    false_leaves_ = node_.IntsOf("nodes_falseleafs");
    missing_ = node_.IntsOf("nodes_missing_value_tracks_true");
    leaf_targets_ = node_.IntsOf("leaf_targetids");
    RETURN_IF_ERROR(Numbers("nodes_modes", modes_));
    RETURN_IF_ERROR(Numbers("nodes_splits", splits_));
    RETURN_IF_ERROR(Numbers("leaf_weights", weights_));
    RETURN_IF_ERROR(Numbers("membership_values", spec_.members));
    const size_t n = nodes();
    if (modes_.size() != n || splits_.size() != n || true_ids_.size() != n ||
        true_leaves_.size() != n || false_ids_.size() != n || false_leaves_.size() != n ||
        (!missing_.empty() && missing_.size() != n) || leaf_targets_.size() != weights_.size())
      return node_.Bad("its lists differ in length");
    return OkStatus();
  }

  /// Sets follow each other in the order of the splits that ask for them, a NaN after each.
  Status FindMembers() {
    size_t begin = 0;
    for (size_t i = 0; i < nodes(); ++i) {
      if (modes_[i] != static_cast<double>(forest::SplitMode::kMember)) continue;
      members_.resize(nodes());
      size_t end = begin;
      while (end < spec_.members.size() && !std::isnan(spec_.members[end])) ++end;
      if (end == spec_.members.size()) return node_.Bad("split {}: its set has no end", i);
      members_[i] = {begin, end - begin};
      begin = end + 1;
    }
    return OkStatus();
  }

  Status AddTree(int64_t root) {
    if (root < 0 || static_cast<size_t>(root) >= nodes()) return node_.Bad("root {}", root);
    order_.assign(1, static_cast<size_t>(root));
    forest::Tree tree;
    Expect(spec_.trees.empty() ? 0 : spec_.trees.back().splits.size(), tree);
    if (reached_[root]) return node_.Unsupported("split {} is in two trees", root);
    reached_[root] = true;
    for (size_t i = 0; i < order_.size(); ++i) {
      forest::Split split;
      const size_t at = order_[i];
      split.threshold = splits_[at];
      if (features_[at] < 0 || features_[at] > INT32_MAX || !(modes_[at] >= 0 && modes_[at] <= 6))
        return node_.Bad("split {}: feature {}, mode {}", at, features_[at], modes_[at]);
      split.feature = static_cast<int32_t>(features_[at]);
      split.mode = static_cast<forest::SplitMode>(modes_[at]);
      split.missing_is_true = MissingIsTrue(split.mode, !missing_.empty() && missing_[at]);
      if (!members_.empty()) {
        split.members_begin = static_cast<uint32_t>(members_[at].first);
        split.members_count = static_cast<uint32_t>(members_[at].second);
      }
      if (!AddChild(true_ids_[at], true_leaves_[at] != 0, tree, split.on_true))
        return Refused(true_ids_[at], true_leaves_[at] != 0);
      if (!AddChild(false_ids_[at], false_leaves_[at] != 0, tree, split.on_false))
        return Refused(false_ids_[at], false_leaves_[at] != 0);
      tree.splits.push_back(split);
    }
    spec_.trees.push_back(std::move(tree));
    return OkStatus();
  }

  /// Trees of one forest are often of one size.
  static void Expect(size_t splits, forest::Tree& tree) {
    tree.splits.reserve(splits);
    tree.leaves.reserve(splits + 1);
    tree.leaf_targets.reserve(splits + 1);
  }

  /// A leaf that is reached twice, as by the only split of a tree that is one leaf, is there twice.
  /// @return false where it is none.
  bool AddChild(int64_t id, bool leaf, forest::Tree& tree, int32_t& child) {
    if (id < 0 || static_cast<size_t>(id) >= (leaf ? weights_.size() : nodes())) return false;
    if (leaf) {
      const int64_t target = leaf_targets_[id];
      if (target < 0 || target >= spec_.targets) return false;
      child = ~static_cast<int32_t>(tree.leaves.size());
      tree.leaves.push_back(weights_[id]);
      tree.leaf_targets.push_back(static_cast<int32_t>(target));
    } else {
      if (reached_[id]) return false;
      reached_[id] = true;
      child = static_cast<int32_t>(order_.size());
      order_.push_back(static_cast<size_t>(id));
    }
    return true;
  }

  Status Refused(int64_t id, bool leaf) const {
    const size_t end = leaf ? weights_.size() : nodes();
    if (id < 0 || static_cast<size_t>(id) >= end)
      return node_.Bad("expected a {} below {}, got {}", leaf ? "leaf" : "split", end, id);
    if (!leaf) return node_.Unsupported("split {} is reached twice", id);
    return node_.Bad("leaf {}: target {} of {}", id, leaf_targets_[id], spec_.targets);
  }

  const Lowering& node_;
  forest::ForestSpec spec_;
  std::span<const int64_t> roots_, features_, true_ids_, true_leaves_, false_ids_, false_leaves_,
      missing_, leaf_targets_;
  std::vector<double> modes_, splits_, weights_;
  std::vector<std::pair<size_t, size_t>> members_;  // begin and count, by split; or none
  std::vector<bool> reached_;
  std::vector<size_t> order_;  // of the tree that is being added: split i is order_[i]
};

// Not cold: it passes over every node.
Status LowerTreeEnsemble(Lowering& node) {
  ASSIGN_OR_RETURN(const Value x, node.Rows(0));
  ASSIGN_OR_RETURN(forest::ForestSpec spec, TreeEnsemble(node).Read());
  ASSIGN_OR_RETURN(Value scores, EmitForest(node, std::move(spec), x.dtype));
  node.Give(0, scores);
  return OkStatus();
}

}  // namespace

std::span<const Operator> TreeOperators() {
  static constexpr Operator kOperators[] = {{"ai.onnx.ml", "TreeEnsemble", LowerTreeEnsemble}};
  return kOperators;
}

}  // namespace slipway::tabular
