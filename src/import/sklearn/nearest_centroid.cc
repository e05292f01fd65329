// NearestCentroid: the class whose centroid is nearest, or most probable of normal distributions.

#include <algorithm>
#include <cmath>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// −|x − c|², or −‖x − c‖₁², of each centroid: [n, classes].
Matrix MinusSquares(Graph& graph, const Matrix& x, const Dense& centroids, bool euclidean) {
  const int64_t count = centroids.rows();
  if (!euclidean) {
    const Matrix d = AddDistances(graph, x, centroids, {.power = 1, .take_root = false});
    return Map(graph, "Neg", {graph.Add("Mul", {d.value, d.value}), DType::kFp64, count});
  }
  std::vector<double> weights = Transposed(centroids.values, count, x.columns);
  std::vector<double> squares(static_cast<size_t>(count), 0);
  for (size_t i = 0; i < centroids.values.size(); ++i)
    squares[i / static_cast<size_t>(x.columns)] -= centroids.values[i] * centroids.values[i];
  for (double& weight : weights) weight *= 2;
  const Matrix own = {graph.Add("Mul", {x.value, x.value}), DType::kFp64, x.columns};
  const Matrix products = Affine(graph, x, weights, squares);
  return {graph.Add("Sub", {products.value, Reduce(graph, "ReduceSum", own).value}), DType::kFp64,
          count};
}

bool AreEqual(const std::vector<double>& priors) {
  const double share = 1 / static_cast<double>(priors.size());
  return std::all_of(priors.begin(), priors.end(),
                     [&](double prior) { return std::abs(prior - share) <= 1e-8 + 1e-5 * share; });
}

/// Over columns divided by their deviations within classes: −|x − c|² + 2 ln prior.
StatusOr<Matrix> Discriminants(Graph& graph, const State& state, const Matrix& x, Dense centroids,
                               const std::vector<double>& priors, bool euclidean) {
  ASSIGN_OR_RETURN(std::vector<double> deviations,
                   state.Vector("within_class_std_dev_", x.columns));
  for (double& deviation : deviations)
    if (deviation == 0) deviation = 1;
  for (size_t i = 0; i < centroids.values.size(); ++i)
    centroids.values[i] /= deviations[i % deviations.size()];
  std::vector<double> offsets;
  for (const double prior : priors) offsets.push_back(2 * std::log(prior));
  const Matrix scaled = MapWith(graph, "Div", x, deviations);
  return MapWith(graph, "Add", MinusSquares(graph, scaled, centroids, euclidean), offsets);
}

StatusOr<Outputs> NearestCentroid(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Dense centroids, state.Array("centroids_", {classes.size(), x.columns}));
  ASSIGN_OR_RETURN(const std::string metric, state.TextOr("metric", "euclidean"));
  const bool euclidean = metric == "euclidean";
  if (!euclidean && metric != "manhattan")
    return state.Unsupported("metric: expected \"euclidean\" or \"manhattan\", got \"{}\"", metric);
  Outputs outputs;
  outputs.label = ArgMax(graph, MinusSquares(graph, x, centroids, euclidean));
  if (!state.Has("class_prior_")) {  // before scikit-learn 1.6
    outputs.classes = std::move(classes);
    return outputs;
  }
  ASSIGN_OR_RETURN(const std::vector<double> priors, state.Vector("class_prior_", classes.size()));
  ASSIGN_OR_RETURN(const Matrix scores,
                   Discriminants(graph, state, x, centroids, priors, euclidean));
  if (!AreEqual(priors)) outputs.label = ArgMax(graph, scores);
  if (euclidean) {
    outputs.proba = Softmax(graph, scores);
    outputs.decision = scores;
  }
  if (euclidean && classes.size() == 2) {
    const std::string second = graph.Select(scores, std::vector<int64_t>{1}).value;
    const std::string first = graph.Select(scores, std::vector<int64_t>{0}).value;
    outputs.decision = Matrix{graph.Add("Sub", {second, first}), DType::kFp64, 1};
  }
  outputs.classes = std::move(classes);
  return outputs;
}

}  // namespace

std::span<const Estimator> NearestCentroids() {
  static constexpr Estimator kRows[] = {
      {"sklearn.neighbors", "NearestCentroid", EstimatorKind::kClassifier, NearestCentroid},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
