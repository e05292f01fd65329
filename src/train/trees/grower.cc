#include "train/trees/grower.h"

#include <algorithm>
#include <numeric>

namespace slipway::train::trees {
namespace {

// Histograms look so far ahead in lists of rows.
constexpr size_t kSlack = 32;
// Fewer rows are partitioned sooner than another thread has woken up.
constexpr size_t kRowsWorthAThread = 4096;

}  // namespace

struct Grower::Leaf {
  size_t begin = 0, end = 0;  // in order_[side]
  int side = 0;
  int depth = 0;
  int32_t parent = -1;  // node; -1: the root
  bool is_left = false;
  LeafSums sums;
  FoundSplit split;
  std::vector<BinSum> histogram;  // [features][kBinCount]; empty when it is not needed

  size_t rows() const { return end - begin; }
};

/// What growing one tree goes by.
struct Grower::Growth {
  std::span<const RowGradient> gradients;
  const FixedPoint& scale;
  std::span<const uint8_t> allowed;
  bool all_rows = false;
  BinTree tree;
};

Grower::Grower(const BinnedRows& rows, std::span<const FeatureBins> bins,
               const GrowOptions& options, Team& team)
    : rows_(rows), bins_(bins), options_(options), team_(team), gathered_(rows.rows()) {
  for (auto& order : order_) order.resize(rows.rows() + kSlack);
}

Grower::~Grower() = default;

BinTree Grower::Grow(std::span<const RowGradient> gradients, const FixedPoint& scale,
                     std::span<const uint32_t> sample, std::span<const uint8_t> allowed) {
  Growth growth{gradients, scale, allowed, sample.empty(), {}};
  for (Leaf& leaf : leaves_)
    if (!leaf.histogram.empty()) free_.push_back(std::move(leaf.histogram));
  leaves_.clear();

  Leaf root;
  root.end = growth.all_rows ? rows_.rows() : sample.size();
  if (growth.all_rows)
    std::iota(order_[0].begin(), order_[0].end() - kSlack, 0);
  else
    std::copy(sample.begin(), sample.end(), order_[0].begin());
  for (size_t i = 0; i < root.end; ++i) {
    const RowGradient& row = gradients[order_[0][i]];
    root.sums.sum += {row.gradient, row.hessian + (int64_t{1} << scale.count_shift())};
    if (!growth.all_rows) gathered_[i] = row;
  }
  leaves_.push_back(std::move(root));
  SearchLeaf(growth, leaves_[0], nullptr);

  while (leaves_.size() < options_.max_leaves) {
    const auto best =
        std::ranges::max_element(leaves_, {}, [](const Leaf& leaf) { return leaf.split.gain; });
    if (!(best->split.gain > 0)) break;
    Split(growth, static_cast<size_t>(best - leaves_.begin()));
  }
  for (const Leaf& leaf : leaves_)
    growth.tree.leaves.push_back(LeafValue(scale, options_.gain, leaf.sums));
  return std::move(growth.tree);
}

std::span<const uint32_t> Grower::RowsOf(size_t leaf) const {
  const Leaf& l = leaves_[leaf];
  return std::span(order_[l.side]).subspan(l.begin, l.rows());
}

void Grower::Split(Growth& growth, size_t place) {
  Leaf parent = std::move(leaves_[place]);
  const FoundSplit& split = parent.split;
  BinTree& tree = growth.tree;
  const auto node = static_cast<int32_t>(tree.nodes.size());
  if (parent.parent >= 0) {
    Node& above = tree.nodes[static_cast<size_t>(parent.parent)];
    (parent.is_left ? above.left : above.right) = node;
  }
  Node added{.feature = split.feature,
             .bin = split.bin,
             .missing_left = split.missing_left,
             .gain = static_cast<float>(split.gain),
             .left = ~static_cast<int32_t>(place),
             .right = ~static_cast<int32_t>(leaves_.size())};
  if (split.categorical) {
    added.set = static_cast<int32_t>(tree.sets.size());
    tree.sets.push_back(split.set);
  }
  tree.nodes.push_back(added);

  const ChildBounds bounds =
      BoundsBelow(split, bins_[split.feature].monotone, parent.sums, growth.scale, options_.gain);
  Leaf left, right;
  left.sums = {split.left, bounds.left};
  right.sums = {parent.sums.sum - split.left, bounds.right};
  left.is_left = true;
  for (Leaf* child : {&left, &right}) {
    child->side = 1 - parent.side;
    child->depth = parent.depth + 1;
    child->parent = node;
  }
  left.begin = parent.begin;
  left.end = right.begin = parent.begin + growth.scale.CountOf(split.left);
  right.end = parent.end;
  Partition(growth, parent, left, right);

  const bool left_is_smaller = left.rows() <= right.rows();
  (left_is_smaller ? right : left).histogram = std::move(parent.histogram);
  leaves_[place] = std::move(left);
  leaves_.push_back(std::move(right));
  if (leaves_.size() == options_.max_leaves) return;
  Leaf& smaller = left_is_smaller ? leaves_[place] : leaves_.back();
  SearchLeaf(growth, smaller, left_is_smaller ? &leaves_.back() : &leaves_[place]);
}

/// Moves the rows of `parent` to its children, in order, and gathers the gradients of the smaller
/// one. Two threads share the work without counting first, for the sums say how many rows go left:
/// one goes up from the first row, the other down from the last.
void Grower::Partition(const Growth& growth, const Leaf& parent, Leaf& left, Leaf& right) {
  const uint32_t* const from = order_[parent.side].data();
  uint32_t* const to = order_[left.side].data();
  const BinnedRows::Column column = rows_.column(parent.split.feature);
  BinSet goes_left = parent.split.set;
  if (!parent.split.categorical)
    for (int bin = 0; bin <= parent.split.bin; ++bin) Insert(goes_left, static_cast<uint8_t>(bin));
  goes_left[kMissingBin / 64] &= ~(uint64_t{1} << (kMissingBin % 64));
  if (parent.split.missing_left) Insert(goes_left, kMissingBin);
  uint8_t is_left[kBinCount];
  for (int bin = 0; bin < kBinCount; ++bin)
    is_left[bin] = Contains(goes_left, static_cast<uint8_t>(bin));

  const Leaf& smaller = left.rows() <= right.rows() ? left : right;
  const auto gather = [&](const uint32_t* begin, const uint32_t* end) {
    RowGradient* out = gathered_.data() + (begin - (to + smaller.begin));
    for (; begin != end; ++begin) *out++ = growth.gradients[*begin];
  };
  const auto upwards = [&](size_t begin, size_t end) {
    uint32_t* next[2] = {to + right.begin, to + left.begin};
    for (size_t i = begin; i < end; ++i) {
      const uint32_t row = from[i];
      *next[is_left[column[row]]]++ = row;
    }
    gather(to + smaller.begin, next[&smaller == &left]);
  };
  const auto downwards = [&](size_t begin, size_t end) {
    uint32_t* next[2] = {to + right.end, to + left.end};
    for (size_t i = end; i > begin; --i) {
      const uint32_t row = from[i - 1];
      *--next[is_left[column[row]]] = row;
    }
    gather(next[&smaller == &left], to + smaller.end);
  };
  if (parent.rows() < kRowsWorthAThread) {
    upwards(parent.begin, parent.end);
    return;
  }
  const size_t middle = parent.begin + parent.rows() / 2;
  team_.ForEach(2, [&](size_t part) {
    if (part == 0)
      upwards(parent.begin, middle);
    else
      downwards(middle, parent.end);
  });
}

/// Finds the best split of `leaf`, whose gradients are gathered, and of its sibling, whose
/// histogram still holds the rows of both.
void Grower::SearchLeaf(Growth& growth, Leaf& leaf, Leaf* sibling) {
  const auto can_split = [&](const Leaf* l) {
    return l != nullptr && l->rows() >= 2 * options_.gain.min_samples_leaf &&
           (options_.max_depth == 0 || l->depth < options_.max_depth);
  };
  const bool search_leaf = can_split(&leaf), search_sibling = can_split(sibling);
  if (!search_leaf && !search_sibling) return;
  const size_t cells = bins_.size() * kBinCount;
  if (free_.empty()) {
    leaf.histogram.resize(cells);
  } else {
    leaf.histogram = std::move(free_.back());
    free_.pop_back();
  }

  const bool in_order = growth.all_rows && sibling == nullptr;
  const uint32_t* const listed = in_order ? nullptr : order_[leaf.side].data() + leaf.begin;
  const RowGradient* const gradients = in_order ? growth.gradients.data() : gathered_.data();
  struct Best {
    FoundSplit leaf, sibling;
  };
  std::vector<Best> best(rows_.groups().size());
  team_.ForEach(best.size(), [&](size_t part) {
    const BinnedRows::Group& group = rows_.groups()[part];
    BinSum* const histogram = leaf.histogram.data() + group.first * kBinCount;
    std::fill_n(histogram, group.count * kBinCount, BinSum{});
    Accumulate(group, listed, 0, gradients, leaf.rows(), growth.scale.count_shift(), histogram);
    BinSum* const other =
        sibling == nullptr ? nullptr : sibling->histogram.data() + group.first * kBinCount;
    if (search_sibling) Subtract(other, histogram, group.count * kBinCount);
    for (size_t i = 0; i < group.count; ++i) {
      const size_t feature = group.first + i;
      if (!growth.allowed.empty() && !growth.allowed[feature]) continue;
      const auto look = [&](const Leaf& l, const BinSum* sums, FoundSplit& found) {
        const FoundSplit split = FindSplit(sums + i * kBinCount, static_cast<uint32_t>(feature),
                                           bins_[feature], l.sums, growth.scale, options_.gain);
        if (split.IsBetterThan(found)) found = split;
      };
      if (search_leaf) look(leaf, histogram, best[part].leaf);
      if (search_sibling) look(*sibling, other, best[part].sibling);
    }
  });
  for (const Best& found : best) {
    if (found.leaf.IsBetterThan(leaf.split)) leaf.split = found.leaf;
    if (search_sibling && found.sibling.IsBetterThan(sibling->split))
      sibling->split = found.sibling;
  }
}

}  // namespace slipway::train::trees
