// Clusters around fitted centres.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// The nearest centre is that of the largest x·c − |c|²/2; distances follow from the same product.
StatusOr<Outputs> NearestCentre(Writer& writer, const State& state, const Table& table,
                                std::string_view key) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense centres, state.Array(key, {-1, x.columns}));
  const int64_t count = centres.rows();
  if (count < 1) return state.Expected(key, "at least one centre", "none");
  std::vector<double> half_squares(static_cast<size_t>(count), 0);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < x.columns; ++j) {
      const double value = centres.values[i * x.columns + j];
      half_squares[i] -= value * value / 2;
    }
  }
  const Matrix score = Affine(graph, x, Transposed(centres.values, count, x.columns), half_squares);
  Outputs outputs;
  outputs.label = ArgMax(graph, score);

  const Matrix squares = {graph.Add("Mul", {x.value, x.value}), DType::kFp64, x.columns};
  const Matrix length = Reduce(graph, "ReduceSum", squares);
  const Matrix twice = MapWith(graph, "Mul", score, {2});
  const std::string distance = graph.Add("Sub", {length.value, twice.value});
  const std::string positive = graph.Add("Max", {distance, graph.Scalar<double>(0)});
  outputs.transform = Table(Map(graph, "Sqrt", {positive, DType::kFp64, count}));
  return outputs;
}

StatusOr<Outputs> KMeans(Writer& writer, const State& state, const Table& x) {
  return NearestCentre(writer, state, x, "cluster_centers_");
}

StatusOr<Outputs> NearestCentreOnly(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Outputs outputs, NearestCentre(writer, state, x, "cluster_centers_"));
  outputs.transform.reset();
  return outputs;
}

/// Subclusters have labels of their own.
StatusOr<Outputs> Birch(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, NearestCentre(writer, state, x, "subcluster_centers_"));
  ASSIGN_OR_RETURN(const std::vector<int64_t> labels,
                   state.Integers("subcluster_labels_", outputs.transform->columns()));
  const auto count = static_cast<int64_t>(labels.size());
  outputs.label = graph.Add("Gather", {graph.Constant<int64_t>({count}, labels), outputs.label});
  return outputs;
}

constexpr std::string_view kCluster = "sklearn.cluster";
constexpr EstimatorKind kClusters = EstimatorKind::kClusterer;

constexpr Estimator kRows[] = {
    {kCluster, "AffinityPropagation", kClusters, NearestCentreOnly},
    {kCluster, "Birch", kClusters, Birch},
    {kCluster, "KMeans", kClusters, KMeans},
    {kCluster, "MeanShift", kClusters, NearestCentreOnly},
    {kCluster, "MiniBatchKMeans", kClusters, KMeans},
};

}  // namespace

std::span<const Estimator> Clusters() { return kRows; }

}  // namespace slipway::importing::sklearn
