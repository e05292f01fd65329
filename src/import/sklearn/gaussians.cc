// Estimators whose classes or components are normal distributions.

#include <cassert>
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

/// Of each component, a factor of its precision: x − mean times it has the identity as covariance.
class Precisions {
 public:
  static StatusOr<Precisions> Read(const State& state, int64_t components, int64_t columns) {
    constexpr std::string_view kKey = "precisions_cholesky_";
    ASSIGN_OR_RETURN(const std::string type, state.TextOr("covariance_type", "full"));
    Precisions precisions;
    precisions.columns_ = columns;
    if (type == "full") {
      precisions.is_matrix_ = true;
      ASSIGN_OR_RETURN(precisions.factors_, state.Array(kKey, {components, columns, columns}));
    } else if (type == "tied") {
      precisions.is_matrix_ = precisions.is_shared_ = true;
      ASSIGN_OR_RETURN(precisions.factors_, state.Array(kKey, {columns, columns}));
    } else if (type == "diag") {
      ASSIGN_OR_RETURN(precisions.factors_, state.Array(kKey, {components, columns}));
    } else if (type == "spherical") {
      ASSIGN_OR_RETURN(precisions.factors_, state.Array(kKey, {components}));
    } else {
      return state.Unsupported("covariance_type: \"{}\" is not known", type);
    }
    return precisions;
  }

  double LogDeterminant(int64_t component) const {
    const auto factor = Of(component);
    if (factor.size() == 1) return static_cast<double>(columns_) * std::log(factor[0]);
    double sum = 0;
    for (int64_t i = 0; i < columns_; ++i)
      sum += std::log(factor[is_matrix_ ? i * columns_ + i : i]);
    return sum;
  }

  /// The squared length of x − mean in the units of a component: [n, 1].
  Matrix SquaredLength(Graph& graph, const Matrix& x, const std::vector<double>& mean,
                       int64_t component) {
    const Matrix centred = MapWith(graph, "Sub", x, mean);
    const auto factor = Of(component);
    if (constant_.empty() || !is_shared_)
      constant_ = graph.Constant<double>(ShapeOf(factor), factor);
    const std::string y = graph.Add(is_matrix_ ? "MatMul" : "Mul", {centred.value, constant_});
    return Reduce(graph, "ReduceSum", {graph.Add("Mul", {y, y}), DType::kFp64, columns_});
  }

 private:
  Shape ShapeOf(std::span<const double> factor) const {
    if (is_matrix_) return {columns_, columns_};
    return {static_cast<int64_t>(factor.size())};
  }
  std::span<const double> Of(int64_t component) const {
    const auto components = is_shared_ ? 1 : static_cast<size_t>(factors_.rows());
    const size_t width = factors_.values.size() / components;
    return std::span(factors_.values).subspan(is_shared_ ? 0 : component * width, width);
  }

  int64_t columns_ = 0;
  bool is_matrix_ = false;  // else a diagonal, or one number for all of it
  bool is_shared_ = false;  // one for all components
  Dense factors_;
  std::string constant_;  // in the graph, of the last component
};

/// Γ'(x) / Γ(x) for x > 0: its recurrence up to 10, then the asymptotic series.
double Digamma(double x) {
  assert(x > 0);
  double sum = 0;
  for (; x < 10; ++x) sum -= 1 / x;
  const double square = 1 / (x * x);
  const double series =
      square * (1.0 / 12 -
                square * (1.0 / 120 - square * (1.0 / 252 - square * (1.0 / 240 - square / 132))));
  return sum + std::log(x) - 1 / (2 * x) - series;
}

/// Numbers that a distribution needs to be greater than `least`.
Status CheckAbove(const State& state, std::string_view key, std::span<const double> values,
                  double least) {
  for (const double value : values)
    if (!(value > least && std::isfinite(value)))
      return state.Expected(key, fmt::format("numbers above {}", least), fmt::format("{}", value));
  return OkStatus();
}

