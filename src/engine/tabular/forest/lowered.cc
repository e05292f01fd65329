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
#include <utility>

namespace slipway::forest {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// The largest number of the compared type that is <= t.
double RoundDown(double t, bool floats) {
  if (!floats) return t;
  const auto nearest = static_cast<float>(t);
  return nearest > t ? std::nextafterf(nearest, -std::numeric_limits<float>::infinity()) : nearest;
}

double Below(double t, bool floats) {
  return floats ? std::nextafterf(static_cast<float>(t), -std::numeric_limits<float>::infinity())
                : std::nextafter(t, -kInfinity);
}

/// A split as "x <= cut goes left"; without a cut, "x is one of the members goes left".
struct Question {
  std::optional<double> cut;
  std::vector<double> members;
  bool left_is_true = true;
  bool missing_left = false;
};

std::vector<double> SortedMembers(std::span<const double> values, bool floats) {
  std::vector<double> members;
  for (const double value : values)
    if (!std::isnan(value) && RoundDown(value, floats) == value) members.push_back(value);
  std::sort(members.begin(), members.end());
  members.erase(std::unique(members.begin(), members.end()), members.end());
  return members;
}

Question Ask(const ForestSpec& spec, const Split& split, bool floats) {
  Question question;
  const double t = split.threshold;
  switch (split.mode) {
    case SplitMode::kGreater:
      question.left_is_true = std::isnan(t);
      [[fallthrough]];
    case SplitMode::kLessOrEqual:
      if (!std::isnan(t)) question.cut = RoundDown(t, floats);
      break;
    case SplitMode::kGreaterOrEqual:
      question.left_is_true = std::isnan(t);
      [[fallthrough]];
    case SplitMode::kLess:
      if (!std::isnan(t) && t != -kInfinity) {
        const double down = RoundDown(t, floats);
        if (down < t)
          question.cut = down;
        else
          question.cut = Below(t, floats);
      }
      break;
    case SplitMode::kNotEqual:
      question.left_is_true = false;
      [[fallthrough]];
    case SplitMode::kEqual:
      question.members = SortedMembers({&t, 1}, floats);
      break;
    case SplitMode::kMember:
      question.members =
          SortedMembers({spec.members.data() + split.members_begin, split.members_count}, floats);
      break;
  }
  question.missing_left = split.missing_is_true == question.left_is_true;
  return question;
}

/// Where a threshold stands; keys are in the order of the thresholds, equal where those are.
struct Cut {
  uint64_t key = 0;
  uint32_t tree = 0;
  uint32_t node = 0;
};

constexpr uint64_t kSign = uint64_t{1} << 63;

uint64_t KeyOf(double value) {
  const auto bits = std::bit_cast<uint64_t>(value + 0.0);  // one zero
  return bits & kSign ? ~bits : bits | kSign;
}
double ValueOf(uint64_t key) { return std::bit_cast<double>(key & kSign ? key ^ kSign : ~key); }

/// Byte by byte from the lowest; most loads spend their time here. Bytes that all keys share, as
/// those below a float's, take no pass.
void SortByKey(std::vector<Cut>& cuts, std::vector<Cut>& spare) {
  constexpr size_t kDigits = 8, kValues = 256;
  std::array<std::array<uint32_t, kValues>, kDigits> counts = {};
  for (const Cut& cut : cuts)
    for (size_t d = 0; d < kDigits; ++d) ++counts[d][cut.key >> (8 * d) & 0xFF];
  spare.resize(cuts.size());
  for (size_t d = 0; d < kDigits; ++d) {
    const size_t shift = 8 * d;
    if (counts[d][cuts[0].key >> shift & 0xFF] == cuts.size()) continue;
    uint32_t place = 0;
    for (uint32_t& count : counts[d]) place += std::exchange(count, place);
    for (const Cut& cut : cuts) spare[counts[d][cut.key >> shift & 0xFF]++] = cut;
    cuts.swap(spare);
  }
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
  }

  Lowered Run() && {
    mixed_targets_ = std::any_of(spec_.trees.begin(), spec_.trees.end(), HasMixedTargets);
    size_t leaf_values = 0;
    for (const Tree& tree : spec_.trees) leaf_values += tree.leaves.size();
    out_.leaves.reserve(leaf_values);
    out_.trees.reserve(spec_.trees.size());
    for (const Tree& tree : spec_.trees) AddTree(tree);
    RankCuts();
    return std::move(out_);
  }

