#include "engine/tabular/forest/testing/random_forest.h"

#include <cmath>
#include <limits>

namespace slipway::forest::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double PlainNumber(Dice& dice) {
  return (static_cast<double>(dice.Below(1'000'001)) - 500'000) / 250'000;
}

double OddNumber(Dice& dice) {
  const double odd[] = {std::numeric_limits<double>::quiet_NaN(),
                        kInfinity,
                        -kInfinity,
                        0.0,
                        -0.0,
                        std::numeric_limits<double>::denorm_min(),
                        -std::numeric_limits<double>::denorm_min(),
                        std::numeric_limits<float>::denorm_min(),
                        -std::numeric_limits<float>::denorm_min(),
                        std::numeric_limits<float>::max(),
                        std::numeric_limits<float>::lowest(),
                        std::numeric_limits<double>::max(),
                        std::numeric_limits<double>::lowest(),
                        0.1,
                        1.0};
  return odd[dice.Below(std::size(odd))];
}

double Threshold(const ForestKind& kind, Dice& dice) {
  if (kind.all_modes && dice.OneIn(8)) return OddNumber(dice);
  if (kind.grid > 0) return static_cast<double>(dice.Below(kind.grid));
  const double number = PlainNumber(dice);
  return kind.compare == Compare::kFp32 && dice.OneIn(2) ? static_cast<float>(number) : number;
}

Split MakeSplit(const ForestKind& kind, ForestSpec& spec, Dice& dice) {
  Split split;
  split.feature = static_cast<int32_t>(dice.Below(static_cast<size_t>(kind.features)));
  split.threshold = Threshold(kind, dice);
  split.missing_is_true = dice.OneIn(2);
  if (!kind.all_modes) return split;
  split.mode = static_cast<SplitMode>(dice.Below(7));
  if (split.mode == SplitMode::kMember) {
    split.members_begin = static_cast<uint32_t>(spec.members.size());
    split.members_count = static_cast<uint32_t>(dice.Below(5));
    for (uint32_t i = 0; i < split.members_count; ++i)
      spec.members.push_back(Threshold(kind, dice));
  }
  return split;
}

double LeafValue(Dice& dice) { return dice.OneIn(16) ? -0.0 : PlainNumber(dice); }

Tree MakeTree(const ForestKind& kind, ForestSpec& spec, Dice& dice) {
  Tree tree;
  tree.target = static_cast<int32_t>(dice.Below(static_cast<size_t>(kind.targets)));
  struct Place {
    int32_t parent;
    bool on_true;
    uint32_t depth;
  };
  std::vector<Place> open = {{-1, false, 0}};
  int32_t leaves = 0;
  const size_t stop = kind.full ? 0 : 2 + dice.Below(8);
  while (!open.empty()) {
    const Place place = open.back();
    open.pop_back();
    const bool leaf =
        place.depth == kind.depth || kind.features == 0 || (stop > 0 && dice.OneIn(stop));
    const int32_t child = leaf ? ~leaves++ : static_cast<int32_t>(tree.splits.size());
    if (!leaf) {
      tree.splits.push_back(MakeSplit(kind, spec, dice));
      open.push_back({child, true, place.depth + 1});
      open.push_back({child, false, place.depth + 1});
    }
    if (place.parent < 0) continue;
    Split& parent = tree.splits[static_cast<size_t>(place.parent)];
    (place.on_true ? parent.on_true : parent.on_false) = child;
  }
  const auto count = static_cast<size_t>(leaves);
  for (size_t i = 0; i < count * static_cast<size_t>(spec.leaf_width); ++i)
    tree.leaves.push_back(LeafValue(dice));
  if (kind.mixed_targets)
    for (size_t i = 0; i < count; ++i)
      tree.leaf_targets.push_back(
          static_cast<int32_t>(dice.Below(static_cast<size_t>(kind.targets))));
  return tree;
}

}  // namespace

ForestSpec MakeForest(const ForestKind& kind, Dice& dice) {
  ForestSpec spec;
  spec.features = kind.features;
  spec.targets = kind.targets;
  spec.leaf_width = kind.wide ? kind.targets : 1;
  spec.compare = kind.compare;
  spec.sum = kind.sum;
  spec.average = kind.average;
  if (kind.base_values)
    for (int32_t i = 0; i < kind.targets; ++i) spec.base_values.push_back(PlainNumber(dice));
  for (size_t i = 0; i < kind.trees; ++i) spec.trees.push_back(MakeTree(kind, spec, dice));
  return spec;
}

std::vector<double> MakeRows(const ForestSpec& spec, size_t rows, Dice& dice) {
  std::vector<std::vector<double>> thresholds(static_cast<size_t>(spec.features));
  for (const Tree& tree : spec.trees)
    for (const Split& split : tree.splits) {
      auto& known = thresholds[static_cast<size_t>(split.feature)];
      known.push_back(split.threshold);
      if (split.mode == SplitMode::kMember)
        for (uint32_t i = 0; i < split.members_count; ++i)
          known.push_back(spec.members[split.members_begin + i]);
    }
  std::vector<double> values;
  values.reserve(rows * thresholds.size());
  for (size_t row = 0; row < rows; ++row)
    for (const std::vector<double>& known : thresholds) {
      const size_t way = dice.Below(8);
      double value = way == 0 ? OddNumber(dice) : PlainNumber(dice);
      if (way >= 2 && !known.empty()) value = known[dice.Below(known.size())];
      if (way == 3) value = std::nextafterf(static_cast<float>(value), INFINITY);
      if (way == 4) value = std::nextafterf(static_cast<float>(value), -INFINITY);
      if (way == 5) value = std::nextafter(value, kInfinity);
      if (way == 6) value = std::nextafter(value, -kInfinity);
      values.push_back(value);
    }
  return values;
}

}  // namespace slipway::forest::testing
