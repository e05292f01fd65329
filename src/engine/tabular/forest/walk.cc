#include "engine/tabular/forest/walk.h"

#include <algorithm>
#include <array>
#include <limits>
#include <span>
#include <vector>

namespace slipway::forest {
namespace {

// A walk waits for each node's memory before it knows the next, so kWalks of them take turns: trees
// of one row, or rows of one tree when there are enough of those. Nothing branches on data: leaves
// lead to themselves, and a group of walks takes as many steps as its deepest tree has levels,
// looking every kStride whether all have arrived.

constexpr size_t kWalks = 16;
constexpr uint32_t kStride = 8;

constexpr uint32_t kMissingRight = 1u << 31;
constexpr uint32_t kIsSet = 1u << 30;
constexpr uint32_t kNumber = kIsSet - 1;

/// The right child stands behind the left one. A leaf is its own left child, and nothing is above
/// its cut.
template <typename Value>
struct WalkNode {
  Value cut = std::numeric_limits<Value>::infinity();
  uint32_t left = 0;
  uint32_t question = 0;  // feature, or column of a set; and the flags above
  uint32_t leaf = 0;      // of the forest
};

struct WalkTree {
  uint32_t root = 0;
  uint32_t depth = 0;
  uint32_t target = 0;
};

struct SetColumn {
  size_t feature = 0;
  std::vector<double> members;
};

template <typename Source, typename Value, typename Out>
class Walk final : public Evaluator {
 public:
  explicit Walk(const Lowered& forest)
      : targets_(static_cast<size_t>(forest.targets)),
        wide_(forest.leaf_width != 1),
        leaves_(forest.leaves.begin(), forest.leaves.end()),
        leaf_targets_(forest.leaf_targets.begin(), forest.leaf_targets.end()) {
    CopySets(forest);
    nodes_.reserve(2 * forest.nodes.size() + forest.trees.size());
    trees_.reserve(forest.trees.size());
    std::vector<uint32_t> place;
    for (const LoweredTree& tree : forest.trees) AddTree(forest, tree, place);
  }

  void Score(const Rows& rows, void* sums) const override {
    auto* const out = static_cast<Out*>(sums);
    std::fill_n(out, rows.count * targets_, Out{0});
    if (sets_.empty())
      ScoreAll<false>(rows, out);
    else
      ScoreAll<true>(rows, out);
  }

  size_t bytes() const override {
    size_t bytes = sizeof(*this) + nodes_.capacity() * sizeof(nodes_[0]) +
                   trees_.capacity() * sizeof(WalkTree) + leaves_.capacity() * sizeof(Out) +
                   leaf_targets_.capacity() * sizeof(uint32_t);
    for (const SetColumn& set : sets_)
      bytes += sizeof(set) + set.members.capacity() * sizeof(double);
    return bytes;
  }

 private:
  using Walks = std::array<uint32_t, kWalks>;

  void CopySets(const Lowered& forest) {
    const bool any = std::any_of(forest.columns.begin(), forest.columns.end(),
                                 [](const Column& column) { return column.is_set; });
    if (!any) return;
    for (const Column& column : forest.columns)
      sets_.push_back({static_cast<size_t>(column.feature),
                       column.is_set ? column.cuts : std::vector<double>()});
  }

  /// @param place  of its nodes, whatever it held.
  void AddTree(const Lowered& forest, const LoweredTree& tree, std::vector<uint32_t>& place) {
    const std::span<const Node> nodes = forest.NodesOf(tree);
    const auto root = static_cast<uint32_t>(nodes_.size());
    trees_.push_back({root, tree.depth, static_cast<uint32_t>(tree.target)});
    nodes_.resize(nodes_.size() + 2 * nodes.size() + 1);
    place.assign(nodes.size(), root);  // parents stand before their children
    const auto put = [&](int32_t child, uint32_t at) {
      if (child >= 0)
        place[static_cast<size_t>(child)] = at;
      else
        nodes_[at] = {.left = at, .leaf = tree.first_leaf + static_cast<uint32_t>(~child)};
    };
    if (nodes.empty()) put(~0, root);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const Node& node = nodes[i];
      const Column& column = forest.columns[node.column];
      const auto left = root + 1 + 2 * static_cast<uint32_t>(i);
      WalkNode<Value>& walked = nodes_[place[i]];
      walked.left = left;
      walked.question = column.missing_left ? 0 : kMissingRight;
      if (column.is_set) {
        walked.question |= kIsSet | node.column;
      } else {
        walked.question |= static_cast<uint32_t>(column.feature);
        walked.cut = static_cast<Value>(column.cuts[node.rank]);
      }
      put(node.left, left);
      put(node.right, left + 1);
    }
  }

