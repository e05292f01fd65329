#include "engine/tabular/forest/lowered.h"

#include <algorithm>
#include <cmath>
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
    mixed_targets_ = std::any_of(spec_.trees.begin(), spec_.trees.end(),
                                 [](const Tree& tree) { return !tree.leaf_targets.empty(); });
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
    lowered.target = tree.target;
    lowered.nodes.reserve(tree.splits.size());
    std::vector<Place> open = {{tree.splits.empty() ? ~0 : 0, -1}};
    while (!open.empty()) {
      const Place place = open.back();
      open.pop_back();
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
        if (question.cut) cuts_.push_back({*question.cut, Where(lowered.nodes.size() - 1)});
        const int32_t left = question.left_is_true ? split.on_true : split.on_false;
        const int32_t right = question.left_is_true ? split.on_false : split.on_true;
        open.push_back({right, number, true, place.depth + 1});
        open.push_back({left, number, false, place.depth + 1});
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
    const std::pair<int32_t, bool> key(split.feature, question.missing_left);
    uint32_t& number = question.cut
                           ? ordered_.try_emplace(key, kNew).first->second
                           : sets_.try_emplace({key, question.members}, kNew).first->second;
    if (number == kNew) {
      number = static_cast<uint32_t>(out_.columns.size());
      out_.columns.push_back({.feature = split.feature,
                              .missing_left = question.missing_left,
                              .is_set = !question.cut,
                              .cuts = question.members});
    }
    return number;
  }

  struct CutPlace {
    uint32_t tree;
    uint32_t node;
  };
  CutPlace Where(size_t node) const {
    return {static_cast<uint32_t>(out_.trees.size()), static_cast<uint32_t>(node)};
  }

  /// Thresholds of all splits become ranks among their column's.
  void RankCuts() {
    for (const auto& [cut, place] : cuts_)
      out_.columns[out_.trees[place.tree].nodes[place.node].column].cuts.push_back(cut);
    for (Column& column : out_.columns) {
      if (column.is_set) continue;
      std::sort(column.cuts.begin(), column.cuts.end());
      column.cuts.erase(std::unique(column.cuts.begin(), column.cuts.end()), column.cuts.end());
      column.cuts.shrink_to_fit();
    }
    for (const auto& [cut, place] : cuts_) {
      Node& node = out_.trees[place.tree].nodes[place.node];
      const auto& cuts = out_.columns[node.column].cuts;
      node.rank =
          static_cast<uint32_t>(std::lower_bound(cuts.begin(), cuts.end(), cut) - cuts.begin());
    }
  }

  size_t Width() const { return static_cast<size_t>(spec_.leaf_width); }

  static constexpr uint32_t kNew = 0xFFFFFFFF;
  const ForestSpec& spec_;
  Lowered out_;
  bool mixed_targets_ = false;
  std::vector<std::pair<double, CutPlace>> cuts_;
  std::map<std::pair<int32_t, bool>, uint32_t> ordered_;
  std::map<std::pair<std::pair<int32_t, bool>, std::vector<double>>, uint32_t> sets_;
};

}  // namespace

Lowered Lower(const ForestSpec& spec) { return Lowering(spec).Run(); }

bool Contains(std::span<const double> members, double x) {
  return std::binary_search(members.begin(), members.end(), x);
}

}  // namespace slipway::forest
