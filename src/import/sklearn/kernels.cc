#include "import/sklearn/kernels.h"

#include <cmath>
#include <numeric>
#include <vector>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/process_kernels.h"

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

/// x over its length; rows of zeros stay.
Matrix Normalized(Graph& graph, const Matrix& x) {
  const Matrix squares = {graph.Add("Mul", {x.value, x.value}), DType::kFp64, x.columns};
  const Matrix length = Map(graph, "Sqrt", Reduce(graph, "ReduceSum", squares));
  const std::string empty = graph.Add("Equal", {length.value, graph.Scalar<double>(0)});
  const std::string divisor = graph.Add("Where", {empty, graph.Scalar<double>(1), length.value});
  return {graph.Add("Div", {x.value, divisor}), DType::kFp64, x.columns};
}

std::vector<double> Normalized(const Dense& vectors) {
  std::vector<double> normalized = vectors.values;
  const auto columns = static_cast<size_t>(vectors.columns());
  for (size_t begin = 0; begin + columns <= normalized.size() && columns > 0; begin += columns) {
    double* row = &normalized[begin];
    const double length = std::sqrt(std::inner_product(row, row + columns, row, 0.0));
    for (size_t j = 0; j < columns && length != 0; ++j) row[j] /= length;
  }
  return normalized;
}

/// x·vectorsᵀ, all of them times a factor. It goes into the weights: of a MatMul and a scalar Mul,
/// ONNX Runtime makes one operator whose factor is a float32.
Matrix Products(Graph& graph, const Matrix& x, const std::vector<double>& vectors, int64_t rows,
                double factor) {
  std::vector<double> weights = Transposed(vectors, rows, x.columns);
  for (double& weight : weights) weight *= factor;
  const std::string constant = graph.Constant<double>({x.columns, rows}, weights);
  return {graph.Add("MatMul", {x.value, constant}), DType::kFp64, rows};
}

/// A number that is a parameter of the estimator or stands in its kernel_params.
StatusOr<double> Parameter(const State& state, std::string_view key, double otherwise) {
  if (state.Has(key)) return state.Number(key);
  const auto given = state.Find("kernel_params");
  if (!given || !given->is(pickle::Kind::kDict)) return otherwise;
  const auto found = given->Find(key);
  if (!found || found->is(pickle::Kind::kNone)) return otherwise;
  const auto number = AsNumber(*found);
  if (!number)
    return state.Expected(fmt::format("kernel_params: {}", key), "a number", Describe(*found));
  return *number;
}

std::string NameOfKernel(const State& state, std::string_view otherwise) {
  const auto kernel = state.Find("kernel");
  return kernel ? AsText(*kernel).value_or("a function") : std::string(otherwise);
}

}  // namespace

StatusOr<Kernel> ReadSvmKernel(const State& state) {
  Kernel kernel{.name = NameOfKernel(state, "rbf")};
  if (kernel.name == "precomputed")
    return state.Unsupported(
        "kernel: \"precomputed\": its input is not the rows but their kernel with those of the "
        "training, which the file does not hold; fit with a kernel by name");
  ASSIGN_OR_RETURN(kernel.gamma, state.NumberOr("_gamma", 1));
  ASSIGN_OR_RETURN(kernel.coef0, state.NumberOr("coef0", 0));
  ASSIGN_OR_RETURN(kernel.degree, state.NumberOr("degree", 3));
  return kernel;
}

StatusOr<Kernel> ReadPairwiseKernel(const State& state, int64_t columns) {
  Kernel kernel{.name = NameOfKernel(state, "linear")};
  // KernelPCA keeps what its gamma came to.
  const std::string_view gamma = state.Has("gamma_") ? "gamma_" : "gamma";
  ASSIGN_OR_RETURN(kernel.gamma, Parameter(state, gamma, 1.0 / static_cast<double>(columns)));
  ASSIGN_OR_RETURN(kernel.coef0, Parameter(state, "coef0", 1));
  ASSIGN_OR_RETURN(kernel.degree, Parameter(state, "degree", 3));
  return kernel;
}

std::optional<Matrix> AddSvmKernel(Graph& graph, const Kernel& kernel, const Matrix& x,
                                   const Dense& vectors) {
  const auto products = [&](double factor) {
    return Products(graph, x, vectors.values, vectors.rows(), factor);
  };
  if (kernel.name == "rbf") return RadialBasis(graph, x, vectors, kernel.gamma);
  if (kernel.name == "linear") return products(1);
  if (kernel.name == "poly" || kernel.name == "polynomial")
    return MapWith(graph, "Pow", MapWith(graph, "Add", products(kernel.gamma), {kernel.coef0}),
                   {kernel.degree});
  if (kernel.name == "sigmoid")
    return Map(graph, "Tanh", MapWith(graph, "Add", products(kernel.gamma), {kernel.coef0}));
  return std::nullopt;
}

StatusOr<Matrix> AddKernel(Graph& graph, const State& state, const Kernel& kernel, const Matrix& x,
                           const Dense& vectors) {
  const auto object = state.Find("kernel");
  if (object && object->is(pickle::Kind::kObject) &&
      object->module().starts_with("sklearn.gaussian_process")) {
    ASSIGN_OR_RETURN(const State process, state.Nested("kernel"));
    return AddProcessKernel(graph, process, x, vectors);
  }
  if (const auto known = AddSvmKernel(graph, kernel, x, vectors)) return *known;
  if (kernel.name == "cosine")
    return Products(graph, Normalized(graph, x), Normalized(vectors), vectors.rows(), 1);
  if (kernel.name == "laplacian") {
    const Matrix distances = AddDistances(graph, x, vectors, {.power = 1, .take_root = false});
    return Map(graph, "Exp", MapWith(graph, "Mul", distances, {-kernel.gamma}));
  }
  return state.Unsupported(
      "kernel: expected \"linear\", \"poly\", \"rbf\", \"sigmoid\", \"cosine\" or "
      "\"laplacian\", got {}",
      kernel.name);
}

}  // namespace slipway::importing::sklearn
