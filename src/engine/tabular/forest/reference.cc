#include "engine/tabular/forest/reference.h"

#include <algorithm>
#include <cmath>
#include <span>

namespace slipway::forest {
namespace {

/// x has the type that values are compared in. Floats widen to double without loss, so the
/// comparisons below are those of exact numbers.
bool IsTrue(const ForestSpec& spec, const Split& split, double x) {
  if (std::isnan(x)) return split.missing_is_true;
  switch (split.mode) {
    case SplitMode::kLessOrEqual:
      return x <= split.threshold;
    case SplitMode::kLess:
      return x < split.threshold;
    case SplitMode::kGreaterOrEqual:
      return x >= split.threshold;
    case SplitMode::kGreater:
      return x > split.threshold;
    case SplitMode::kEqual:
      return x == split.threshold;
    case SplitMode::kNotEqual:
      return x != split.threshold;
    case SplitMode::kMember:
      const std::span members(spec.members.data() + split.members_begin, split.members_count);
      return std::find(members.begin(), members.end(), x) != members.end();
  }
  return false;
}

double ValueOf(const ForestSpec& spec, const Rows& rows, size_t row, int32_t feature) {
  const size_t at = row * rows.stride + static_cast<size_t>(feature);
  switch (spec.compare) {
    case Compare::kFp32:
      return static_cast<const float*>(rows.values)[at];
    case Compare::kFp64:
      return static_cast<const double*>(rows.values)[at];
    case Compare::kFp64To32:
      return static_cast<float>(static_cast<const double*>(rows.values)[at]);
  }
  return 0;
}

size_t LeafOf(const ForestSpec& spec, const Tree& tree, const Rows& rows, size_t row) {
  if (tree.splits.empty()) return 0;
  int32_t at = 0;
  while (at >= 0) {
    const Split& split = tree.splits[static_cast<size_t>(at)];
    const double x = ValueOf(spec, rows, row, split.feature);
    at = IsTrue(spec, split, x) ? split.on_true : split.on_false;
  }
  return static_cast<size_t>(~at);
}

template <typename Out>
void ScoreRow(const ForestSpec& spec, const Rows& rows, size_t row, Out* out) {
  const auto targets = static_cast<size_t>(spec.targets);
  std::fill_n(out, targets, Out{0});
  for (const Tree& tree : spec.trees) {
    const size_t leaf = LeafOf(spec, tree, rows, row);
    if (spec.leaf_width == 1) {
      const int32_t target = tree.leaf_targets.empty() ? tree.target : tree.leaf_targets[leaf];
      out[target] += static_cast<Out>(tree.leaves[leaf]);
    } else {
      for (size_t k = 0; k < targets; ++k)
        out[k] += static_cast<Out>(tree.leaves[leaf * targets + k]);
    }
  }
  for (size_t k = 0; k < targets; ++k) {
    if (spec.average) out[k] /= static_cast<Out>(spec.trees.size());
    if (!spec.base_values.empty()) out[k] += static_cast<Out>(spec.base_values[k]);
  }
}

template <typename Out>
void ScoreRows(const ForestSpec& spec, const Rows& rows, Out* out) {
  for (size_t row = 0; row < rows.count; ++row)
    ScoreRow(spec, rows, row, out + row * static_cast<size_t>(spec.targets));
}

}  // namespace

void ScoreByReference(const ForestSpec& spec, const Rows& rows, void* out) {
  if (spec.sum == Sum::kFp32)
    ScoreRows(spec, rows, static_cast<float*>(out));
  else
    ScoreRows(spec, rows, static_cast<double*>(out));
}

}  // namespace slipway::forest
