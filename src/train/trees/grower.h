#pragma once
// Grows one tree on gradients, the leaf with the largest gain first.

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/team.h"
#include "train/trees/gain.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

struct GrowOptions {
  size_t max_leaves = 31;
  int max_depth = 0;  // 0: no limit
  GainOptions gain;
};

/// Threads: one at a time; it works with the team's.
class Grower {
 public:
  /// All borrowed for the grower's life.
  Grower(const BinnedRows& rows, std::span<const FeatureBins> bins, const GrowOptions& options,
         Team& team);
  ~Grower();

  /// A tree whose leaves are the best values for the gradients.
  /// @param gradients  [rows], made by `scale`.
  /// @param sample     rows to learn from, ascending; empty: all.
  /// @param allowed    [features] whether a split may use it; empty: all.
  BinTree Grow(std::span<const RowGradient> gradients, const FixedPoint& scale,
               std::span<const uint32_t> sample, std::span<const uint8_t> allowed);

  /// The rows in leaf `leaf` of the last tree, ascending; those of `sample`. Valid until the next.
  std::span<const uint32_t> RowsOf(size_t leaf) const;

 private:
  struct Leaf;
  struct Growth;

  void SearchLeaf(Growth& growth, Leaf& leaf, Leaf* sibling);
  void Split(Growth& growth, size_t place);
  void Partition(const Growth& growth, const Leaf& parent, Leaf& left, Leaf& right);

  const BinnedRows& rows_;
  const std::span<const FeatureBins> bins_;
  const GrowOptions options_;
  Team& team_;

  std::vector<uint32_t> order_[2];     // rows by leaf; a leaf's lie in one of the two
  std::vector<RowGradient> gathered_;  // gradients in the order of the leaf to be searched
  std::vector<Leaf> leaves_;
  std::vector<std::vector<BinSum>> free_;  // histograms for other leaves
};

}  // namespace slipway::train::trees
