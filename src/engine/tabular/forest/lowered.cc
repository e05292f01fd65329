#include "engine/tabular/forest/lowered.h"

#include <absl/container/flat_hash_map.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <type_traits>
#include <utility>

namespace slipway::forest {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <typename Value>
using BitsOf = std::conditional_t<sizeof(Value) == 4, uint32_t, uint64_t>;

/// The next smaller number; `value` is neither NaN nor -infinity.
template <typename Value>
Value Below(Value value) {
  if (value == 0) return -std::numeric_limits<Value>::denorm_min();
  const auto bits = std::bit_cast<BitsOf<Value>>(value);
  return std::bit_cast<Value>(value > 0 ? bits - 1 : bits + 1);
}

double Below(double t, bool floats) { return floats ? Below(static_cast<float>(t)) : Below(t); }

/// The largest number of the compared type that is <= t.
double RoundDown(double t, bool floats) {
  if (!floats) return t;
  const auto nearest = static_cast<float>(t);
  return nearest > t ? Below(nearest) : nearest;
}

/// A split asks "x <= cut?", or, where this says no cut, "x is one of MembersOf?".
std::optional<double> CutOf(const Split& split, bool floats) {
  const double t = split.threshold;
  switch (split.mode) {
    case SplitMode::kLessOrEqual:
    case SplitMode::kGreater:
      if (!std::isnan(t)) return RoundDown(t, floats);
      break;
    case SplitMode::kLess:
    case SplitMode::kGreaterOrEqual:
      if (!std::isnan(t) && t != -kInfinity) {
        const double down = RoundDown(t, floats);
        return down < t ? down : Below(t, floats);
      }
      break;
    default:
      break;
  }
  return std::nullopt;
}

/// Sorted, what the compared type holds; nothing where a threshold leaves nothing to ask.
std::vector<double> MembersOf(const ForestSpec& spec, const Split& split, bool floats) {
  std::span<const double> values;
  if (split.mode == SplitMode::kEqual || split.mode == SplitMode::kNotEqual)
    values = {&split.threshold, 1};
  else if (split.mode == SplitMode::kMember)
    values = std::span(spec.members).subspan(split.members_begin, split.members_count);
  std::vector<double> members;
  for (const double value : values)
    if (!std::isnan(value) && RoundDown(value, floats) == value) members.push_back(value);
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

/// Whether the answer yes leads to on_true.
bool YesIsTrue(const Split& split) {
  switch (split.mode) {
    case SplitMode::kGreater:
    case SplitMode::kGreaterOrEqual:
      return std::isnan(split.threshold);
    case SplitMode::kNotEqual:
      return false;
    default:
      return true;
  }
}

/// Whose cut it is; keys are in the order of the cuts, equal where those are.
template <typename Key>
struct Cut {
  Key key = 0;
  uint32_t node = 0;
};

template <typename Value>
BitsOf<Value> KeyOf(Value value) {
  using Bits = BitsOf<Value>;
  constexpr Bits kSign = Bits{1} << (8 * sizeof(Bits) - 1);
  const auto bits = std::bit_cast<Bits>(value + Value{0});  // one zero
  return bits & kSign ? ~bits : bits | kSign;
}

/// Byte by byte from the lowest. Bytes that all keys share take no pass.
/// @param spare  as long. @return the sorted ones: `cuts` or `spare`.
template <typename Key>
std::span<Cut<Key>> SortByKey(std::span<Cut<Key>> cuts, std::span<Cut<Key>> spare) {
  constexpr size_t kDigits = sizeof(Key), kValues = 256;
  constexpr size_t kFew = 64;  // for which counting takes longer
  if (cuts.size() < kFew) {
    std::ranges::sort(cuts, {}, &Cut<Key>::key);
    return cuts;
  }
  std::array<std::array<uint32_t, kValues>, kDigits> counts = {};
  for (const Cut<Key>& cut : cuts)
    for (size_t d = 0; d < kDigits; ++d) ++counts[d][cut.key >> (8 * d) & 0xFF];
  for (size_t d = 0; d < kDigits; ++d) {
    const size_t shift = 8 * d;
    if (counts[d][cuts[0].key >> shift & 0xFF] == cuts.size()) continue;
    uint32_t place = 0;
    for (uint32_t& count : counts[d]) place += std::exchange(count, place);
    for (const Cut<Key>& cut : cuts) spare[counts[d][cut.key >> shift & 0xFF]++] = cut;
    std::swap(cuts, spare);
  }
  return cuts;
}

bool HasMixedTargets(const Tree& tree) {
  return std::adjacent_find(tree.leaf_targets.begin(), tree.leaf_targets.end(),
                            std::not_equal_to<>()) != tree.leaf_targets.end();
}

class Lowering {
 public:
  explicit Lowering(const ForestSpec& spec) : spec_(spec) {
    out_.features = spec.features;
    out_.targets = spec.targets;
    out_.leaf_width = spec.leaf_width;
    out_.compare = spec.compare;
    out_.sum = spec.sum;
    near_.assign(std::min(2 * static_cast<size_t>(spec.features), kNear), kNew);
  }

  Lowered Run() && {
    mixed_targets_ = std::any_of(spec_.trees.begin(), spec_.trees.end(), HasMixedTargets);
    size_t splits = 0, leaf_values = 0;
    for (const Tree& tree : spec_.trees) {
      splits += tree.splits.size();
      leaf_values += tree.leaves.size();
    }
    out_.nodes.reserve(splits);
    cuts_.reserve(splits);
    out_.leaves.reserve(leaf_values);
    out_.trees.reserve(spec_.trees.size());
    for (const Tree& tree : spec_.trees) AddTree(tree);
    if (out_.compares_floats())
      RankCuts<float>();
    else
      RankCuts<double>();
    return std::move(out_);
  }

 private:
  /// A right child that is still to be added.
  struct Place {
    int32_t child = 0;   // of the spec
    int32_t parent = 0;  // of the lowered tree
    uint32_t depth = 0;
  };

  /// Left before right, so that leaves are numbered from the left.
  void AddTree(const Tree& tree) {
    LoweredTree lowered;
    lowered.first_node = static_cast<uint32_t>(out_.nodes.size());
    lowered.first_leaf = static_cast<uint32_t>(out_.leaves.size() / Width());
    lowered.target = tree.leaf_targets.empty() ? tree.target : tree.leaf_targets[0];
    const auto number = [&](int32_t next) {  // of the child that is added next
      return static_cast<int32_t>(next < 0 ? ~lowered.leaf_count : lowered.node_count);
    };
    int32_t child = tree.splits.empty() ? ~0 : 0;
    for (uint32_t depth = 0;;) {
      for (; child >= 0; ++depth) {
        const Split& split = tree.splits[static_cast<size_t>(child)];
        const bool yes_is_true = YesIsTrue(split);
        open_.push_back({yes_is_true ? split.on_false : split.on_true, number(child), depth + 1});
        AddNode(split, split.missing_is_true == yes_is_true);
        ++lowered.node_count;
        child = yes_is_true ? split.on_true : split.on_false;
        out_.nodes.back().left = number(child);
      }
      AddLeaf(tree, static_cast<size_t>(~child));
      ++lowered.leaf_count;
      lowered.depth = std::max(lowered.depth, depth);
      if (open_.empty()) break;
      const Place place = open_.back();
      open_.pop_back();
      child = place.child;
      depth = place.depth;
      out_.nodes[lowered.first_node + static_cast<size_t>(place.parent)].right = number(child);
    }
    out_.trees.push_back(lowered);
  }

  void AddLeaf(const Tree& tree, size_t leaf) {
    if (Width() == 1) {
      out_.leaves.push_back(tree.leaves[leaf]);
    } else {
      const auto values = tree.leaves.begin() + static_cast<ptrdiff_t>(leaf * Width());
      out_.leaves.insert(out_.leaves.end(), values, values + spec_.leaf_width);
    }
    if (mixed_targets_)
      out_.leaf_targets.push_back(tree.leaf_targets.empty() ? tree.target
                                                            : tree.leaf_targets[leaf]);
  }

  void AddNode(const Split& split, bool missing_left) {
    const auto cut = CutOf(split, out_.compares_floats());
    const uint64_t key = static_cast<uint64_t>(split.feature) << 1 | missing_left;
    cuts_.push_back(cut.value_or(0));
    out_.nodes.push_back({.column = cut ? OrderedColumn(key) : SetColumn(key, split)});
  }

  uint32_t OrderedColumn(uint64_t key) {
    uint32_t& number =
        key < near_.size() ? near_[key] : ordered_.try_emplace(key, kNew).first->second;
    if (number == kNew) number = AddColumn(key);
    return number;
  }

  uint32_t SetColumn(uint64_t key, const Split& split) {
    std::vector<double> members = MembersOf(spec_, split, out_.compares_floats());
    const auto [place, is_new] = sets_.try_emplace({key, std::move(members)}, kNew);
    if (is_new) {
      place->second = AddColumn(key);
      out_.columns.back().is_set = true;
      out_.columns.back().cuts = place->first.second;
    }
    return place->second;
  }

  uint32_t AddColumn(uint64_t key) {
    out_.columns.push_back(
        {.feature = static_cast<int32_t>(key >> 1), .missing_left = (key & 1) != 0});
    return static_cast<uint32_t>(out_.columns.size() - 1);
  }

  /// Cuts of all splits become ranks among their column's.
  template <typename Value>
  void RankCuts() {
    using Key = BitsOf<Value>;
    std::vector<size_t> ends(out_.columns.size() + 1);  // of columns, once their cuts are there
    for (const Node& node : out_.nodes) ++ends[node.column + 1];
    for (size_t c = 1; c < ends.size(); ++c) ends[c] += ends[c - 1];
    std::vector<Cut<Key>> cuts(out_.nodes.size()), spare(out_.nodes.size());
    for (uint32_t i = 0; i < out_.nodes.size(); ++i)
      cuts[ends[out_.nodes[i].column]++] = {KeyOf(static_cast<Value>(cuts_[i])), i};
    size_t begin = 0;
    for (size_t c = 0; c < out_.columns.size(); ++c) {
      const size_t count = ends[c] - begin;
      if (!out_.columns[c].is_set)
        RankColumn<Key>(SortByKey<Key>({&cuts[begin], count}, {&spare[begin], count}),
                        out_.columns[c].cuts);
      begin = ends[c];
    }
  }

  /// @param values  receives the distinct ones.
  template <typename Key>
  void RankColumn(std::span<const Cut<Key>> sorted, std::vector<double>& values) {
    Key last = ~sorted[0].key;
    size_t distinct = 0;
    for (const Cut<Key>& cut : sorted) distinct += std::exchange(last, cut.key) != cut.key;
    values.reserve(distinct);
    last = ~sorted[0].key;
    for (const Cut<Key>& cut : sorted) {
      if (std::exchange(last, cut.key) != cut.key) values.push_back(cuts_[cut.node] + 0.0);
      out_.nodes[cut.node].rank = static_cast<uint32_t>(values.size() - 1);
    }
  }

  size_t Width() const { return static_cast<size_t>(spec_.leaf_width); }

  static constexpr uint32_t kNew = 0xFFFFFFFF;
  static constexpr size_t kNear = 4096;
  const ForestSpec& spec_;
  Lowered out_;
  bool mixed_targets_ = false;
  std::vector<Place> open_;     // of the tree that is being added
  std::vector<double> cuts_;    // by node; 0 where it has none
  std::vector<uint32_t> near_;  // columns by feature and where NaN goes; those of greater
  absl::flat_hash_map<uint64_t, uint32_t> ordered_;  // features are here
  std::map<std::pair<uint64_t, std::vector<double>>, uint32_t> sets_;
};

}  // namespace

Lowered Lower(const ForestSpec& spec) { return Lowering(spec).Run(); }

bool Contains(std::span<const double> members, double x) {
  return std::binary_search(members.begin(), members.end(), x);
}

}  // namespace slipway::forest
