#include "import/sklearn/tree_sums.h"

#include <algorithm>

namespace slipway::importing::sklearn {
namespace {

bool IsTree(const State& estimator) {
  return estimator.name() == "DecisionTreeClassifier" ||
         estimator.name() == "DecisionTreeRegressor" || estimator.name() == "ExtraTreeClassifier" ||
         estimator.name() == "ExtraTreeRegressor";
}

/// A tree that was fitted on some columns, over all columns.
Status MapFeatures(const TreeMember& member, TreeNodes& nodes) {
  if (member.features.empty()) return OkStatus();
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.is_leaf(i)) continue;
    const int64_t feature = nodes.feature[i];
    if (feature < 0 || feature >= static_cast<int64_t>(member.features.size()))
      return member.estimator.Bad("tree_: node {}: expected a feature below {}, got {}", i,
                                  member.features.size(), feature);
    nodes.feature[i] = member.features[feature];
  }
  return OkStatus();
}

}  // namespace

bool AreTrees(std::span<const State> estimators) {
  return std::all_of(estimators.begin(), estimators.end(), IsTree);
}

StatusOr<Matrix> AddTreeSum(Graph& graph, const State& ensemble, const Matrix& x,
                            std::span<const TreeMember> trees, const TreeSumShape& shape,
                            const LeafValues& append) {
  TreeEnsemble sum{
      .name = ensemble.Title(), .targets = shape.targets, .leaf_width = shape.leaf_width};
  const Shape values = {-1, 1, shape.values_width};
  for (size_t i = 0; i < trees.size(); ++i) {
    const State& estimator = trees[i].estimator;
    ASSIGN_OR_RETURN(TreeNodes nodes, ReadTreeNodes(estimator));
    if (!Matches(values, nodes.values.shape))
      return estimator.Expected("tree_.values", ToString(values), ToString(nodes.values.shape));
    RETURN_IF_ERROR(MapFeatures(trees[i], nodes));
    ASSIGN_OR_RETURN(Tree tree, ToTree(estimator, nodes, [&](size_t node, auto& leaves) {
                       append(i, nodes, node, leaves);
                     }));
    tree.target = trees[i].target;
    sum.trees.push_back(std::move(tree));
  }
  return AddTrees(graph, sum, RoundedToFloat(graph, x));
}

}  // namespace slipway::importing::sklearn
