// Clusters around fitted centres.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// The nearest centre is that of the largest x·c − |c|²/2; distances follow from the same product.
StatusOr<Outputs> KMeans(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense centres, state.Array("cluster_centers_", {-1, x.columns}));
  const int64_t count = centres.rows();
  if (count < 1) return state.Bad("cluster_centers_: expected at least one, got none");
  std::vector<double> half_squares(static_cast<size_t>(count), 0);
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < x.columns; ++j) {
      const double value = centres.values[i * x.columns + j];
      half_squares[i] -= value * value / 2;
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

constexpr Estimator kRows[] = {
    {"sklearn.cluster", "KMeans", EstimatorKind::kClusterer, KMeans},
    {"sklearn.cluster", "MiniBatchKMeans", EstimatorKind::kClusterer, KMeans},
};

}  // namespace

std::span<const Estimator> Clusters() { return kRows; }

}  // namespace slipway::importing::sklearn
