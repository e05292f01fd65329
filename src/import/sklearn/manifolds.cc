// Embeddings of rows by the nearest of those that were trained on.

#include <limits>
#include <numeric>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

// Each row of a request solves a system of so many equations.
constexpr int64_t kMaxEquations = 256;

std::string Axis(Graph& graph, int64_t axis) {
  return graph.Constant<int64_t>({1}, std::vector<int64_t>{axis});
}

/// One step of Gauss and Jordan's elimination: row j is divided by its pivot and taken from all
/// others, (systems [n, k, k + 1], j, unit vector j) → systems'. No row is exchanged: the matrices
/// are positive definite.
onnx::Builder EliminationStep() {
  onnx::Builder body;
  body.Input("step.systems", DType::kFp64, {-1, -1, -1});
  body.Input("step.j", DType::kInt64, {});
  body.Input("step.unit", DType::kFp64, {-1});
  body.Constant<int64_t>("step.axis_1", {1}, std::vector<int64_t>{1});
  body.Constant<int64_t>("step.axis_2", {1}, std::vector<int64_t>{2});
  body.Node("Gather", {"step.systems", "step.j"}, {"step.row"}, {{"axis", 1}});
  body.Node("Gather", {"step.row", "step.j"}, {"step.pivot"}, {{"axis", 1}});
  body.Node("Unsqueeze", {"step.pivot", "step.axis_1"}, {"step.pivot_column"});
  body.Node("Div", {"step.row", "step.pivot_column"}, {"step.scaled"});
  body.Node("Gather", {"step.systems", "step.j"}, {"step.column"}, {{"axis", 2}});
  body.Node("Sub", {"step.column", "step.unit"}, {"step.factors"});
  body.Node("Unsqueeze", {"step.factors", "step.axis_2"}, {"step.each"});
  body.Node("Unsqueeze", {"step.scaled", "step.axis_1"}, {"step.of"});
  body.Node("Mul", {"step.each", "step.of"}, {"step.product"});
  body.Node("Sub", {"step.systems", "step.product"}, {"step.next"});
  body.Output("step.next", DType::kFp64, {-1, -1, -1});
  return body;
}

/// The solutions w of gram·w = 1. @param gram [n, k, k] @return [n, k]
std::string SolveForOnes(Graph& graph, const std::string& gram, int64_t k) {
  std::vector<int64_t> numbers(static_cast<size_t>(k));
  std::iota(numbers.begin(), numbers.end(), 0);
  std::vector<double> identity(static_cast<size_t>(k * k), 0);
  for (int64_t i = 0; i < k; ++i) identity[i * k + i] = 1;
  const std::string diagonal = graph.Add("ReduceSum", {gram, Axis(graph, 2)}, {{"keepdims", 1}});
  const std::string zeros = graph.Add("Mul", {diagonal, graph.Scalar<double>(0)});
  const std::string ones = graph.Add("Add", {zeros, graph.Scalar<double>(1)});
  const std::string systems = graph.Add("Concat", {gram, ones}, {{"axis", 2}});
  const onnx::Builder body = EliminationStep();
  const std::string solved = graph.Add(
      "Scan",
      {systems, graph.Constant<int64_t>({k}, numbers), graph.Constant<double>({k, k}, identity)},
      {{"num_scan_inputs", 2}, {"body", &body}});
  return graph.Add("Gather", {solved, graph.Scalar<int64_t>(k)}, {{"axis", 2}});
}

/// Weights of the nearest rows whose mean is nearest to x; their sum is 1: [n, k].
/// @param rows  the nearest rows [n, k, columns]
Matrix Barycentre(Graph& graph, const Matrix& x, const std::string& rows, int64_t k,
                  double regularization) {
  const std::string differences =
      graph.Add("Sub", {rows, graph.Add("Unsqueeze", {x.value, Axis(graph, 1)})});
  const std::string transposed =
      graph.Add("Transpose", {differences}, {{"perm", std::vector<int64_t>{0, 2, 1}}});
  const std::string gram = graph.Add("MatMul", {differences, transposed});
  const std::string squares = graph.Add("Mul", {differences, differences});
  const std::string trace =
      graph.Add("ReduceSum", {squares, graph.Constant<int64_t>({2}, std::vector<int64_t>{1, 2})},
                {{"keepdims", 1}});
  const std::string is_spread = graph.Add("Greater", {trace, graph.Scalar<double>(0)});
  const std::string scale = graph.Add("Where", {is_spread, trace, graph.Scalar<double>(1)});
  std::vector<double> diagonal(static_cast<size_t>(k * k), 0);
  for (int64_t i = 0; i < k; ++i) diagonal[i * k + i] = regularization;
  const std::string added = graph.Add("Mul", {graph.Constant<double>({k, k}, diagonal), scale});
  const Matrix weights = {SolveForOnes(graph, graph.Add("Add", {gram, added}), k), DType::kFp64, k};
  const Matrix sum = Reduce(graph, "ReduceSum", weights);
  return {graph.Add("Div", {weights.value, sum.value}), DType::kFp64, k};
}

