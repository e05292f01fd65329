#pragma once
// Ensembles whose members are single decision trees, as one sum over all trees.

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"
#include "import/sklearn/tree_nodes.h"

namespace slipway::importing::sklearn {

/// A tree of an ensemble.
struct TreeMember {
  State estimator;
  std::vector<int64_t> features;  // the columns that it was fitted on; empty: all of them
  int64_t target = 0;             // the output that it adds to, when leaf_width is 1
};

struct TreeSumShape {
  int64_t targets = 1;
  int64_t leaf_width = 1;     // 1 or `targets`
  int64_t values_width = -1;  // classes of each node's values, 1 for regression; -1 takes anything
};

/// Appends the leaf_width numbers that leaf `node` of trees[tree] adds.
using LeafValues = std::function<void(size_t tree, const TreeNodes& nodes, size_t node,
                                      std::vector<double>& leaves)>;

/// Whether all are DecisionTree* or ExtraTree*.
bool AreTrees(std::span<const State> estimators);

/// The sum over trees of what their leaves add: FP64 [n, targets].
/// @param x  FP64, not yet rounded to float32.
StatusOr<Matrix> AddTreeSum(Graph& graph, const State& ensemble, const Matrix& x,
                            std::span<const TreeMember> trees, const TreeSumShape& shape,
                            const LeafValues& append);

}  // namespace slipway::importing::sklearn