  template <bool kSets>
  void ScoreAll(const Rows& rows, Out* out) const {
    const auto* const values = static_cast<const Source*>(rows.values);
    size_t row = 0;
    for (; row + kWalks <= rows.count; row += kWalks)
      ScoreManyRows<kSets>(values + row * rows.stride, rows.stride, out + row * targets_);
    for (; row < rows.count; ++row)
      ScoreOneRow<kSets>(values + row * rows.stride, out + row * targets_);
  }

  template <bool kSets>
  void ScoreManyRows(const Source* values, size_t stride, Out* out) const {
    for (const WalkTree& tree : trees_) {
      Walks at;
      at.fill(tree.root);
      Descend(at, tree.depth, [&](size_t i) { return Next<kSets>(at[i], values + i * stride); });
      for (size_t i = 0; i < kWalks; ++i) Add(tree, at[i], out + i * targets_);
    }
  }

  template <bool kSets>
  void ScoreOneRow(const Source* row, Out* out) const {
    for (size_t first = 0; first < trees_.size(); first += kWalks) {
      const std::span group(trees_.data() + first, std::min(kWalks, trees_.size() - first));
      Walks at;
      at.fill(group[0].root);
      uint32_t depth = 0;
      for (size_t i = 0; i < group.size(); ++i) {
        at[i] = group[i].root;
        depth = std::max(depth, group[i].depth);
      }
      Descend(at, depth, [&](size_t i) { return Next<kSets>(at[i], row); });
      for (size_t i = 0; i < group.size(); ++i) Add(group[i], at[i], out);
    }
  }

  template <typename Step>
  static void Descend(Walks& at, uint32_t depth, const Step& step) {
    for (uint32_t level = 0; level < depth; ++level) {
      uint32_t moved = 0;
      for (size_t i = 0; i < kWalks; ++i) {
        const uint32_t next = step(i);
        moved |= next ^ at[i];
        at[i] = next;
      }
      if (level % kStride == kStride - 1 && moved == 0) return;
    }
  }

  template <bool kSets>
  uint32_t Next(uint32_t at, const Source* row) const {
    const WalkNode<Value>& node = nodes_[at];
    if constexpr (kSets)
      if (node.question & kIsSet) return node.left + IsNoMember(node.question, row);
    const auto x = static_cast<Value>(row[node.question & kNumber]);
    const uint32_t missing_right = node.question >> 31;
    return node.left +
           (static_cast<uint32_t>(x > node.cut) | (static_cast<uint32_t>(x != x) & missing_right));
  }

  uint32_t IsNoMember(uint32_t question, const Source* row) const {
    const SetColumn& set = sets_[question & kNumber];
    const auto x = static_cast<Value>(row[set.feature]);
    if (x != x) return question >> 31;
    return !Contains(set.members, x);
  }

  void Add(const WalkTree& tree, uint32_t at, Out* out) const {
    const size_t leaf = nodes_[at].leaf;
    if (wide_) {
      for (size_t k = 0; k < targets_; ++k) out[k] += leaves_[leaf * targets_ + k];
    } else {
      out[leaf_targets_.empty() ? tree.target : leaf_targets_[leaf]] += leaves_[leaf];
    }
  }

  size_t targets_;
  bool wide_;
  std::vector<WalkNode<Value>> nodes_;
  std::vector<WalkTree> trees_;
  std::vector<Out> leaves_;
  std::vector<uint32_t> leaf_targets_;
  std::vector<SetColumn> sets_;  // by column; empty where no column is a set
};

template <typename Out>
std::unique_ptr<const Evaluator> MakeWalkTo(const Lowered& forest) {
  switch (forest.compare) {
    case Compare::kFp32:
      return std::make_unique<Walk<float, float, Out>>(forest);
    case Compare::kFp64:
      return std::make_unique<Walk<double, double, Out>>(forest);
    case Compare::kFp64To32:
      return std::make_unique<Walk<double, float, Out>>(forest);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<const Evaluator> MakeWalk(const Lowered& forest) {
  return forest.sum == Sum::kFp32 ? MakeWalkTo<float>(forest) : MakeWalkTo<double>(forest);
}

}  // namespace slipway::forest