StatusOr<Outputs> LocallyLinearEmbedding(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const State neighbors, state.Nested("nbrs_"));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(neighbors, x.columns));
  const int64_t trained = near.rows.rows();
  if (near.count > kMaxEquations)
    return state.Unsupported("n_neighbors: expected at most {}, got {}", kMaxEquations, near.count);
  ASSIGN_OR_RETURN(const Dense embedding, state.Array("embedding_", {trained, -1}));
  ASSIGN_OR_RETURN(const double regularization, state.NumberOr("reg", 1e-3));
  const Nearest nearest = AddNearest(graph, x, near);
  const auto look_up = [&](const Dense& table_of) {
    return graph.Add("Gather",
                     {graph.Constant<double>(table_of.shape, table_of.values), nearest.rows});
  };
  const Matrix weights = Barycentre(graph, x, look_up(near.rows), near.count, regularization);
  const std::string row = graph.Add("Unsqueeze", {weights.value, Axis(graph, 1)});
  const std::string mean = graph.Add("MatMul", {row, look_up(embedding)});
  return Transforming(
      {graph.Add("Squeeze", {mean, Axis(graph, 1)}), DType::kFp64, embedding.columns()});
}

/// What one neighbor says of the way to each trained row: (ways [n, m], row [n], distance [n]) →
/// ways' [n, m].
onnx::Builder ShorterWays(const Dense& distances) {
  onnx::Builder body;
  body.Input("way.ways", DType::kFp64, {-1, -1});
  body.Input("way.row", DType::kInt64, {-1});
  body.Input("way.distance", DType::kFp64, {-1});
  body.Constant<double>("way.distances", distances.shape, distances.values);
  body.Constant<int64_t>("way.axis", {1}, std::vector<int64_t>{1});
  body.Node("Gather", {"way.distances", "way.row"}, {"way.onwards"});
  body.Node("Unsqueeze", {"way.distance", "way.axis"}, {"way.first"});
  body.Node("Add", {"way.onwards", "way.first"}, {"way.whole"});
  body.Node("Min", {"way.ways", "way.whole"}, {"way.shortest"});
  body.Output("way.shortest", DType::kFp64, {-1, -1});
  return body;
}

/// The shortest ways to all trained rows over the nearest of them, then a kernel PCA.
StatusOr<Outputs> Isomap(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  if (!state.Has("n_neighbors"))
    return state.Unsupported("radius: expected neighbors by number, n_neighbors");
  ASSIGN_OR_RETURN(const State neighbors, state.Nested("nbrs_"));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(neighbors, x.columns));
  const int64_t trained = near.rows.rows();
  ASSIGN_OR_RETURN(const Dense distances, state.Array("dist_matrix_", {trained, trained}));
  const Nearest nearest = AddNearest(graph, x, near);
  const std::vector<double> infinity(static_cast<size_t>(trained),
                                     std::numeric_limits<double>::infinity());
  const std::string ways =
      graph.Add("Add", {Filled(graph, x, 0).value, graph.Constant<double>({1, trained}, infinity)});
  const auto by_neighbor = [&](const std::string& value) {
    return graph.Add("Transpose", {value}, {{"perm", std::vector<int64_t>{1, 0}}});
  };
  const onnx::Builder body = ShorterWays(distances);
  const std::string shortest =
      graph.Add("Scan", {ways, by_neighbor(nearest.rows), by_neighbor(nearest.distances)},
                {{"num_scan_inputs", 2}, {"body", &body}});
  const Matrix squares = {graph.Add("Mul", {shortest, shortest}), DType::kFp64, trained};
  ASSIGN_OR_RETURN(const State projection, state.Nested("kernel_pca_"));
  return writer.Write(projection, Table(MapWith(graph, "Mul", squares, {-0.5})));
}

}  // namespace

std::span<const Estimator> Manifolds() {
  constexpr std::string_view kManifold = "sklearn.manifold";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {kManifold, "Isomap", kTransforms, Isomap},
      {kManifold, "LocallyLinearEmbedding", kTransforms, LocallyLinearEmbedding},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
