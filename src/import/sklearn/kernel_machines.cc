// Estimators over kernels of x with rows that were trained on.

#include <algorithm>
#include <cmath>
#include <numeric>

#include "import/sklearn/kernels.h"
#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// kernel(x, components_)·normalization_ᵀ
StatusOr<Outputs> Nystroem(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense components, state.Array("components_", {-1, x.columns}));
  const int64_t rank = components.rows();
  ASSIGN_OR_RETURN(const Dense normalization, state.Array("normalization_", {-1, rank}));
  ASSIGN_OR_RETURN(const Kernel kernel, ReadPairwiseKernel(state, x.columns));
  ASSIGN_OR_RETURN(const Matrix products, AddKernel(graph, state, kernel, x, components));
  return Transforming(Multiply(graph, products,
                               Transposed(normalization.values, normalization.rows(), rank),
                               normalization.rows()));
}

/// kernel(x, X_fit_)·dual_coef_
StatusOr<Outputs> KernelRidge(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense rows, state.Array("X_fit_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get("dual_coef_"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  ASSIGN_OR_RETURN(
      const Dense coef,
      state.ArrayAt(raw, "dual_coef_", is_vector ? Shape{rows.rows()} : Shape{rows.rows(), -1}));
  ASSIGN_OR_RETURN(const Kernel kernel, ReadPairwiseKernel(state, x.columns));
  ASSIGN_OR_RETURN(const Matrix products, AddKernel(graph, state, kernel, x, rows));
  return Predicting(Multiply(graph, products, coef.values, coef.columns()), is_vector);
}

/// k − K_fit_rows_ − mean(k) + K_fit_all_: the kernel of what is centred.
StatusOr<Matrix> Centred(Graph& graph, const State& centerer, const Matrix& kernel) {
  ASSIGN_OR_RETURN(std::vector<double> offsets, centerer.Vector("K_fit_rows_", kernel.columns));
  ASSIGN_OR_RETURN(const double all, centerer.Number("K_fit_all_"));
  for (double& offset : offsets) offset -= all;
  const Matrix mean = Reduce(graph, "ReduceMean", kernel);
  const Matrix without_mean = {graph.Add("Sub", {kernel.value, mean.value}), DType::kFp64,
                               kernel.columns};
  return MapWith(graph, "Sub", without_mean, offsets);
}

/// Of a matrix that is a kernel already.
StatusOr<Outputs> KernelCenterer(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix kernel, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Matrix centred, Centred(writer.graph(), state, kernel));
  return Transforming(centred);
}

/// The eigenvectors [rows, k], each over the root of its eigenvalue; zeros where that is 0.
StatusOr<Dense> ScaledEigenvectors(const State& state, int64_t rows) {
  const bool is_old = !state.Has("eigenvectors_");  // before scikit-learn 1.0
  ASSIGN_OR_RETURN(Dense vectors, state.Array(is_old ? "alphas_" : "eigenvectors_", {rows, -1}));
  ASSIGN_OR_RETURN(const std::vector<double> values,
                   state.Vector(is_old ? "lambdas_" : "eigenvalues_", vectors.columns()));
  for (size_t i = 0; i < vectors.values.size(); ++i) {
    const double value = values[i % values.size()];
    vectors.values[i] = value == 0 ? 0 : vectors.values[i] / std::sqrt(value);
  }
  return vectors;
}

StatusOr<Outputs> KernelPca(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Kernel kernel, ReadPairwiseKernel(state, x.columns));
  Matrix products = x;
  if (kernel.name != "precomputed") {
    ASSIGN_OR_RETURN(const Dense rows, state.Array("X_fit_", {-1, x.columns}));
    ASSIGN_OR_RETURN(products, AddKernel(graph, state, kernel, x, rows));
  }
  ASSIGN_OR_RETURN(const State centerer, state.Nested("_centerer"));
  ASSIGN_OR_RETURN(const Matrix centred, Centred(graph, centerer, products));
  ASSIGN_OR_RETURN(const Dense vectors, ScaledEigenvectors(state, centred.columns));
  return Transforming(Multiply(graph, centred, vectors.values, vectors.columns()));
}

/// How many times each trained row is among the nearest of x: FP64 [n, rows].
Matrix CountNearest(Graph& graph, const Matrix& x, const Neighborhood& near) {
  const Nearest nearest = AddNearest(graph, x, near);
  std::vector<int64_t> numbers(static_cast<size_t>(near.rows.rows()));
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::string last = graph.Constant<int64_t>({1}, std::vector<int64_t>{2});
  const std::string is_row =
      graph.Add("Equal", {graph.Add("Unsqueeze", {nearest.rows, last}),
                          graph.Constant<int64_t>({near.rows.rows()}, numbers)});
  const Matrix each = graph.CastTo({is_row, DType::kBool, near.rows.rows()}, DType::kFp64);
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  return {graph.Add("ReduceSum", {each.value, axis}, {{"keepdims", 0}}), DType::kFp64,
          near.rows.rows()};
}

/// The distributions of labels that the trained rows were given, weighted by their kernel.
StatusOr<Outputs> LabelPropagation(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Dense rows, state.Array("X_", {-1, x.columns}));
  ASSIGN_OR_RETURN(const Dense labels,
                   state.Array("label_distributions_", {rows.rows(), classes.size()}));
  ASSIGN_OR_RETURN(const Kernel kernel, ReadPairwiseKernel(state, x.columns));
  Matrix weights;
  if (kernel.name == "knn") {
    ASSIGN_OR_RETURN(const State nearest, state.Nested("nn_fit"));
    ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(nearest, x.columns));
    if (near.rows.rows() != rows.rows())
      return nearest.Bad("_fit_X: expected {} rows, got {}", rows.rows(), near.rows.rows());
    weights = CountNearest(graph, x, near);
  } else if (kernel.name == "rbf") {
    ASSIGN_OR_RETURN(weights, AddKernel(graph, state, kernel, x, rows));
  } else {
    return state.Unsupported("kernel: expected \"knn\" or \"rbf\", got {}", kernel.name);
  }
  const Matrix sums = Multiply(graph, weights, labels.values, classes.size());
  const Matrix total = Reduce(graph, "ReduceSum", sums);
  return MostProbable(graph, std::move(classes),
                      {graph.Add("Div", {sums.value, total.value}), DType::kFp64, sums.columns});
}

}  // namespace

std::span<const Estimator> KernelMachines() {
  constexpr std::string_view kSemiSupervised = "sklearn.semi_supervised";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {"sklearn.decomposition", "KernelPCA", kTransforms, KernelPca},
      {"sklearn.kernel_approximation", "Nystroem", kTransforms, Nystroem},
      {"sklearn.kernel_ridge", "KernelRidge", EstimatorKind::kRegressor, KernelRidge},
      {"sklearn.preprocessing", "KernelCenterer", kTransforms, KernelCenterer},
      {kSemiSupervised, "LabelPropagation", EstimatorKind::kClassifier, LabelPropagation},
      {kSemiSupervised, "LabelSpreading", EstimatorKind::kClassifier, LabelPropagation},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
