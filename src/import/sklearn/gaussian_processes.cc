// GaussianProcess*: kernels of x with the rows that were trained on, times fitted numbers.

#include <array>
#include <cmath>
#include <numbers>

#include "import/sklearn/operators.h"
#include "import/sklearn/process_kernels.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/square_matrices.h"

namespace slipway::importing::sklearn {
namespace {

/// A number for each target: what is kept is a number, [1] or [targets].
StatusOr<std::vector<double>> OfTargets(const State& state, std::string_view key, int64_t targets,
                                        double otherwise) {
  std::vector<double> values(static_cast<size_t>(targets), otherwise);
  if (!state.Has(key)) return values;
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get(key));
  if (AsNumber(raw)) return state.Broadcast(key, targets);
  ASSIGN_OR_RETURN(const std::vector<double> given, state.Vector(key));
  if (given.size() != 1 && given.size() != values.size())
    return state.Expected(key, fmt::format("1 or {} numbers", targets),
                          fmt::format("{}", given.size()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = given[i % given.size()];
  return values;
}

/// The mean of the process: kernel(x, X_train_)·alpha_, as targets were before they were scaled.
StatusOr<Outputs> GaussianProcessRegressor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense rows, state.Array("X_train_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get("alpha_"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  ASSIGN_OR_RETURN(
      Dense alpha,
      state.ArrayAt(raw, "alpha_", is_vector ? Shape{rows.rows()} : Shape{rows.rows(), -1}));
  ASSIGN_OR_RETURN(const std::vector<double> scale,
                   OfTargets(state, "_y_train_std", alpha.columns(), 1));
  ASSIGN_OR_RETURN(const std::vector<double> mean,
                   OfTargets(state, "_y_train_mean", alpha.columns(), 0));
  for (size_t i = 0; i < alpha.values.size(); ++i) alpha.values[i] *= scale[i % scale.size()];
  ASSIGN_OR_RETURN(const State of, state.Nested("kernel_"));
  ASSIGN_OR_RETURN(const Matrix kernel, AddProcessKernel(graph, of, x, rows));
  return Predicting(Affine(graph, kernel, alpha.values, mean), alpha.columns() == 1);
}

/// Of a kernel that looks at no column scikit-learn does not keep how many there are.
StatusOr<ModelColumns> ColumnsOf(const State& state) {
  ASSIGN_OR_RETURN(const Dense rows, state.Array("X_train_", {-1, -1}));
  return ModelColumns{.count = rows.columns()};
}

/// Taylor's series of erf about multiples of 1/8: more digits than a double has.
constexpr int kErfDegree = 13;
constexpr int kErfCentres = 49;  // up to 6, where erf is 1 − 2e-17
constexpr double kErfStep = 0.125;

/// [degree + 1][centres]: erf⁽ᵈ⁾(c) / d!, by the recurrence of Hermite's polynomials.
std::array<std::vector<double>, kErfDegree + 1> ErfCoefficients() {
  std::array<std::vector<double>, kErfDegree + 1> tables;
  for (int i = 0; i < kErfCentres; ++i) {
    const double c = i * kErfStep;
    double hermite = 1, before = 0, factorial = 1;
    tables[0].push_back(std::erf(c));
    for (int d = 1; d <= kErfDegree; ++d) {
      factorial *= d;
      const double sign = d % 2 == 1 ? 1 : -1;
      tables[d].push_back(sign * hermite * 2 * std::numbers::inv_sqrtpi * std::exp(-c * c) /
                          factorial);
      const double next = 2 * c * hermite - 2 * (d - 1) * before;
      before = hermite;
      hermite = next;
    }
  }
  return tables;
}

/// erf of any matrix, in double: ONNX Runtime's Erf is a float32.
Matrix Erf(Graph& graph, const Matrix& x) {
  const Matrix size = Map(graph, "Abs", x);
  const Matrix clipped = {
      graph.Add("Min", {size.value, graph.Scalar<double>((kErfCentres - 1) * kErfStep)}),
      DType::kFp64, x.columns};
  const Matrix nearest = Map(graph, "Round", MapWith(graph, "Mul", clipped, {1 / kErfStep}));
  const std::string row = graph.CastTo(nearest, DType::kInt64).value;
  const Matrix centre = MapWith(graph, "Mul", nearest, {kErfStep});
  const std::string u = graph.Add("Sub", {clipped.value, centre.value});
  const auto tables = ErfCoefficients();
  const auto look_up = [&](int d) {
    return graph.Add("Gather", {graph.Constant<double>({kErfCentres}, tables[d]), row});
  };
  std::string sum = look_up(kErfDegree);
  for (int d = kErfDegree; d-- > 0;)
    sum = graph.Add("Add", {graph.Add("Mul", {sum, u}), look_up(d)});
  return {graph.Add("Mul", {sum, Map(graph, "Sign", x).value}), DType::kFp64, x.columns};
}

/// ∫ σ(z) N(z | mean, variance) dz, σ as a sum of five erf (Williams and Barber, "Bayesian
/// Classification with Gaussian Processes", appendix A). mean and variance are [n, 1].
Matrix AveragedSigmoid(Graph& graph, const Matrix& mean, const Matrix& variance) {
  const std::vector<double> lambda = {0.41, 0.4, 0.37, 0.44, 0.39};
  const std::vector<double> weights = {-1854.8214151, 3516.89893646, 221.29346712, 128.12323805,
                                       -2010.49422654};
  std::vector<double> squares, halves;
  double sum = 0;
  for (size_t i = 0; i < lambda.size(); ++i) {
    squares.push_back(lambda[i] * lambda[i]);
    halves.push_back(weights[i] / 2);
    sum += weights[i];
  }
  const auto count = static_cast<int64_t>(lambda.size());
  const auto widened = [&](std::string_view op_type, const Matrix& x,
                           const std::vector<double>& row) {
    Matrix wide = MapWith(graph, op_type, x, row);
    wide.columns = count;
    return wide;
  };
  const Matrix alpha = Map(graph, "Reciprocal", MapWith(graph, "Mul", variance, {2}));
  const Matrix with_square = widened("Add", alpha, squares);
  const Matrix ratio = {graph.Add("Div", {alpha.value, with_square.value}), DType::kFp64, count};
  const Matrix gamma = widened("Mul", mean, lambda);
  const Matrix argument = {graph.Add("Mul", {gamma.value, Map(graph, "Sqrt", ratio).value}),
                           DType::kFp64, count};
  // √(π/α) / (2√(2πv)) is 1/2.
  const Matrix terms = MapWith(graph, "Mul", Erf(graph, argument), halves);
  return MapWith(graph, "Add", Reduce(graph, "ReduceSum", terms), {0.5 * sum});
}

/// Two classes by Laplace's approximation (Rasmussen and Williams, algorithm 3.2).
StatusOr<Outputs> Laplace(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  if (classes.size() != 2)
    return state.Expected("classes_", "two of them", fmt::format("{}", classes.size()));
  ASSIGN_OR_RETURN(const Dense rows, state.Array("X_train_", {-1, x.columns}));
  const int64_t count = rows.rows();
  ASSIGN_OR_RETURN(std::vector<double> weights, state.Vector("y_train_", count));
  ASSIGN_OR_RETURN(const std::vector<double> pi, state.Vector("pi_", count));
  ASSIGN_OR_RETURN(const std::vector<double> root, state.Vector("W_sr_", count));
  ASSIGN_OR_RETURN(const Dense lower, state.Array("L_", {count, count}));
  for (size_t i = 0; i < weights.size(); ++i) weights[i] -= pi[i];
  ASSIGN_OR_RETURN(const State of, state.Nested("kernel_"));
  ASSIGN_OR_RETURN(const Matrix kernel, AddProcessKernel(graph, of, x, rows));
  const Matrix mean = Multiply(graph, kernel, weights, 1);
  ASSIGN_OR_RETURN(const std::vector<double> inverse, InverseOfTriangle(state, lower.values, root));
  const Matrix v = Multiply(graph, kernel, Transposed(inverse, count, count), count);
  const Matrix squares = {graph.Add("Mul", {v.value, v.value}), DType::kFp64, count};
  ASSIGN_OR_RETURN(const Matrix prior, AddProcessVariance(graph, of, x));
  const Matrix variance = {
      graph.Add("Sub", {prior.value, Reduce(graph, "ReduceSum", squares).value}), DType::kFp64, 1};
  Outputs outputs = MostProbable(graph, std::move(classes),
                                 WithComplement(graph, AveragedSigmoid(graph, mean, variance)));
  outputs.label = IsAbove(graph, mean, 0);
  return outputs;
}

StatusOr<State> BaseEstimator(const State& state) { return state.Nested("base_estimator_"); }

StatusOr<Outputs> GaussianProcessClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const State inside, BaseEstimator(state));
  ASSIGN_OR_RETURN(Outputs outputs, writer.Write(inside, x));
  if (outputs.classes.size() != classes.size())
    return inside.Bad("expected {} classes, got {}", classes.size(), outputs.classes.size());
  outputs.decision.reset();
  return outputs;
}

}  // namespace

std::span<const Estimator> GaussianProcesses() {
  constexpr std::string_view kProcess = "sklearn.gaussian_process";
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  static constexpr Estimator kRows[] = {
      {kProcess, "GaussianProcessClassifier", kClassifies, GaussianProcessClassifier,
       BaseEstimator},
      {kProcess, "GaussianProcessRegressor", EstimatorKind::kRegressor, GaussianProcessRegressor,
       nullptr, 0, ColumnsOf},
      {kProcess, "_BinaryGaussianProcessClassifierLaplace", kClassifies, Laplace, nullptr, 0,
       ColumnsOf},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
