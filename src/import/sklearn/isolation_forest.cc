// IsolationForest: how early random trees set a row apart.

#include <cmath>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_sums.h"

namespace slipway::importing::sklearn {
namespace {

constexpr double kEulerGamma = 0.57721566490153286061;

/// Of an unsuccessful search in a binary tree of `samples` nodes.
double AveragePathLength(double samples) {
  if (samples <= 1) return 0;
  if (samples == 2) return 1;
  return 2 * (std::log(samples - 1) + kEulerGamma) - 2 * (samples - 1) / samples;
}

/// Splits above each node; a node that is no child of an earlier one keeps 0.
std::vector<double> Depths(const TreeNodes& nodes) {
  std::vector<double> depths(nodes.size(), 0);
  const auto count = static_cast<int64_t>(nodes.size());
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.is_leaf(i)) continue;
    for (const int64_t child : {nodes.left[i], nodes.right[i]})
      if (child >= 0 && child < count) depths[child] = depths[i] + 1;
  }
  return depths;
}

StatusOr<std::vector<TreeMember>> ReadTrees(const State& state, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(auto features, FeatureSets(state, members.size(), columns));
  std::vector<TreeMember> trees;
  for (size_t i = 0; i < members.size(); ++i)
    trees.push_back({members[i], std::move(features[i]), 0});
  return trees;
}

/// Before 0.21 path lengths were others; until 0.22 the threshold of behaviour="old" stood apart.
Status RefuseOld(const State& state) {
  ASSIGN_OR_RETURN(const bool before_0_21, IsBefore(state, 0, 21));
  ASSIGN_OR_RETURN(const std::string behaviour, state.TextOr("behaviour", "new"));
  if (!before_0_21 && behaviour != "old") return OkStatus();
  return state.Unsupported(
      "expected one of scikit-learn 0.22 or later, or of 0.21 with behaviour=\"new\"; fit it "
      "again");
}

StatusOr<Outputs> IsolationForest(Writer& writer, const State& state, const Table& table) {
  RETURN_IF_ERROR(RefuseOld(state));
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<TreeMember> trees, ReadTrees(state, x.columns));
  ASSIGN_OR_RETURN(const double samples,
                   state.Number(state.Has("_max_samples") ? "_max_samples" : "max_samples_"));
  ASSIGN_OR_RETURN(const double offset, state.Number("offset_"));
  std::vector<double> depths;
  size_t depths_of = trees.size();
  ASSIGN_OR_RETURN(
      const Matrix depth,
      AddTreeSum(graph, state, x, trees, {},
                 [&](size_t tree, const TreeNodes& nodes, size_t node, auto& leaves) {
                   if (depths_of != tree) depths = Depths(nodes);
                   depths_of = tree;
                   leaves.push_back(depths[node] +
                                    AveragePathLength(static_cast<double>(nodes.samples[node])));
                 }));
  const double longest = static_cast<double>(trees.size()) * AveragePathLength(samples);
  // 2^(−depth / longest), negated; of one training row the score is 2^−1.
  const Matrix exponent =
      longest == 0 ? Filled(graph, x, -1) : MapWith(graph, "Div", depth, {-longest});
  const Matrix score = {graph.Add("Pow", {graph.Scalar<double>(2), exponent.value}), DType::kFp64,
                        1};
  const Matrix negated = Map(graph, "Neg", score);
  return DetectingOutliers(graph, MapWith(graph, "Sub", negated, {offset}));
}

}  // namespace

std::span<const Estimator> IsolationForests() {
  static constexpr Estimator kRows[] = {
      {"sklearn.ensemble", "IsolationForest", EstimatorKind::kOutlierDetector, IsolationForest},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
