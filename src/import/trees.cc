#include "import/trees.h"

#include <cmath>
#include <limits>
#include <map>
#include <span>
#include <utility>

namespace slipway::importing {
namespace {

template <typename... Args>
Status Bad(const TreeEnsemble& ensemble, size_t tree, fmt::format_string<Args...> format,
           Args&&... args) {
  return Error(Reason::kBadModel, "{}: tree {}: {}", ensemble.name, tree,
               fmt::format(format, std::forward<Args>(args)...));
}

/// Each split and each leaf hangs below exactly one split, and every split's children below itself:
/// with the counts that is a tree.
class TreeCheck {
 public:
  TreeCheck(const TreeEnsemble& ensemble, size_t index, int64_t features)
      : ensemble_(ensemble),
        index_(index),
        tree_(ensemble.trees[index]),
        features_(features),
        leaves_(tree_.leaves.size() / static_cast<size_t>(ensemble.leaf_width)),
        split_seen_(tree_.splits.size()),
        leaf_seen_(leaves_) {}

  Status Run() {
    if (leaves_ * static_cast<size_t>(ensemble_.leaf_width) != tree_.leaves.size())
      return Bad(ensemble_, index_, "expected leaves of {} values, got {} values",
                 ensemble_.leaf_width, tree_.leaves.size());
    if (leaves_ != tree_.splits.size() + 1)
      return Bad(ensemble_, index_, "expected {} leaves below {} splits, got {}",
                 tree_.splits.size() + 1, tree_.splits.size(), leaves_);
    if (ensemble_.leaf_width == 1 && (tree_.target < 0 || tree_.target >= ensemble_.targets))
      return Bad(ensemble_, index_, "expected an output below {}, got {}", ensemble_.targets,
                 tree_.target);
    for (size_t i = 0; i < tree_.splits.size(); ++i) {
      const Split& split = tree_.splits[i];
      if (split.feature < 0 || split.feature >= features_)
        return Bad(ensemble_, index_, "split {}: expected a feature below {}, got {}", i, features_,
                   split.feature);
      if (std::isnan(split.threshold))
        return Bad(ensemble_, index_, "split {}: expected a number as threshold, got NaN", i);
      RETURN_IF_ERROR(Visit(i, split.on_true));
      RETURN_IF_ERROR(Visit(i, split.on_false));
    }
    return Reachable();
  }

 private:
  Status Visit(size_t parent, int32_t child) {
    const size_t place = child < 0 ? ~child : child;
    auto& seen = child < 0 ? leaf_seen_ : split_seen_;
    const std::string_view what = child < 0 ? "leaf" : "split";
    if (place >= seen.size())
      return Bad(ensemble_, index_, "split {}: expected a {} below {}, got {}", parent, what,
                 seen.size(), place);
    if (child == 0 || seen[place])
      return Bad(ensemble_, index_, "split {}: {} {} is reached twice", parent, what, place);
    seen[place] = true;
    return OkStatus();
  }

  // No split is reached twice, so this ends; a cycle shows as splits that the root does not reach.
  Status Reachable() const {
    std::vector<std::pair<int32_t, int>> open;  // splits and their levels
    if (!tree_.splits.empty()) open.emplace_back(0, 1);
    size_t reached = 0;
    while (!open.empty()) {
      const auto [place, level] = open.back();
      open.pop_back();
      ++reached;
      if (level > kMaxTreeDepth)
        return Error(Reason::kUnsupported, "{}: tree {}: expected at most {} levels of splits",
                     ensemble_.name, index_, kMaxTreeDepth);
      const Split& split = tree_.splits[place];
      if (split.on_true >= 0) open.emplace_back(split.on_true, level + 1);
      if (split.on_false >= 0) open.emplace_back(split.on_false, level + 1);
    }
    if (reached == tree_.splits.size()) return OkStatus();
    return Bad(ensemble_, index_, "{} of {} splits lie on a cycle that the root does not reach",
               tree_.splits.size() - reached, tree_.splits.size());
  }

  const TreeEnsemble& ensemble_;
  const size_t index_;
  const Tree& tree_;
  const int64_t features_;
  const size_t leaves_;
  std::vector<bool> split_seen_;
  std::vector<bool> leaf_seen_;
};

/// The columns that the splits read: those of x, then a column for each feature that some split
/// reads in another way.
class Columns {
 public:
  Columns(const TreeEnsemble& ensemble, int64_t features) {
    for (const Tree& tree : ensemble.trees) {
      for (const Split& split : tree.splits) {
        if (split.reading != Reading::kAsIs) derived_[split.reading][split.feature] = 0;
      }
    }
    for (auto& [reading, places] : derived_) {
      for (auto& [feature, place] : places) place = features++;
    }
  }

  int64_t PlaceOf(const Split& split) const {
    if (split.reading == Reading::kAsIs) return split.feature;
    return derived_.at(split.reading).at(split.feature);
  }

