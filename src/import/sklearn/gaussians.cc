// Estimators whose classes or components are normal distributions.

#include <cmath>
#include <numbers>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// (x − centre)·directions, summed squares of it: [n, 1]. @param directions [x.columns, k]
Matrix SquaredLength(Graph& graph, const Matrix& x, const std::vector<double>& centre,
                     const std::vector<double>& directions, int64_t k) {
  const Matrix centred = MapWith(graph, "Sub", x, centre);
  const Matrix y = {
      graph.Add("MatMul", {centred.value, graph.Constant<double>({x.columns, k}, directions)}),
      DType::kFp64, k};
  return Reduce(graph, "ReduceSum", {graph.Add("Mul", {y.value, y.value}), DType::kFp64, k});
}

/// −0.5 · squared + offset, column by column.
Matrix LogDensities(Graph& graph, const std::vector<Matrix>& squared,
                    const std::vector<double>& offsets) {
  return MapWith(graph, "Add", MapWith(graph, "Mul", graph.Concat(squared), {-0.5}), offsets);
}

StatusOr<Outputs> LinearDiscriminant(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const int64_t rows = classes.size() == 2 ? 1 : classes.size();
  ASSIGN_OR_RETURN(const Dense coef, state.Array("coef_", {rows, x.columns}));
  ASSIGN_OR_RETURN(const std::vector<double> intercept, state.Broadcast("intercept_", rows));
  const Matrix decision = Affine(graph, x, Transposed(coef.values, rows, x.columns), intercept);
  Outputs outputs = Deciding(graph, std::move(classes), decision);
  outputs.proba = decision.columns == 1 ? WithComplement(graph, Map(graph, "Sigmoid", decision))
                                        : Softmax(graph, decision);

  ASSIGN_OR_RETURN(const std::string solver, state.TextOr("solver", "svd"));
  if (solver == "lsqr" || !state.Has("scalings_")) return outputs;
  ASSIGN_OR_RETURN(const Dense scalings, state.Array("scalings_", {x.columns, -1}));
  ASSIGN_OR_RETURN(const int64_t most, state.IntegerOr("_max_components", scalings.columns()));
  std::vector<double> centre(static_cast<size_t>(x.columns), 0);
  if (solver == "svd") {
    ASSIGN_OR_RETURN(centre, state.Vector("xbar_", x.columns));
  }
  const int64_t kept = std::min(most, scalings.columns());
  if (kept < 1) return outputs;
  const Matrix projected = {
      graph.Add("MatMul", {MapWith(graph, "Sub", x, centre).value,
                           graph.Constant<double>(scalings.shape, scalings.values)}),
      DType::kFp64, scalings.columns()};
  std::vector<int64_t> first;
  for (int64_t i = 0; i < kept; ++i) first.push_back(i);
  outputs.transform =
      Table(kept == scalings.columns() ? projected : graph.Select(projected, first));
  return outputs;
}

StatusOr<Outputs> QuadraticDiscriminant(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Dense means, state.Array("means_", {classes.size(), x.columns}));
  ASSIGN_OR_RETURN(const std::vector<double> priors, state.Vector("priors_", classes.size()));
  ASSIGN_OR_RETURN(const Value rotations, state.List("rotations_"));
  ASSIGN_OR_RETURN(const Value scalings, state.List("scalings_"));
  const auto count = static_cast<size_t>(classes.size());
  if (rotations.size() != count || scalings.size() != count)
    return state.Expected("rotations_", fmt::format("{} arrays", count),
                          fmt::format("{} and {}", rotations.size(), scalings.size()));
  std::vector<Matrix> squared;
  std::vector<double> offsets;
  for (size_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(Dense rotation, state.ArrayAt(rotations.at(i), "rotations_", {x.columns, -1}));
    ASSIGN_OR_RETURN(const Dense scaling,
                     state.ArrayAt(scalings.at(i), "scalings_", {rotation.columns()}));
    double log_determinant = 0;
    for (const double value : scaling.values) log_determinant += std::log(value);
    for (size_t j = 0; j < rotation.values.size(); ++j)
      rotation.values[j] *= std::pow(scaling.values[j % scaling.values.size()], -0.5);
    const auto* mean = means.values.data() + i * static_cast<size_t>(x.columns);
    squared.push_back(
        SquaredLength(graph, x, {mean, mean + x.columns}, rotation.values, rotation.columns()));
    offsets.push_back(-0.5 * log_determinant + std::log(priors[i]));
  }
  const Matrix decision = LogDensities(graph, squared, offsets);
  Outputs outputs = MostProbable(graph, std::move(classes), Softmax(graph, decision));
  outputs.label = ArgMax(graph, decision);
  outputs.decision = decision;
  if (count == 2) {
    const std::string second = graph.Select(decision, std::vector<int64_t>{1}).value;
    const std::string first = graph.Select(decision, std::vector<int64_t>{0}).value;
    outputs.decision = Matrix{graph.Add("Sub", {second, first}), DType::kFp64, 1};
  }
  return outputs;
}

