#include "import/sklearn/importances.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "import/sklearn/tree_nodes.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

StatusOr<std::vector<double>> OfCoefficients(const State& estimator, int64_t columns,
                                             double norm_order) {
  ASSIGN_OR_RETURN(const Value raw, estimator.Get("coef_"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  ASSIGN_OR_RETURN(const Dense coef, estimator.Rows("coef_", is_vector ? 1 : -1, columns));
  const double order = is_vector ? 1 : norm_order;
  if (order != 1 && order != 2 && !std::isinf(order))
    return estimator.Unsupported("norm_order: expected 1, 2 or infinity, got {}", order);
  std::vector<double> norms(static_cast<size_t>(columns), 0);
  for (int64_t i = 0; i < coef.rows(); ++i) {
    for (int64_t j = 0; j < columns; ++j) {
      const double size = std::abs(coef.values[i * columns + j]);
      if (std::isinf(order))
        norms[j] = i == 0 ? size : order > 0 ? std::max(norms[j], size) : std::min(norms[j], size);
      else
        norms[j] += order == 2 ? size * size : size;
    }
  }
  if (order == 2)
    for (double& norm : norms) norm = std::sqrt(norm);
  return norms;
}

void Normalize(std::vector<double>& values) {
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  if (sum > 0)
    for (double& value : values) value /= sum;
}

/// How much the splits on each column lower the impurity, as shares.
StatusOr<std::vector<double>> OfTree(const State& estimator, int64_t columns) {
  ASSIGN_OR_RETURN(const TreeNodes nodes, ReadTreeNodes(estimator));
  ASSIGN_OR_RETURN(const std::vector<double> impurity, ReadNodeField(estimator, "impurity"));
  ASSIGN_OR_RETURN(const std::vector<double> weight,
                   ReadNodeField(estimator, "weighted_n_node_samples"));
  std::vector<double> importances(static_cast<size_t>(columns), 0);
  const auto count = static_cast<int64_t>(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.is_leaf(i)) continue;
    const int64_t left = nodes.left[i], right = nodes.right[i], feature = nodes.feature[i];
    if (left >= count || right < 0 || right >= count || feature < 0 || feature >= columns)
      return estimator.Bad("tree_: node {}: expected children and a column that exist", i);
    importances[feature] +=
        weight[i] * impurity[i] - weight[left] * impurity[left] - weight[right] * impurity[right];
  }
  for (double& importance : importances) importance /= weight[0];
  Normalize(importances);
  return importances;
}

StatusOr<std::vector<double>> OfForest(const State& estimator, int64_t columns) {
  ASSIGN_OR_RETURN(const Value trees, estimator.List("estimators_"));
  std::vector<double> sum(static_cast<size_t>(columns), 0);
  for (size_t i = 0; i < trees.size(); ++i) {
    ASSIGN_OR_RETURN(const State tree,
                     estimator.NestedAt(trees.at(i), fmt::format("estimators_[{}]", i)));
    ASSIGN_OR_RETURN(const std::vector<double> importances, OfTree(tree, columns));
    for (size_t j = 0; j < sum.size(); ++j) sum[j] += importances[j];
  }
  Normalize(sum);
  return sum;
}

}  // namespace

StatusOr<std::vector<double>> ReadImportances(const State& estimator, int64_t columns,
                                              double norm_order) {
  if (estimator.Has("coef_")) return OfCoefficients(estimator, columns, norm_order);
  if (estimator.Has("tree_")) return OfTree(estimator, columns);
  const std::string_view name = estimator.name();
  if (name.starts_with("RandomForest") || name.starts_with("ExtraTrees"))
    return OfForest(estimator, columns);
  return estimator.Unsupported(
      "expected coef_ or the importances of a tree or forest, to select columns by");
}

}  // namespace slipway::importing::sklearn
