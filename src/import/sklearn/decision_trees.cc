// Single decision trees and the forests that average them.

#include <algorithm>
#include <functional>
#include <numeric>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_nodes.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// The trees of a forest, or the estimator itself.
StatusOr<std::vector<State>> TreesOf(const State& state) {
  if (!state.Has("estimators_")) return std::vector<State>{state};
  ASSIGN_OR_RETURN(const Value list, state.List("estimators_"));
  std::vector<State> members;
  members.reserve(list.size());
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(State member, state.NestedAt(list.at(i), fmt::format("estimators_[{}]", i)));
    members.push_back(std::move(member));
  }
  if (members.empty()) return state.Bad("estimators_: expected at least one tree, got none");
  return members;
}

/// Appends what a leaf says, of its values.
using AppendLeaves =
    std::function<void(std::span<const double> values, std::vector<double>& leaves)>;

/// The mean over trees of what their leaves say.
/// @param width  values of a leaf: 1, or as many as outputs.
StatusOr<Matrix> AddMean(Writer& writer, const State& state, const Table& table, int64_t width,
                         const Shape& values, const AppendLeaves& append) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<State> members, TreesOf(state));
  TreeEnsemble ensemble{.name = state.Title(), .targets = width, .leaf_width = width};
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const TreeNodes nodes, ReadTreeNodes(member));
    if (!Matches(values, nodes.values.shape))
      return member.Expected("tree_.values", ToString(values), ToString(nodes.values.shape));
    ASSIGN_OR_RETURN(Tree tree, ToTree(member, nodes, [&](size_t node, auto& leaves) {
                       append(nodes.ValuesOf(node), leaves);
                     }));
    ensemble.trees.push_back(std::move(tree));
  }
  ASSIGN_OR_RETURN(const Matrix sum, AddTrees(graph, ensemble, RoundedToFloat(graph, x)));
  if (members.size() == 1) return sum;
  return MapWith(graph, "Div", sum, {static_cast<double>(members.size())});
}

void AppendLeafShares(std::span<const double> values, std::vector<double>& leaves) {
  const double total = TotalOf(values);
  for (const double value : values) leaves.push_back(value / total);
}

void AppendShareOfSecond(std::span<const double> values, std::vector<double>& leaves) {
  leaves.push_back(values[1] / TotalOf(values));
}

void AppendValues(std::span<const double> values, std::vector<double>& leaves) {
  leaves.insert(leaves.end(), values.begin(), values.end());
}

/// Each node has a row of values for each target, as long as the longest.
StatusOr<Outputs> ClassifierOfTargets(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(std::vector<Labels> classes, state.LabelArrays("classes_"));
  const auto targets = static_cast<int64_t>(classes.size());
  int64_t most = 0;
  for (const Labels& labels : classes) most = std::max(most, labels.size());
  const auto append = [&](std::span<const double> values, std::vector<double>& leaves) {
    for (int64_t i = 0; i < targets; ++i) AppendLeafShares(values.subspan(i * most, most), leaves);
  };
  ASSIGN_OR_RETURN(const Matrix all,
                   AddMean(writer, state, x, targets * most, {-1, targets, most}, append));
  std::vector<Matrix> probas;
  for (int64_t i = 0; i < targets; ++i) {
    std::vector<int64_t> own(static_cast<size_t>(classes[i].size()));
    std::iota(own.begin(), own.end(), i * most);
    probas.push_back(graph.Select(all, own));
  }
  return MostProbableOfEach(graph, std::move(classes), probas);
}

StatusOr<Outputs> DecisionTreeClassifier(Writer& writer, const State& state, const Table& x) {
  if (state.IsList("classes_")) return ClassifierOfTargets(writer, state, x);
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const Shape values = {-1, 1, classes.size()};
  if (classes.size() == 2) {
    ASSIGN_OR_RETURN(const Matrix second,
                     AddMean(writer, state, x, 1, values, AppendShareOfSecond));
    return MostProbable(graph, std::move(classes), WithComplement(graph, second));
  }
  ASSIGN_OR_RETURN(const Matrix proba,
                   AddMean(writer, state, x, classes.size(), values, AppendLeafShares));
  return MostProbable(graph, std::move(classes), proba);
}

StatusOr<Outputs> DecisionTreeRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const int64_t targets, state.IntegerOr("n_outputs_", 1));
  if (targets < 1) return state.Expected("n_outputs_", "1 or more", fmt::format("{}", targets));
  ASSIGN_OR_RETURN(const Matrix predict,
                   AddMean(writer, state, x, targets, {-1, targets, 1}, AppendValues));
  return Predicting(predict, targets == 1);
}

}  // namespace

std::span<const Estimator> DecisionTrees() {
  constexpr std::string_view kTree = "sklearn.tree";
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kTree, "DecisionTreeClassifier", EstimatorKind::kClassifier, DecisionTreeClassifier},
      {kTree, "DecisionTreeRegressor", EstimatorKind::kRegressor, DecisionTreeRegressor},
      {kTree, "ExtraTreeClassifier", EstimatorKind::kClassifier, DecisionTreeClassifier},
      {kTree, "ExtraTreeRegressor", EstimatorKind::kRegressor, DecisionTreeRegressor},
      {kEnsemble, "ExtraTreesClassifier", EstimatorKind::kClassifier, DecisionTreeClassifier},
      {kEnsemble, "ExtraTreesRegressor", EstimatorKind::kRegressor, DecisionTreeRegressor},
      {kEnsemble, "RandomForestClassifier", EstimatorKind::kClassifier, DecisionTreeClassifier},
      {kEnsemble, "RandomForestRegressor", EstimatorKind::kRegressor, DecisionTreeRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