/// The Cholesky factor of each component's precision: [k][F, F].
StatusOr<std::vector<std::vector<double>>> ReadFactors(const State& state, int64_t components,
                                                       int64_t columns) {
  ASSIGN_OR_RETURN(const std::string type, state.TextOr("covariance_type", "full"));
  std::vector<std::vector<double>> factors(static_cast<size_t>(components));
  const auto square = static_cast<size_t>(columns) * static_cast<size_t>(columns);
  const auto set_diagonal = [&](size_t k, const auto& at) {
    factors[k].assign(square, 0);
    for (int64_t i = 0; i < columns; ++i) factors[k][i * columns + i] = at(i);
  };
  const std::string_view key = "precisions_cholesky_";
  if (type == "full") {
    ASSIGN_OR_RETURN(const Dense all, state.Array(key, {components, columns, columns}));
    for (size_t k = 0; k < factors.size(); ++k)
      factors[k].assign(all.values.begin() + k * square, all.values.begin() + (k + 1) * square);
  } else if (type == "tied") {
    ASSIGN_OR_RETURN(const Dense one, state.Array(key, {columns, columns}));
    for (auto& factor : factors) factor = one.values;
  } else if (type == "diag") {
    ASSIGN_OR_RETURN(const Dense all, state.Array(key, {components, columns}));
    for (size_t k = 0; k < factors.size(); ++k)
      set_diagonal(k, [&](int64_t i) { return all.values[k * columns + i]; });
  } else if (type == "spherical") {
    ASSIGN_OR_RETURN(const std::vector<double> all, state.Vector(key, components));
    for (size_t k = 0; k < factors.size(); ++k) set_diagonal(k, [&](int64_t) { return all[k]; });
  } else {
    return state.Unsupported("covariance_type: \"{}\" is not known", type);
  }
  return factors;
}

StatusOr<Outputs> GaussianMixture(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> weights, state.Vector("weights_"));
  const auto components = static_cast<int64_t>(weights.size());
  if (components == 0) return state.Bad("weights_: expected at least one component, got none");
  ASSIGN_OR_RETURN(const Dense means, state.Array("means_", {components, x.columns}));
  ASSIGN_OR_RETURN(const auto factors, ReadFactors(state, components, x.columns));
  std::vector<Matrix> squared;
  std::vector<double> offsets;
  for (size_t k = 0; k < factors.size(); ++k) {
    double log_determinant = 0;
    for (int64_t i = 0; i < x.columns; ++i)
      log_determinant += std::log(factors[k][i * x.columns + i]);
    const auto* mean = means.values.data() + k * static_cast<size_t>(x.columns);
    squared.push_back(SquaredLength(graph, x, {mean, mean + x.columns}, factors[k], x.columns));
    offsets.push_back(-0.5 * static_cast<double>(x.columns) * std::log(2 * std::numbers::pi) +
                      log_determinant + std::log(weights[k]));
  }
  const Matrix log_densities = LogDensities(graph, squared, offsets);
  Outputs outputs;
  outputs.label = ArgMax(graph, log_densities);
  outputs.proba = Softmax(graph, log_densities);
  return outputs;
}

constexpr std::string_view kDiscriminant = "sklearn.discriminant_analysis";

constexpr Estimator kRows[] = {
    {kDiscriminant, "LinearDiscriminantAnalysis", EstimatorKind::kClassifier, LinearDiscriminant},
    {kDiscriminant, "QuadraticDiscriminantAnalysis", EstimatorKind::kClassifier,
     QuadraticDiscriminant},
    {"sklearn.mixture", "GaussianMixture", EstimatorKind::kClusterer, GaussianMixture},
};

}  // namespace

std::span<const Estimator> Gaussians() { return kRows; }

}  // namespace slipway::importing::sklearn
