// Estimators whose classes or components are normal distributions.

#include <cmath>
#include <numbers>
#include <numeric>

#include "import/sklearn/members.h"
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

/// Before scikit-learn 0.21, of more than two classes: each against the rest, made to sum to 1.
StatusOr<Matrix> LinearProbabilities(Graph& graph, const State& state, const Matrix& decision) {
  if (decision.columns == 1) return WithComplement(graph, Map(graph, "Sigmoid", decision));
  ASSIGN_OR_RETURN(const bool before_0_21, IsBefore(state, 0, 21));
  if (!before_0_21) return Softmax(graph, decision);
  const Matrix each = Map(graph, "Sigmoid", decision);
  return Matrix{graph.Add("Div", {each.value, Reduce(graph, "ReduceSum", each).value}),
                DType::kFp64, decision.columns};
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
  ASSIGN_OR_RETURN(outputs.proba, LinearProbabilities(graph, state, decision));

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

/// ln Γ'(x) / Γ(x) for x > 0: its recurrence up to 10, then the asymptotic series.
double Digamma(double x) {
  double sum = 0;
  for (; x < 10; ++x) sum -= 1 / x;
  const double square = 1 / (x * x);
  const double series =
      square * (1.0 / 12 -
                square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square / 132))));
  return sum + std::log(x) - 1 / (2 * x) - series;
}

/// The expected logarithms of a BayesianGaussianMixture's weights.
StatusOr<std::vector<double>> ExpectedLogWeights(const State& state, int64_t components) {
  ASSIGN_OR_RETURN(const Value concentration, state.Get("weight_concentration_"));
  std::vector<double> logs;
  if (!concentration.is(pickle::Kind::kTuple)) {
    ASSIGN_OR_RETURN(const std::vector<double> all,
                     state.Vector("weight_concentration_", components));
    const double sum = std::accumulate(all.begin(), all.end(), 0.0);
    for (const double value : all) logs.push_back(Digamma(value) - Digamma(sum));
    return logs;
  }
  if (concentration.size() != 2)
    return state.Expected("weight_concentration_", "two arrays", Describe(concentration));
  ASSIGN_OR_RETURN(const Dense a,
                   state.ArrayAt(concentration.at(0), "weight_concentration_", {components}));
  ASSIGN_OR_RETURN(const Dense b,
                   state.ArrayAt(concentration.at(1), "weight_concentration_", {components}));
  double rest = 0;  // of the stick that is left
  for (size_t k = 0; k < a.values.size(); ++k) {
    const double both = Digamma(a.values[k] + b.values[k]);
    logs.push_back(Digamma(a.values[k]) - both + rest);
    rest += Digamma(b.values[k]) - both;
  }
  return logs;
}

/// What a BayesianGaussianMixture adds to the logarithm of each component's density.
StatusOr<std::vector<double>> BayesianTerms(const State& state, int64_t components,
                                            int64_t columns) {
  ASSIGN_OR_RETURN(std::vector<double> terms, ExpectedLogWeights(state, components));
  ASSIGN_OR_RETURN(const std::vector<double> freedom,
                   state.Vector("degrees_of_freedom_", components));
  ASSIGN_OR_RETURN(const std::vector<double> precision,
                   state.Vector("mean_precision_", components));
  const auto width = static_cast<double>(columns);
  for (size_t k = 0; k < terms.size(); ++k) {
    double log_lambda = width * std::log(2.0);
    for (double i = 0; i < width; ++i) log_lambda += Digamma(0.5 * (freedom[k] - i));
    terms[k] += 0.5 * (log_lambda - width / precision[k]) - 0.5 * width * std::log(freedom[k]);
  }
  return terms;
}

/// @param terms  what stands beside the density of each component, such as ln weight
StatusOr<Outputs> MixtureOf(Writer& writer, const State& state, const Matrix& x,
                            const std::vector<double>& terms) {
  Graph& graph = writer.graph();
  const auto components = static_cast<int64_t>(terms.size());
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
                      log_determinant + terms[k]);
  }
  const Matrix log_densities = LogDensities(graph, squared, offsets);
  Outputs outputs;
  outputs.label = ArgMax(graph, log_densities);
  outputs.proba = Softmax(graph, log_densities);
  return outputs;
}

StatusOr<Outputs> GaussianMixture(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(std::vector<double> terms, state.Vector("weights_"));
  for (double& term : terms) term = std::log(term);
  return MixtureOf(writer, state, x, terms);
}

StatusOr<Outputs> BayesianGaussianMixture(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> weights, state.Vector("weights_"));
  ASSIGN_OR_RETURN(const std::vector<double> terms,
                   BayesianTerms(state, static_cast<int64_t>(weights.size()), x.columns));
  return MixtureOf(writer, state, x, terms);
}

/// Outside is what lies farther from location_ than offset_, in Mahalanobis' distance squared.
StatusOr<Outputs> EllipticEnvelope(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> location, state.Vector("location_", x.columns));
  ASSIGN_OR_RETURN(const Dense precision, state.Array("precision_", {x.columns, x.columns}));
  ASSIGN_OR_RETURN(const double offset, state.Number("offset_"));
  const Matrix centred = MapWith(graph, "Sub", x, location);
  const std::string weighted = graph.Add(
      "MatMul", {centred.value, graph.Constant<double>(precision.shape, precision.values)});
  const Matrix products = {graph.Add("Mul", {weighted, centred.value}), DType::kFp64, x.columns};
  const Matrix distance = Reduce(graph, "ReduceSum", products);
  return DetectingOutliers(graph, MapWith(graph, "Sub", Map(graph, "Neg", distance), {offset}));
}

constexpr std::string_view kDiscriminant = "sklearn.discriminant_analysis";

constexpr Estimator kRows[] = {
    {kDiscriminant, "LinearDiscriminantAnalysis", EstimatorKind::kClassifier, LinearDiscriminant},
    {kDiscriminant, "QuadraticDiscriminantAnalysis", EstimatorKind::kClassifier,
     QuadraticDiscriminant},
    {"sklearn.covariance", "EllipticEnvelope", EstimatorKind::kOutlierDetector, EllipticEnvelope},
    {"sklearn.mixture", "BayesianGaussianMixture", EstimatorKind::kClusterer,
     BayesianGaussianMixture},
    {"sklearn.mixture", "GaussianMixture", EstimatorKind::kClusterer, GaussianMixture},
};

}  // namespace

std::span<const Estimator> Gaussians() { return kRows; }

}  // namespace slipway::importing::sklearn
