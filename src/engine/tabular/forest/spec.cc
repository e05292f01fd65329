#include "engine/tabular/forest/spec.h"

namespace slipway::forest {
namespace {

// Kernels number splits and leaves of the whole forest, and features, with 30 bits.
constexpr size_t kMost = (size_t{1} << 30) - 1;

template <typename... Args>
Status Bad(size_t tree, fmt::format_string<Args...> format, Args&&... args) {
  return Error(Reason::kBadModel, "tree {}: {}", tree,
               fmt::format(format, std::forward<Args>(args)...));
}

/// What is noted of a tree while it is checked, kept for the next one.
struct Scratch {
  std::vector<uint8_t> split_seen, leaf_seen;
};

/// Every split but the root hangs below exactly one split, and all are reached from the root.
class TreeCheck {
 public:
  TreeCheck(const ForestSpec& spec, size_t index, Scratch& scratch)
      : spec_(spec), index_(index), tree_(spec.trees[index]), scratch_(scratch) {}

  Status Run() {
    RETURN_IF_ERROR(CheckLeaves());
    if (tree_.splits.size() > kMost)
      return Bad(index_, "expected at most {} splits, got {}", kMost, tree_.splits.size());
    scratch_.split_seen.assign(tree_.splits.size(), 0);
    scratch_.leaf_seen.assign(leaves_, 0);
    if (!tree_.splits.empty()) scratch_.split_seen[0] = 1;
    bool downwards = true;
    for (size_t i = 0; i < tree_.splits.size(); ++i) {
      RETURN_IF_ERROR(CheckSplit(i));
      for (const int32_t child : {tree_.splits[i].on_true, tree_.splits[i].on_false}) {
        RETURN_IF_ERROR(CheckChild(i, child));
        downwards &= child < 0 || static_cast<size_t>(child) > i;
      }
    }
    // Each is below one other now. What the root does not reach is a cycle, which leads upwards.
    return downwards ? OkStatus() : CheckReached();
  }

 private:
  Status CheckLeaves() {
    const auto width = static_cast<size_t>(spec_.leaf_width);
    leaves_ = tree_.leaves.size() / width;
    if (leaves_ == 0 || leaves_ > kMost || leaves_ * width != tree_.leaves.size())
      return Bad(index_, "expected leaves of {} values, got {} values", width, tree_.leaves.size());
    if (leaves_ != tree_.splits.size() + 1)
      return Bad(index_, "expected {} leaves below {} splits, got {}", tree_.splits.size() + 1,
                 tree_.splits.size(), leaves_);
    if (tree_.target < 0 || tree_.target >= spec_.targets)
      return Bad(index_, "expected a target below {}, got {}", spec_.targets, tree_.target);
    if (tree_.leaf_targets.empty()) return OkStatus();
    if (width != 1 || tree_.leaf_targets.size() != leaves_)
      return Bad(index_, "expected one target for each of {} leaves of one value, got {}", leaves_,
                 tree_.leaf_targets.size());
    for (const int32_t target : tree_.leaf_targets)
      if (target < 0 || target >= spec_.targets)
        return Bad(index_, "expected a target below {}, got {}", spec_.targets, target);
    return OkStatus();
  }

  Status CheckSplit(size_t i) const {
    const Split& split = tree_.splits[i];
    if (split.feature < 0 || split.feature >= spec_.features)
      return Bad(index_, "split {}: expected a feature below {}, got {}", i, spec_.features,
                 split.feature);
    if (split.mode > SplitMode::kMember)
      return Bad(index_, "split {}: unknown mode {}", i, static_cast<int>(split.mode));
    if (split.mode == SplitMode::kMember &&
        (split.members_begin > spec_.members.size() ||
         split.members_count > spec_.members.size() - split.members_begin))
      return Bad(index_, "split {}: members end after {}", i, spec_.members.size());
    return OkStatus();
  }

  Status CheckChild(size_t i, int32_t child) const {
    const bool leaf = child < 0;
    const size_t place = static_cast<size_t>(leaf ? ~child : child);
    auto& seen = leaf ? scratch_.leaf_seen : scratch_.split_seen;
    if (place >= seen.size())
      return Bad(index_, "split {}: expected a {} below {}, got {}", i, leaf ? "leaf" : "split",
                 seen.size(), place);
    if (seen[place] != 0)
      return Bad(index_, "split {}: {} {} is reached twice", i, leaf ? "leaf" : "split", place);
    seen[place] = 1;
    return OkStatus();
  }

  Status CheckReached() const {
    std::vector<int32_t> open = {0};
    size_t reached = 0;
    for (; !open.empty(); ++reached) {
      const Split& split = tree_.splits[static_cast<size_t>(open.back())];
      open.pop_back();
      for (const int32_t child : {split.on_true, split.on_false})
        if (child >= 0) open.push_back(child);
    }
    if (reached != tree_.splits.size())
      return Bad(index_, "{} of {} splits are never reached", tree_.splits.size() - reached,
                 tree_.splits.size());
    return OkStatus();
  }

  const ForestSpec& spec_;
  size_t index_;
  const Tree& tree_;
  Scratch& scratch_;
  size_t leaves_ = 0;
};

}  // namespace

Status Check(const ForestSpec& spec) {
  if (spec.features < 0 || static_cast<size_t>(spec.features) > kMost || spec.targets < 1)
    return Error(Reason::kBadModel, "expected features 0 … {} and targets >= 1, got {} and {}",
                 kMost, spec.features, spec.targets);
  if (spec.leaf_width != 1 && spec.leaf_width != spec.targets)
    return Error(Reason::kBadModel, "expected leaves of 1 or {} values, got {}", spec.targets,
                 spec.leaf_width);
  if (spec.trees.empty()) return Error(Reason::kBadModel, "expected at least one tree");
  const auto targets = static_cast<size_t>(spec.targets);
  if (!spec.base_values.empty() && spec.base_values.size() != targets)
    return Error(Reason::kBadModel, "expected {} base values, got {}", targets,
                 spec.base_values.size());
  if (spec.compare > Compare::kFp64To32 || spec.sum > Sum::kFp64)
    return Error(Reason::kBadModel, "unknown type to compare or to add in");
  size_t leaves = 0, members = 0;
  Scratch scratch;
  for (size_t i = 0; i < spec.trees.size(); ++i) {
    const Tree& tree = spec.trees[i];
    RETURN_IF_ERROR(TreeCheck(spec, i, scratch).Run());
    leaves += tree.splits.size() + 1;
    for (const Split& split : tree.splits)
      if (split.mode == SplitMode::kMember) members += split.members_count;
  }
  if (leaves > kMost)
    return Error(Reason::kBadModel, "expected at most {} leaves, got {}", kMost, leaves);
  if (members > spec.members.size())
    return Error(Reason::kBadModel, "expected splits to have {} members in all, got {}",
                 spec.members.size(), members);
  return OkStatus();
}

}  // namespace slipway::forest