  Matrix Build(Graph& graph, const Matrix& x) const {
    std::vector<Matrix> parts = {x};
    for (const auto& [reading, places] : derived_) {
      std::vector<int64_t> features;
      for (const auto& [feature, place] : places) features.push_back(feature);
      Matrix part = graph.Select(x, features);
      part.value = Read(graph, reading, part);
      parts.push_back(part);
    }
    return graph.Concat(parts);
  }

 private:
  static std::string Read(Graph& graph, Reading reading, const Matrix& x) {
    if (reading == Reading::kFloor) return graph.Add("Floor", {x.value});
    const std::string size = graph.Add("Abs", {x.value});
    if (reading == Reading::kTruncated)
      return graph.Add("Mul", {graph.Add("Sign", {x.value}), graph.Add("Floor", {size})});
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const std::string small =
        graph.Add("LessOrEqual", {size, NumberOf(graph, x.dtype, kZeroBound)});
    return graph.Add("Where", {small, NumberOf(graph, x.dtype, nan), x.value});
  }

  static std::string NumberOf(Graph& graph, DType dtype, double value) {
    if (dtype == DType::kFp64) return graph.Scalar<double>(value);
    return graph.Scalar<float>(static_cast<float>(value));
  }

  std::map<Reading, std::map<int64_t, int64_t>> derived_;  // feature → column
};

/// The attributes of TreeEnsemble, filled tree by tree. A tree that is one leaf becomes a split
/// whose children are both that leaf: the operator has no other word for it. Membership of an empty
/// set, which ONNX Runtime refuses, becomes x < -infinity.
class Attributes {
 public:
  Attributes(const Columns& columns, bool numbered) : columns_(columns), numbered_(numbered) {}

  void Append(const Tree& tree, size_t index) {
    const auto first_split = static_cast<int64_t>(features_.size());
    const auto first_leaf = static_cast<int64_t>(weights_.size());
    roots_.push_back(first_split);
    for (const Split& split : tree.splits) AppendSplit(split, first_split, first_leaf);
    if (tree.splits.empty()) AppendSplit({.on_true = ~0, .on_false = ~0}, first_split, first_leaf);
    const size_t leaves = tree.splits.size() + 1;
    for (size_t leaf = 0; leaf < leaves; ++leaf) {
      targets_.push_back(numbered_ ? static_cast<int64_t>(index) : tree.target);
      weights_.push_back(numbered_ ? static_cast<double>(weights_.size()) : tree.leaves[leaf]);
    }
  }

  std::vector<onnx::Attribute> Finish(DType dtype, int64_t targets) && {
    std::vector<onnx::Attribute> all = {
        {"aggregate_function", 1},
        {"post_transform", 0},
        {"n_targets", onnx::Attribute::Value(targets)},
        {"tree_roots", std::move(roots_)},
        {"nodes_featureids", std::move(features_)},
        {"nodes_modes", Bytes(modes_)},
        {"nodes_splits", Numbers(dtype, thresholds_)},
        {"nodes_truenodeids", std::move(true_ids_)},
        {"nodes_trueleafs", std::move(true_leaves_)},
        {"nodes_falsenodeids", std::move(false_ids_)},
        {"nodes_falseleafs", std::move(false_leaves_)},
        {"leaf_targetids", std::move(targets_)},
        {"leaf_weights", Numbers(dtype, weights_)},
    };
    if (any_missing_) all.emplace_back("nodes_missing_value_tracks_true", std::move(missing_));
    if (!members_.empty()) all.emplace_back("membership_values", Numbers(dtype, members_));
    return all;
  }

 private:
  void AppendSplit(const Split& split, int64_t first_split, int64_t first_leaf) {
    const bool nothing = split.mode == SplitMode::kMember && split.members.empty();
    const SplitMode mode = nothing ? SplitMode::kLess : split.mode;
    features_.push_back(columns_.PlaceOf(split));
    modes_.push_back(static_cast<uint8_t>(mode));
    thresholds_.push_back(nothing ? -std::numeric_limits<double>::infinity() : split.threshold);
    missing_.push_back(split.missing_is_true);
    any_missing_ |= split.missing_is_true;
    AppendChild(split.on_true, first_split, first_leaf, true_ids_, true_leaves_);
    AppendChild(split.on_false, first_split, first_leaf, false_ids_, false_leaves_);
    if (mode != SplitMode::kMember) return;
    members_.insert(members_.end(), split.members.begin(), split.members.end());
    members_.push_back(std::numeric_limits<double>::quiet_NaN());  // ends the split's set
  }

  static void AppendChild(int32_t child, int64_t first_split, int64_t first_leaf,
                          std::vector<int64_t>& ids, std::vector<int64_t>& leaves) {
    ids.push_back(child < 0 ? first_leaf + ~child : first_split + child);
    leaves.push_back(child < 0);
  }

