#pragma once
// The best split of a histogram by second-order gain.

#include <cstdint>
#include <limits>

#include "train/trees/histogram.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

struct GainOptions {
  size_t min_samples_leaf = 20;
  double min_hessian = 1e-3;  // of a leaf
  double l2 = 0;
  bool monotone = false;  // some feature is
};

/// What a leaf's value must lie between, so that constraints above it hold.
struct Bounds {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

/// A leaf before it is split.
struct LeafSums {
  BinSum sum;
  Bounds bounds;
};

struct FoundSplit {
  double gain = 0;  // 0: no split is worth it
  uint32_t feature = 0;
  uint8_t bin = 0;
  bool categorical = false;
  bool missing_left = false;
  BinSet set = {};
  BinSum left;

  /// Of equal gains the first feature's, whoever found it first.
  bool IsBetterThan(const FoundSplit& other) const {
    return gain > other.gain || (gain == other.gain && gain > 0 && feature < other.feature);
  }
};

/// -gradient / (hessian + l2), within the bounds.
double LeafValue(const FixedPoint& scale, const GainOptions& options, const LeafSums& leaf);

/// @param histogram  [kBinCount], of the leaf's rows.
FoundSplit FindSplit(const BinSum* histogram, uint32_t feature, const FeatureBins& bins,
                     const LeafSums& leaf, const FixedPoint& scale, const GainOptions& options);

/// What the leaves below a split must lie between.
struct ChildBounds {
  Bounds left, right;
};
ChildBounds BoundsBelow(const FoundSplit& split, int8_t monotone, const LeafSums& leaf,
                        const FixedPoint& scale, const GainOptions& options);

}  // namespace slipway::train::trees
