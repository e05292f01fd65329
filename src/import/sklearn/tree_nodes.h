#pragma once
// The nodes of sklearn.tree._tree.Tree, which every tree of scikit-learn but HistGradientBoosting's
// is made of.

#include <cstdint>
#include <functional>
#include <vector>

#include "base/status.h"
#include "import/sklearn/state.h"
#include "import/trees.h"

namespace slipway::importing::sklearn {

/// One entry a node; the root is node 0. A leaf has left -1.
struct TreeNodes {
  std::vector<int64_t> left, right, feature;
  std::vector<double> threshold;      // float32(x) <= threshold goes left
  std::vector<int64_t> samples;       // n_node_samples
  std::vector<int64_t> missing_left;  // whether NaN goes left; empty before scikit-learn 1.3
  Dense values;                       // [nodes, outputs, classes]; classes is 1 for regression

  size_t size() const { return left.size(); }
  bool is_leaf(size_t node) const { return left[node] < 0; }
  /// values[node], outputs × classes of them.
  std::span<const double> ValuesOf(size_t node) const {
    const size_t width = values.values.size() / size();
    return std::span(values.values).subspan(node * width, width);
  }
};

/// What a leaf's values are divided by to be shares of classes: their sum, as they are counts
/// before scikit-learn 1.3, unless that is 0.
double TotalOf(std::span<const double> values);

/// The attribute tree_ of a DecisionTree* or ExtraTree*.
StatusOr<TreeNodes> ReadTreeNodes(const State& estimator);

/// One more field of the nodes, of floats, such as "impurity".
StatusOr<std::vector<double>> ReadNodeField(const State& estimator, std::string_view field);

/// The tree, its leaves filled by `append_leaf`, called for each leaf in the order of nodes.
/// @return kBadModel when a child is no node; AddTrees checks the rest.
StatusOr<Tree> ToTree(
    const State& estimator, const TreeNodes& nodes,
    const std::function<void(size_t node, std::vector<double>& leaves)>& append_leaf);

/// What scikit-learn's trees compare: x rounded to float32, as FP64.
Matrix RoundedToFloat(Graph& graph, const Matrix& x);

}  // namespace slipway::importing::sklearn