 private:
  struct Place {
    int32_t child = 0;   // of the spec
    int32_t parent = 0;  // of the lowered tree; -1 for the root
    bool right = false;
    uint32_t depth = 0;
  };

  /// Left before right, so that leaves are numbered from the left.
  void AddTree(const Tree& tree) {
    LoweredTree lowered;
    lowered.first_leaf = static_cast<uint32_t>(out_.leaves.size() / Width());
    lowered.target = tree.leaf_targets.empty() ? tree.target : tree.leaf_targets[0];
    lowered.nodes.reserve(tree.splits.size());
    open_.push_back({tree.splits.empty() ? ~0 : 0, -1});
    while (!open_.empty()) {
      const Place place = open_.back();
      open_.pop_back();
      int32_t number;
      if (place.child < 0) {
        AddLeaf(tree, static_cast<size_t>(~place.child));
        lowered.depth = std::max(lowered.depth, place.depth);
        number = ~static_cast<int32_t>(lowered.leaf_count++);
      } else {
        const Split& split = tree.splits[static_cast<size_t>(place.child)];
        const Question question = Ask(spec_, split, out_.compares_floats());
        number = static_cast<int32_t>(lowered.nodes.size());
        lowered.nodes.push_back({.column = ColumnOf(split, question)});
        if (question.cut)
          cuts_[lowered.nodes.back().column].push_back({KeyOf(*question.cut),
                                                        static_cast<uint32_t>(out_.trees.size()),
                                                        static_cast<uint32_t>(number)});
        const int32_t left = question.left_is_true ? split.on_true : split.on_false;
        const int32_t right = question.left_is_true ? split.on_false : split.on_true;
        open_.push_back({right, number, true, place.depth + 1});
        open_.push_back({left, number, false, place.depth + 1});
      }
      if (place.parent < 0) continue;
      Node& parent = lowered.nodes[static_cast<size_t>(place.parent)];
      (place.right ? parent.right : parent.left) = number;
    }
    out_.trees.push_back(std::move(lowered));
  }

  void AddLeaf(const Tree& tree, size_t leaf) {
    const auto values = tree.leaves.begin() + static_cast<ptrdiff_t>(leaf * Width());
    out_.leaves.insert(out_.leaves.end(), values, values + spec_.leaf_width);
    if (mixed_targets_)
      out_.leaf_targets.push_back(tree.leaf_targets.empty() ? tree.target
                                                            : tree.leaf_targets[leaf]);
  }

  uint32_t ColumnOf(const Split& split, const Question& question) {
    const uint64_t key = static_cast<uint64_t>(split.feature) << 1 | question.missing_left;
    uint32_t& number = question.cut
                           ? ordered_.try_emplace(key, kNew).first->second
                           : sets_.try_emplace({key, question.members}, kNew).first->second;
    if (number == kNew) {
      number = static_cast<uint32_t>(out_.columns.size());
      out_.columns.push_back({.feature = split.feature,
                              .missing_left = question.missing_left,
                              .is_set = !question.cut,
                              .cuts = question.members});
      cuts_.emplace_back();
    }
    return number;
  }

  /// Thresholds of all splits become ranks among their column's.
  void RankCuts() {
    std::vector<Cut> spare;
    for (size_t c = 0; c < cuts_.size(); ++c) {
      if (out_.columns[c].is_set) continue;
      SortByKey(cuts_[c], spare);
      std::vector<double>& values = out_.columns[c].cuts;
      uint64_t last = ~cuts_[c][0].key;
      for (const Cut& cut : cuts_[c]) {
        if (cut.key != last) values.push_back(ValueOf(cut.key));
        last = cut.key;
        out_.trees[cut.tree].nodes[cut.node].rank = static_cast<uint32_t>(values.size() - 1);
      }
      values.shrink_to_fit();
    }
  }

  size_t Width() const { return static_cast<size_t>(spec_.leaf_width); }

  static constexpr uint32_t kNew = 0xFFFFFFFF;
  const ForestSpec& spec_;
  Lowered out_;
  bool mixed_targets_ = false;
  std::vector<Place> open_;             // of the tree that is being added
  std::vector<std::vector<Cut>> cuts_;  // by column
  absl::flat_hash_map<uint64_t, uint32_t> ordered_;
  std::map<std::pair<uint64_t, std::vector<double>>, uint32_t> sets_;
};

}  // namespace

Lowered Lower(const ForestSpec& spec) { return Lowering(spec).Run(); }

bool Contains(std::span<const double> members, double x) {
  return std::binary_search(members.begin(), members.end(), x);
}

}  // namespace slipway::forest