/// The expected logarithms of a BayesianGaussianMixture's weights.
StatusOr<std::vector<double>> ExpectedLogWeights(const State& state, int64_t components) {
  constexpr std::string_view kKey = "weight_concentration_";
  ASSIGN_OR_RETURN(const Value concentration, state.Get(kKey));
  std::vector<double> logs;
  if (!concentration.is(pickle::Kind::kTuple)) {
    ASSIGN_OR_RETURN(const std::vector<double> all, state.Vector(kKey, components));
    RETURN_IF_ERROR(CheckAbove(state, kKey, all, 0));
    const double sum = std::accumulate(all.begin(), all.end(), 0.0);
    for (const double value : all) logs.push_back(Digamma(value) - Digamma(sum));
    return logs;
  }
  if (concentration.size() != 2) return state.Expected(kKey, "two arrays", Describe(concentration));
  ASSIGN_OR_RETURN(const Dense a, state.ArrayAt(concentration.at(0), kKey, {components}));
  ASSIGN_OR_RETURN(const Dense b, state.ArrayAt(concentration.at(1), kKey, {components}));
  RETURN_IF_ERROR(CheckAbove(state, kKey, a.values, 0));
  RETURN_IF_ERROR(CheckAbove(state, kKey, b.values, 0));
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
  ASSIGN_OR_RETURN(const std::vector<double> freedom,  // one number where covariances are tied
                   state.Broadcast("degrees_of_freedom_", components));
  ASSIGN_OR_RETURN(const std::vector<double> precision,
                   state.Vector("mean_precision_", components));
  const auto width = static_cast<double>(columns);
  RETURN_IF_ERROR(CheckAbove(state, "degrees_of_freedom_", freedom, width - 1));
  for (size_t k = 0; k < terms.size(); ++k) {
    double log_lambda = width * std::log(2.0);
    for (double i = 0; i < width; ++i) log_lambda += Digamma(0.5 * (freedom[k] - i));
    terms[k] += 0.5 * (log_lambda - width / precision[k]) - 0.5 * width * std::log(freedom[k]);
  }
  return terms;
}

/// @param means  [components, x.columns]
/// @param terms  what stands beside the density of each component, such as ln weight
StatusOr<Outputs> MixtureOf(Writer& writer, const State& state, const Matrix& x, const Dense& means,
                            const std::vector<double>& terms) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(auto precisions, Precisions::Read(state, means.rows(), x.columns));
  std::vector<Matrix> squared;
  std::vector<double> offsets;
  const auto columns = static_cast<double>(x.columns);
  for (int64_t k = 0; k < means.rows(); ++k) {
    const auto* mean = means.values.data() + k * x.columns;
    squared.push_back(precisions.SquaredLength(graph, x, {mean, mean + x.columns}, k));
    offsets.push_back(-0.5 * columns * std::log(2 * std::numbers::pi) +
                      precisions.LogDeterminant(k) + terms[k]);
  }
  const Matrix log_densities = LogDensities(graph, squared, offsets);
  Outputs outputs;
  outputs.label = ArgMax(graph, log_densities);
  outputs.proba = Softmax(graph, log_densities);
  return outputs;
}

/// [components, columns]; at least one component.
StatusOr<Dense> ReadMeans(const State& state, int64_t columns) {
  ASSIGN_OR_RETURN(Dense means, state.Array("means_", {-1, columns}));
  if (means.rows() == 0) return state.Bad("means_: expected at least one component, got none");
  return means;
}

StatusOr<Outputs> GaussianMixture(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Dense means, ReadMeans(state, x.columns));
  ASSIGN_OR_RETURN(std::vector<double> terms, state.Vector("weights_", means.rows()));
  for (double& term : terms) term = std::log(term);
  return MixtureOf(writer, state, x, means, terms);
}

StatusOr<Outputs> BayesianGaussianMixture(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Dense means, ReadMeans(state, x.columns));
  ASSIGN_OR_RETURN(const std::vector<double> terms, BayesianTerms(state, means.rows(), x.columns));
  return MixtureOf(writer, state, x, means, terms);
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

}  // namespace

std::span<const Estimator> Gaussians() {
  constexpr std::string_view kDiscriminant = "sklearn.discriminant_analysis";
  static constexpr Estimator kRows[] = {
      {kDiscriminant, "LinearDiscriminantAnalysis", EstimatorKind::kClassifier, LinearDiscriminant},
      {kDiscriminant, "QuadraticDiscriminantAnalysis", EstimatorKind::kClassifier,
       QuadraticDiscriminant},
      {"sklearn.covariance", "EllipticEnvelope", EstimatorKind::kOutlierDetector, EllipticEnvelope},
      {"sklearn.mixture", "BayesianGaussianMixture", EstimatorKind::kClusterer,
       BayesianGaussianMixture},
      {"sklearn.mixture", "GaussianMixture", EstimatorKind::kClusterer, GaussianMixture},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
