#pragma once
// Grows one tree as deep as it may become, by the impurity of its leaves: decision trees, forests.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "train/trees/bins.h"
#include "train/trees/sampling.h"
#include "train/trees/tree.h"

namespace slipway::train::trees {

enum class Criterion : uint8_t { kSquaredError, kGini, kEntropy };

struct ImpurityOptions {
  Criterion criterion = Criterion::kGini;
  size_t features = 0;  // looked at by each split, drawn anew
  int max_depth = 0;    // 0: no limit but kDeepest
  size_t min_samples_leaf = 1;
  size_t min_samples_split = 2;
  bool random_thresholds = false;  // extremely randomised trees (Geurts et al. 2006)
  double pruning = 0;  // what a leaf costs: cost-complexity pruning (Breiman et al. 1984)
};

/// Levels of splits at most, well below what a served model may have.
inline constexpr int kDeepest = 1000;

/// Numbers in a leaf: one, or the share of each of more than two classes.
inline size_t LeafWidth(const data::Target& target) {
  return target.task == data::Task::kClassification && target.labels.size() > 2
             ? target.labels.size()
             : 1;
}

/// What a tree is grown on.
struct ImpurityData {
  const BinnedRows& rows;
  std::span<const FeatureBins> bins;
  const data::Target& target;
  std::span<const double> weights;  // [rows]; rows of weight 0 are not there
};

/// @return leaves of the mean target, or of the share of each class (of two classes the second's).
/// Threads: reentrant.
BinTree GrowByImpurity(const ImpurityData& data, const ImpurityOptions& options, Random random);

}  // namespace slipway::train::trees
