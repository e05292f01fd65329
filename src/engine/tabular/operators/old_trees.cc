// TreeEnsembleRegressor and TreeEnsembleClassifier of ai.onnx.ml 1 to 4: nodes by tree and number,
// in float32.

#include <absl/container/flat_hash_map.h>

#include <algorithm>

#include "engine/tabular/operators/forest_step.h"
#include "engine/tabular/operators/lookup.h"
#include "engine/tabular/operators/post_transform.h"
#include "engine/tabular/operators/steps.h"
#include "onnx/display.h"

namespace slipway::tabular {
namespace {

using NodeName = std::pair<int64_t, int64_t>;  // tree, node

std::optional<forest::SplitMode> ModeOf(std::string_view name) {
  using enum forest::SplitMode;
  if (name == "BRANCH_LEQ") return kLessOrEqual;
  if (name == "BRANCH_LT") return kLess;
  if (name == "BRANCH_GTE") return kGreaterOrEqual;
  if (name == "BRANCH_GT") return kGreater;
  if (name == "BRANCH_EQ") return kEqual;
  if (name == "BRANCH_NEQ") return kNotEqual;
  return std::nullopt;
}

/// The attributes, of which those of leaves begin with `leaves`: "target" or "class".
class OldTrees {
 public:
  OldTrees(const Lowering& node, std::string_view leaves, int64_t targets)
      : node_(node), prefix_(leaves), targets_(targets) {}

  StatusOr<forest::ForestSpec> Read() {
    RETURN_IF_ERROR(ReadNodes());
    RETURN_IF_ERROR(ReadLeaves());
    for (const size_t root : roots_) RETURN_IF_ERROR(AddTree(root));
    return std::move(spec_);
  }

  /// Whether some leaf adds to `target`.
  bool Reaches(int64_t target) const {
    return std::ranges::find(leaf_ids_, target) != leaf_ids_.end();
  }

 private:
  Status ReadNodes() {
    for (const auto& attribute : node_.node().attribute())
      if (attribute.name().ends_with("_as_tensor"))
        return node_.Unsupported("{} is not supported", onnx::Shown(attribute.name()));
    const std::string aggregate = node_.Text("aggregate_function", "SUM");
    if (aggregate != "SUM" && aggregate != "AVERAGE")
      return node_.Unsupported("aggregate_function {}", aggregate);
    if (targets_ < 1 || targets_ > INT32_MAX) return node_.Bad("{} targets", targets_);
    spec_.average = aggregate == "AVERAGE";
    spec_.targets = static_cast<int32_t>(targets_);
    for (const float base : node_.Floats("base_values")) spec_.base_values.push_back(base);
    trees_ = node_.Ints("nodes_treeids");
    numbers_ = node_.Ints("nodes_nodeids");
    features_ = node_.Ints("nodes_featureids");
    modes_ = node_.Texts("nodes_modes");
    thresholds_ = node_.Floats("nodes_values");
    on_true_ = node_.Ints("nodes_truenodeids");
    on_false_ = node_.Ints("nodes_falsenodeids");
    missing_ = node_.Ints("nodes_missing_value_tracks_true");
    const size_t n = trees_.size();
    for (const size_t size : {numbers_.size(), features_.size(), modes_.size(), thresholds_.size(),
                              on_true_.size(), on_false_.size()})
      if (size != n) return node_.Bad("its lists of nodes differ in length");
    if (!missing_.empty() && missing_.size() != n)
      return node_.Bad("its lists of nodes differ in length");
    for (size_t i = 0; i < n; ++i) {
      if (!places_.try_emplace({trees_[i], numbers_[i]}, i).second)
        return node_.Bad("tree {} has two nodes {}", trees_[i], numbers_[i]);
    }
    return FindRoots();
  }

  /// The root of a tree is the node that is below no other. It has to be the first, for what is
  /// taken for the root is unclear otherwise; the nodes of trees may lie between each other.
  Status FindRoots() {
    std::vector<bool> below(trees_.size());
    for (size_t i = 0; i < trees_.size(); ++i) {
      if (modes_[i] == "LEAF") continue;
      for (const int64_t child : {on_true_[i], on_false_[i]})
        if (const auto place = places_.find({trees_[i], child}); place != places_.end())
          below[place->second] = true;
    }
    absl::flat_hash_map<int64_t, size_t> first;  // by tree
    for (size_t i = 0; i < trees_.size(); ++i) {
      const bool is_first = first.try_emplace(trees_[i], i).second;
      if (is_first == below[i])
        return node_.Unsupported("node {} of tree {}: only the first of a tree is below no other",
                                 numbers_[i], trees_[i]);
      if (is_first) roots_.push_back(i);
    }
    return OkStatus();
  }

