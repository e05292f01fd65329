// Projections on fitted directions.

#include <algorithm>
#include <cmath>
#include <limits>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

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

constexpr std::string_view kDecomposition = "sklearn.decomposition";
constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;

constexpr Estimator kRows[] = {
    {kDecomposition, "FastICA", kTransforms, Projection},
    {kDecomposition, "IncrementalPCA", kTransforms, Pca},
    {kDecomposition, "PCA", kTransforms, Pca},
    {kDecomposition, "TruncatedSVD", kTransforms, Projection},
};

}  // namespace

std::span<const Estimator> Decompositions() { return kRows; }

}  // namespace slipway::importing::sklearn
