#pragma once
#include <vector>

#include "train/trees/tree.h"

namespace slipway::train::trees {

/// What leaves cost: each node's and leaf's share of the tree's impurity, were it a leaf.
struct Risks {
  std::vector<double> nodes, leaves;  // as in the tree
  std::vector<double> leaf_weights;
};

/// The smallest tree below the same root with the least sum of risks and `leaf_cost` a leaf.
/// Source: Breiman, Friedman, Olshen, Stone (1984), Classification and Regression Trees, chapter 3.
BinTree Prune(const BinTree& tree, const Risks& risks, double leaf_cost);

}  // namespace slipway::train::trees
