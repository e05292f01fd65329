// Projections on fitted directions.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/square_matrices.h"

namespace slipway::importing::sklearn {
namespace {

/// (x − mean_)·components_ᵀ, the mean subtracted after the product as scikit-learn does.
StatusOr<Matrix> Project(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense components, state.Array("components_", {-1, x.columns}));
  std::vector<double> offsets(static_cast<size_t>(components.rows()), 0);
  if (state.Has("mean_")) {
    ASSIGN_OR_RETURN(const std::vector<double> mean, state.Vector("mean_", x.columns));
    for (int64_t i = 0; i < components.rows(); ++i)
      for (int64_t j = 0; j < x.columns; ++j)
        offsets[i] -= mean[j] * components.values[i * x.columns + j];
  }
  return Affine(graph, x, Transposed(components.values, components.rows(), x.columns), offsets);
}

StatusOr<Outputs> Pca(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix projected, Project(writer, state, x));
  ASSIGN_OR_RETURN(const bool whiten, state.BoolOr("whiten", false));
  if (!whiten) return Transforming(projected);
  ASSIGN_OR_RETURN(std::vector<double> scale,
                   state.Vector("explained_variance_", projected.columns));
  for (double& value : scale)
    value = std::max(std::sqrt(value), std::numeric_limits<double>::epsilon());
  return Transforming(MapWith(writer.graph(), "Div", projected, scale));
}

/// FastICA folds its whitening into components_; TruncatedSVD has no mean.
StatusOr<Outputs> Projection(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix projected, Project(writer, state, x));
  return Transforming(projected);
}

/// The hidden units' probabilities of being 1.
StatusOr<Outputs> BernoulliRbm(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense components, state.Array("components_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const std::vector<double> offsets,
                   state.Vector("intercept_hidden_", components.rows()));
  const auto weights = Transposed(components.values, components.rows(), x.columns);
  return Transforming(Map(graph, "Sigmoid", Affine(graph, x, weights, offsets)));
}

/// I + W·componentsᵀ, [factors, factors].
std::vector<double> PosteriorPrecision(const std::vector<double>& w, const Dense& components) {
  const int64_t factors = components.rows(), columns = components.columns();
  std::vector<double> precision(static_cast<size_t>(factors * factors), 0);
  for (int64_t i = 0; i < factors; ++i)
    for (int64_t j = 0; j < factors; ++j)
      precision[i * factors + j] =
          std::inner_product(&w[i * columns], &w[(i + 1) * columns],
                             &components.values[j * columns], i == j ? 1.0 : 0.0);
  return precision;
}

/// The expected latent variables: (x − mean_)·Wᵀ·(I + W·componentsᵀ)⁻¹, W being components_ over
/// noise_variance_.
StatusOr<Outputs> FactorAnalysis(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense components, state.Array("components_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const std::vector<double> mean, state.Vector("mean_", x.columns));
  ASSIGN_OR_RETURN(const std::vector<double> noise, state.Vector("noise_variance_", x.columns));
  const int64_t factors = components.rows();
  if (factors > kMaxSquare)
    return state.Expected("components_", fmt::format("at most {} rows", kMaxSquare),
                          fmt::format("{}", factors));
  std::vector<double> scaled = components.values;
  for (size_t i = 0; i < scaled.size(); ++i) scaled[i] /= noise[i % noise.size()];
  ASSIGN_OR_RETURN(const std::vector<double> covariance,
                   InverseOf(state, PosteriorPrecision(scaled, components), factors));
  const std::string product = graph.Add(
      "MatMul",
      {MapWith(graph, "Sub", x, mean).value,
       graph.Constant<double>({x.columns, factors}, Transposed(scaled, factors, x.columns))});
  return Transforming(
      {graph.Add("MatMul", {product, graph.Constant<double>({factors, factors}, covariance)}),
       DType::kFp64, factors});
}

/// cos(x·random_weights_ + random_offset_) · √(2 / n)
StatusOr<Outputs> RbfSampler(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense weights, state.Array("random_weights_", {x.columns, -1}));
  ASSIGN_OR_RETURN(const std::vector<double> offsets,
                   state.Vector("random_offset_", weights.columns()));
  const Matrix waves = Map(graph, "Cos", Affine(graph, x, weights.values, offsets));
  const double scale = std::sqrt(2.0 / static_cast<double>(std::max<int64_t>(waves.columns, 1)));
  return Transforming(MapWith(graph, "Mul", waves, {scale}));
}

/// The mean of the columns of each cluster.
StatusOr<Outputs> FeatureAgglomeration(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  const auto pooling = state.Find("pooling_func");
  if (pooling && (!pooling->is(pickle::Kind::kGlobal) || pooling->name() != "mean"))
    return state.Unsupported("pooling_func: expected numpy.mean, got {}", Describe(*pooling));
  ASSIGN_OR_RETURN(const std::vector<int64_t> labels, state.Integers("labels_", x.columns));
  const int64_t clusters = *std::max_element(labels.begin(), labels.end()) + 1;
  if (clusters > x.columns || *std::min_element(labels.begin(), labels.end()) < 0)
    return state.Expected("labels_", fmt::format("clusters below {}", x.columns), "others");
  std::vector<double> sizes(static_cast<size_t>(clusters), 0);
  for (const int64_t label : labels) ++sizes[label];
  const auto cells = static_cast<size_t>(x.columns * clusters);
  RETURN_IF_ERROR(Annotate(graph.CheckRoom(cells * sizeof(double)), state.Title()));
  std::vector<double> weights(cells, 0);
  for (int64_t i = 0; i < x.columns; ++i) weights[i * clusters + labels[i]] = 1 / sizes[labels[i]];
  return Transforming(Affine(graph, x, weights, std::vector<double>(sizes.size(), 0)));
}

}  // namespace

std::span<const Estimator> Decompositions() {
  constexpr std::string_view kDecomposition = "sklearn.decomposition";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {"sklearn.cluster", "FeatureAgglomeration", kTransforms, FeatureAgglomeration},
      {kDecomposition, "FactorAnalysis", kTransforms, FactorAnalysis},
      {kDecomposition, "FastICA", kTransforms, Projection},
      {kDecomposition, "IncrementalPCA", kTransforms, Pca},
      {kDecomposition, "PCA", kTransforms, Pca},
      {kDecomposition, "TruncatedSVD", kTransforms, Projection},
      {"sklearn.kernel_approximation", "RBFSampler", kTransforms, RbfSampler},
      {"sklearn.neighbors", "NeighborhoodComponentsAnalysis", kTransforms, Projection},
      {"sklearn.neural_network", "BernoulliRBM", kTransforms, BernoulliRbm},
      {"sklearn.random_projection", "GaussianRandomProjection", kTransforms, Projection},
      {"sklearn.random_projection", "SparseRandomProjection", kTransforms, Projection},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
