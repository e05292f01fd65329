#include "import/sklearn/kernels.h"

#include <vector>

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {
namespace {

/// exp(−γ·|x − v|²) with |x − v|² = |x|² + |v|² − 2·x·v, both taken from the mean of the vectors:
/// far from it the squares would cancel.
Matrix RadialBasis(Graph& graph, const Matrix& x, const Dense& vectors, double gamma) {
  const int64_t rows = vectors.rows(), columns = vectors.columns();
  std::vector<double> mean(static_cast<size_t>(columns), 0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j)
      mean[j] += vectors.values[i * columns + j] / static_cast<double>(rows);
  std::vector<double> centred = vectors.values;
  std::vector<double> squares(static_cast<size_t>(rows), 0);
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) {
      double& value = centred[i * columns + j];
      value -= mean[j];
      squares[i] -= gamma * value * value;
      value *= 2 * gamma;
    }
  const Matrix from_mean = MapWith(graph, "Sub", x, mean);
  const Matrix products = Affine(graph, from_mean, Transposed(centred, rows, columns), squares);
  const Matrix own = {graph.Add("Mul", {from_mean.value, from_mean.value}), DType::kFp64, columns};
  const Matrix length = MapWith(graph, "Mul", Reduce(graph, "ReduceSum", own), {gamma});
  const Matrix exponent = {graph.Add("Sub", {products.value, length.value}), DType::kFp64, rows};
  return Map(graph, "Exp", exponent);
}

}  // namespace

StatusOr<Matrix> AddKernel(Graph& graph, const State& state, const Matrix& x,
                           const Dense& vectors) {
  const auto kernel = state.Find("kernel");
  const std::string name = kernel ? AsText(*kernel).value_or("a function") : "rbf";
  ASSIGN_OR_RETURN(const double gamma, state.NumberOr("_gamma", 1));
  ASSIGN_OR_RETURN(const double coef0, state.NumberOr("coef0", 0));
  ASSIGN_OR_RETURN(const double degree, state.NumberOr("degree", 3));
  if (name == "rbf") return RadialBasis(graph, x, vectors, gamma);
  if (name != "linear" && name != "poly" && name != "sigmoid")
    return state.Unsupported(
        "kernel: expected \"linear\", \"poly\", \"rbf\" or \"sigmoid\", got {}", name);
  std::vector<double> weights = Transposed(vectors.values, vectors.rows(), x.columns);
  // γ goes into the weights: of a MatMul and a scalar Mul, ONNX Runtime makes one operator whose
  // factor is a float32.
  if (name != "linear")
    for (double& weight : weights) weight *= gamma;
  const Matrix product = {
      graph.Add("MatMul", {x.value, graph.Constant<double>({x.columns, vectors.rows()}, weights)}),
      DType::kFp64, vectors.rows()};
  if (name == "linear") return product;
  const Matrix inner = MapWith(graph, "Add", product, {coef0});
  return name == "poly" ? MapWith(graph, "Pow", inner, {degree}) : Map(graph, "Tanh", inner);
}

}  // namespace slipway::importing::sklearn