  Status ReadLeaves() {
    const std::vector<int64_t> trees = node_.Ints(prefix_ + "_treeids");
    const std::vector<int64_t> numbers = node_.Ints(prefix_ + "_nodeids");
    leaf_ids_ = node_.Ints(prefix_ + "_ids");
    const std::vector<float> weights = node_.Floats(prefix_ + "_weights");
    if (trees.size() != weights.size() || numbers.size() != weights.size() ||
        leaf_ids_.size() != weights.size())
      return node_.Bad("its lists of leaves differ in length");
    for (size_t i = 0; i < weights.size(); ++i) {
      const auto place = places_.find({trees[i], numbers[i]});
      if (place == places_.end() || leaf_ids_[i] < 0 || leaf_ids_[i] >= targets_)
        return node_.Bad("leaf {} of tree {} adds to {}", numbers[i], trees[i], leaf_ids_[i]);
      leaves_[place->second].emplace_back(static_cast<int32_t>(leaf_ids_[i]), weights[i]);
    }
    const auto several = [](const auto& leaf) { return leaf.second.size() > 1; };
    if (std::ranges::any_of(leaves_, several)) spec_.leaf_width = spec_.targets;
    return OkStatus();
  }

  Status AddTree(size_t root) {
    forest::Tree tree;
    std::vector<size_t> order;  // split i is order[i]
    ASSIGN_OR_RETURN(const int32_t first, Child(root, order, tree));
    if (first < 0) {
      spec_.trees.push_back(std::move(tree));
      return OkStatus();
    }
    for (size_t i = 0; i < order.size(); ++i) {
      const size_t at = order[i];
      forest::Split split;
      if (features_[at] < 0 || features_[at] > INT32_MAX)
        return node_.Bad("feature {}", features_[at]);
      split.feature = static_cast<int32_t>(features_[at]);
      split.threshold = thresholds_[at];
      split.mode = *ModeOf(modes_[at]);
      split.missing_is_true = MissingIsTrue(split.mode, !missing_.empty() && missing_[at]);
      ASSIGN_OR_RETURN(split.on_true, ChildOf(at, on_true_[at], order, tree));
      ASSIGN_OR_RETURN(split.on_false, ChildOf(at, on_false_[at], order, tree));
      tree.splits.push_back(split);
    }
    spec_.trees.push_back(std::move(tree));
    return OkStatus();
  }

  StatusOr<int32_t> ChildOf(size_t parent, int64_t number, std::vector<size_t>& order,
                            forest::Tree& tree) {
    const auto place = places_.find({trees_[parent], number});
    if (place == places_.end()) return node_.Bad("tree {} has no node {}", trees_[parent], number);
    return Child(place->second, order, tree);
  }

  StatusOr<int32_t> Child(size_t at, std::vector<size_t>& order, forest::Tree& tree) {
    if (!reached_.insert_or_assign(at, true).second)
      return node_.Bad("a node of tree {} is reached twice", trees_[at]);
    if (modes_[at] != "LEAF") {
      if (!ModeOf(modes_[at])) return node_.Unsupported("mode {}", modes_[at]);
      order.push_back(at);
      return static_cast<int32_t>(order.size() - 1);
    }
    const auto found = leaves_.find(at);
    const std::vector<std::pair<int32_t, float>> nothing;
    const auto& adds = found == leaves_.end() ? nothing : found->second;
    const auto width = static_cast<size_t>(spec_.leaf_width);
    const size_t begin = tree.leaves.size();
    tree.leaves.resize(begin + width);
    if (width == 1) tree.leaf_targets.push_back(adds.empty() ? 0 : adds[0].first);
    for (const auto& [target, weight] : adds)
      tree.leaves[begin + (width == 1 ? 0 : static_cast<size_t>(target))] += weight;
    return ~static_cast<int32_t>(begin / width);
  }