  static Tensor Bytes(const std::vector<uint8_t>& values) {
    const auto bytes = std::as_bytes(std::span(values));
    return {DType::kUint8,
            {static_cast<int64_t>(values.size())},
            Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
  }

  static Tensor Numbers(DType dtype, const std::vector<double>& values) {
    const auto own = [&](const auto& numbers) {
      const auto bytes = std::as_bytes(std::span(numbers));
      return Tensor{dtype,
                    {static_cast<int64_t>(values.size())},
                    Buffer::Own(std::vector<std::byte>(bytes.begin(), bytes.end()))};
    };
    if (dtype == DType::kFp64) return own(values);
    return own(std::vector<float>(values.begin(), values.end()));
  }

  const Columns& columns_;
  const bool numbered_;  // leaves hold their number and add to a target of their tree's own
  bool any_missing_ = false;
  std::vector<int64_t> roots_, features_, missing_, true_ids_, true_leaves_, false_ids_,
      false_leaves_, targets_;
  std::vector<uint8_t> modes_;
  std::vector<double> thresholds_, weights_, members_;
};

// A leaf number must be whole in the ensemble's dtype.
constexpr size_t kMaxNumberedLeavesFp32 = size_t{1} << 24;

/// The bytes of the operator's attributes and of the table of leaves.
size_t BytesOf(const TreeEnsemble& ensemble) {
  constexpr size_t kVarint = 4;  // a place in a large ensemble
  constexpr size_t kPerSplit = 3 * kVarint + sizeof(double) + 4;
  constexpr size_t kPerLeaf = kVarint + sizeof(double);
  size_t bytes = 0;
  for (const Tree& tree : ensemble.trees) {
    bytes += (tree.splits.size() + 1) * (kPerSplit + kPerLeaf);
    if (ensemble.leaf_width > 1) bytes += tree.leaves.size() * sizeof(double);
    for (const Split& split : tree.splits) bytes += split.members.size() * sizeof(double);
  }
  return bytes;
}

StatusOr<std::string> AddNumbered(Graph& graph, const TreeEnsemble& ensemble,
                                  const Columns& columns, const Matrix& x) {
  Attributes attributes(columns, true);
  std::vector<double> table;
  for (size_t i = 0; i < ensemble.trees.size(); ++i) {
    attributes.Append(ensemble.trees[i], i);
    table.insert(table.end(), ensemble.trees[i].leaves.begin(), ensemble.trees[i].leaves.end());
  }
  const auto rows = table.size() / static_cast<size_t>(ensemble.leaf_width);
  if (ensemble.dtype == DType::kFp32 && rows > kMaxNumberedLeavesFp32)
    return Error(Reason::kUnsupported, "{}: expected at most {} leaves, got {}", ensemble.name,
                 kMaxNumberedLeavesFp32, rows);
  const auto trees = static_cast<int64_t>(ensemble.trees.size());
  const std::string numbers = graph.Add(
      "TreeEnsemble", {x.value}, std::move(attributes).Finish(ensemble.dtype, trees), kMlDomain);
  const std::string indices = graph.Add("Cast", {numbers}, {{"to", OnnxType(DType::kInt64)}});
  const Shape shape = {static_cast<int64_t>(rows), ensemble.leaf_width};
  const std::string values =
      ensemble.dtype == DType::kFp64
          ? graph.Constant<double>(shape, table)
          : graph.Constant<float>(shape, std::vector<float>(table.begin(), table.end()));
  const std::string picked = graph.Add("Gather", {values, indices}, {{"axis", 0}});
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  return graph.Add("ReduceSum", {picked, axis}, {{"keepdims", 0}});
}

}  // namespace

StatusOr<Matrix> AddTrees(Graph& graph, const TreeEnsemble& ensemble, const Matrix& x) {
  if (ensemble.trees.empty())
    return Error(Reason::kBadModel, "{}: expected at least one tree, got none", ensemble.name);
  if (ensemble.leaf_width < 1 ||
      (ensemble.leaf_width != 1 && ensemble.leaf_width != ensemble.targets))
    return Error(Reason::kBadModel, "{}: expected leaves of 1 or {} values, got {}", ensemble.name,
                 ensemble.targets, ensemble.leaf_width);
  for (size_t i = 0; i < ensemble.trees.size(); ++i)
    RETURN_IF_ERROR(TreeCheck(ensemble, i, x.columns).Run());
  RETURN_IF_ERROR(Annotate(graph.CheckRoom(BytesOf(ensemble)), ensemble.name));

  const Columns columns(ensemble, x.columns);
  const Matrix read = columns.Build(graph, x);
  if (ensemble.leaf_width > 1) {
    ASSIGN_OR_RETURN(const std::string sum, AddNumbered(graph, ensemble, columns, read));
    return Matrix{sum, ensemble.dtype, ensemble.targets};
  }
  Attributes attributes(columns, false);
  for (size_t i = 0; i < ensemble.trees.size(); ++i) attributes.Append(ensemble.trees[i], i);
  return Matrix{
      graph.Add("TreeEnsemble", {read.value},
                std::move(attributes).Finish(ensemble.dtype, ensemble.targets), kMlDomain),
      ensemble.dtype, ensemble.targets};
}

}  // namespace slipway::importing
