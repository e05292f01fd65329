#pragma once
// A grown tree, in bins.

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "import/trees.h"
#include "train/trees/bins.h"

namespace slipway::train::trees {

/// Bins that go left.
using BinSet = std::array<uint64_t, 4>;
inline bool Contains(const BinSet& set, uint8_t bin) { return set[bin / 64] >> (bin % 64) & 1; }
inline void Insert(BinSet& set, uint8_t bin) { set[bin / 64] |= uint64_t{1} << (bin % 64); }

/// Numbers go left when their bin is at most `bin`, categories when `set` has theirs.
/// A child is another node (>= 0) or leaf ~child (< 0).
struct Node {
  uint32_t feature = 0;
  int32_t set = -1;  // place in BinTree::sets, of categories
  uint8_t bin = 0;
  bool missing_left = false;
  float gain = 0;
  int32_t left = 0, right = 0;
};

struct BinTree {
  std::vector<Node> nodes;  // nodes[0] is the root; empty: leaf 0 is the tree
  std::vector<BinSet> sets;
  std::vector<double> leaves;  // [leaf][width]

  bool GoesLeft(const Node& node, uint8_t bin) const {
    if (bin == kMissingBin) return node.missing_left;
    return node.set < 0 ? bin <= node.bin : Contains(sets[static_cast<size_t>(node.set)], bin);
  }
  /// The leaf of a row.
  size_t LeafOf(const BinnedRows& rows, size_t row) const;
};

/// The tree with thresholds and codes in the place of bins: it sends every value to the leaf that
/// its bin goes to.
importing::Tree Export(const BinTree& tree, std::span<const FeatureBins> bins);

/// The share of each feature in the gain of all splits; zeros when there is none.
std::vector<double> Importances(std::span<const BinTree> trees, size_t features);

}  // namespace slipway::train::trees