  const Lowering& node_;
  const std::string prefix_;
  const int64_t targets_;
  forest::ForestSpec spec_;
  std::vector<int64_t> trees_, numbers_, features_, on_true_, on_false_, missing_, leaf_ids_;
  std::vector<std::string> modes_;
  std::vector<float> thresholds_;
  std::vector<size_t> roots_;
  absl::flat_hash_map<NodeName, size_t> places_;
  absl::flat_hash_map<size_t, std::vector<std::pair<int32_t, float>>> leaves_;  // by node
  absl::flat_hash_map<size_t, bool> reached_;
};

[[gnu::cold]] Status LowerRegressor(Lowering& node) {
  OldTrees trees(node, "target", node.Int("n_targets", 1));
  ASSIGN_OR_RETURN(forest::ForestSpec spec, trees.Read());
  ASSIGN_OR_RETURN(Value scores, EmitForest(node, std::move(spec), DType::kFp32));
  ASSIGN_OR_RETURN(scores, EmitPostTransform(node, scores, node.Text("post_transform", "NONE")));
  node.Give(0, scores);
  return OkStatus();
}

/// Of one score s for two classes: label 1 above the threshold. Output 1 as ONNX Runtime has it:
/// 1 - s and s where no weight is negative, else both signs, through LOGISTIC; without that, s
/// comes first where label 0 wins.
[[gnu::cold]] Status GiveOneScore(Lowering& node, const Value& scores, bool all_positive) {
  const std::string transform = node.Text("post_transform", "NONE");
  if (transform != "NONE" && transform != "LOGISTIC")
    return node.Unsupported("post_transform {} of one score", transform);
  const bool logistic = transform == "LOGISTIC" && !all_positive;
  ASSIGN_OR_RETURN(const Value which, node.NewRows(DType::kInt64, {}));
  ASSIGN_OR_RETURN(Value both, node.NewRows(DType::kFp32, {2}));
  const float threshold = all_positive ? 0.5F : 0.0F;
  node.Emit(
      MakeStep([=, from = scores.slot, label = which.slot, to = both.slot](const Block& block) {
        for (size_t r = 0; r < block.rows; ++r) {
          const float score = block.In<float>(from)[r];
          const bool second = score > threshold;
          block.Out<int64_t>(label)[r] = second;
          float* out = block.Out<float>(to) + 2 * r;
          out[0] = all_positive ? 1 - score : second || logistic ? -score : score;
          out[1] = all_positive || second || logistic ? score : -score;
        }
      }),
      {scores.slot}, {which.slot, both.slot});
  ASSIGN_OR_RETURN(const Value label, EmitLookup(node, which, ClassLabels(node)));
  node.Give(0, label);
  if (logistic) {
    ASSIGN_OR_RETURN(both, EmitPostTransform(node, both, transform));
  }
  node.Give(1, both);
  return OkStatus();
}

[[gnu::cold]] Status LowerClassifier(Lowering& node) {
  const size_t labels = std::max(
      {node.Texts("classlabels_strings").size(), node.IntsOf("classlabels_int64s").size()});
  const auto targets = node.IntsOf("class_ids");
  const bool one_score =
      labels == 2 && std::ranges::all_of(targets, [](int64_t i) { return i == 0; });
  OldTrees trees(node, "class", one_score ? 1 : static_cast<int64_t>(labels));
  ASSIGN_OR_RETURN(forest::ForestSpec spec, trees.Read());
  if (labels < 2 || (labels == 2 && !one_score && !(trees.Reaches(0) && trees.Reaches(1))))
    return node.Unsupported("one score for {} labels", labels);
  ASSIGN_OR_RETURN(const Value scores, EmitForest(node, std::move(spec), DType::kFp32));
  if (!one_score) return GiveClasses(node, scores, node.Text("post_transform", "NONE"));
  return GiveOneScore(node, scores, std::ranges::all_of(node.Floats("class_weights"), [](float w) {
                        return w >= 0;
                      }));
}

}  // namespace

std::span<const Operator> OldTreeOperators() {
  static constexpr Operator kOperators[] = {
      {"ai.onnx.ml", "TreeEnsembleClassifier", LowerClassifier},
      {"ai.onnx.ml", "TreeEnsembleRegressor", LowerRegressor},
  };
  return kOperators;
}

}  // namespace slipway::tabular
