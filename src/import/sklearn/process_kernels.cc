#include "import/sklearn/process_kernels.h"

#include <cmath>
#include <numbers>
#include <vector>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {
namespace {

constexpr int kMaxDepth = 64;
constexpr int kMaxKernels = 4096;

/// A kernel's values, or one number for all of them.
struct Values {
  std::optional<Matrix> matrix;
  double constant = 0;
};

/// Writes a tree of kernels of x with `rows`, or, without rows, their diagonal.
class KernelWriter {
 public:
  KernelWriter(Graph& graph, const Matrix& x, const Dense* rows)
      : graph_(graph), x_(x), rows_(rows) {}

  StatusOr<Values> Write(const State& kernel) {
    if (depth_ == kMaxDepth || ++kernels_ > kMaxKernels)
      return Error(Reason::kTooLarge, "{}: kernels nest deeper than {} or number more than {}",
                   kernel.Title(), kMaxDepth, kMaxKernels);
    ++depth_;
    StatusOr<Values> values = WriteAny(kernel);
    --depth_;
    return values;
  }

 private:
  StatusOr<Values> WriteAny(const State& kernel) {
    const std::string_view name = kernel.name();
    if (name == "Sum" || name == "Product") return Both(kernel, name == "Sum" ? "Add" : "Mul");
    if (name == "Exponentiation") return Power(kernel);
    if (name == "ConstantKernel") return Constant(kernel, "constant_value");
    if (name == "WhiteKernel") return rows_ != nullptr ? Values{} : Constant(kernel, "noise_level");
    if (name == "DotProduct") return DotProduct(kernel);
    if (name != "RBF" && name != "Matern" && name != "RationalQuadratic" &&
        name != "ExpSineSquared")
      return kernel.Unsupported("it has no counterpart");
    if (rows_ == nullptr) return Values{{}, 1};
    if (name == "RBF") return RadialBasis(kernel);
    if (name == "Matern") return Matern(kernel);
    if (name == "RationalQuadratic") return RationalQuadratic(kernel);
    return ExpSineSquared(kernel);
  }

  StatusOr<Values> Constant(const State& kernel, std::string_view key) {
    ASSIGN_OR_RETURN(const double value, kernel.Number(key));
    return Values{{}, value};
  }

  StatusOr<Values> Both(const State& kernel, std::string_view op_type) {
    ASSIGN_OR_RETURN(const State first, kernel.Nested("k1"));
    ASSIGN_OR_RETURN(const State second, kernel.Nested("k2"));
    ASSIGN_OR_RETURN(Values a, Write(first));
    ASSIGN_OR_RETURN(Values b, Write(second));
    if (!a.matrix) std::swap(a, b);
    if (!a.matrix)
      return Values{{}, op_type == "Add" ? a.constant + b.constant : a.constant * b.constant};
    // A number a column: of a MatMul and a single number before it, ONNX Runtime makes one operator
    // whose factor is a float32.
    if (!b.matrix)
      return Values{
          MapWith(graph_, op_type, *a.matrix,
                  std::vector<double>(static_cast<size_t>(a.matrix->columns), b.constant))};
    return Values{Matrix{graph_.Add(op_type, {a.matrix->value, b.matrix->value}), DType::kFp64,
                         a.matrix->columns}};
  }

  StatusOr<Values> Power(const State& kernel) {
    ASSIGN_OR_RETURN(const State inner, kernel.Nested("kernel"));
    ASSIGN_OR_RETURN(const double exponent, kernel.Number("exponent"));
    ASSIGN_OR_RETURN(const Values values, Write(inner));
    if (!values.matrix) return Values{{}, std::pow(values.constant, exponent)};
    return Values{MapWith(graph_, "Pow", *values.matrix, {exponent})};
  }

  /// x·rowsᵀ + σ₀²; |x|² + σ₀² on the diagonal.
  StatusOr<Values> DotProduct(const State& kernel) {
    ASSIGN_OR_RETURN(const double sigma, kernel.Number("sigma_0"));
    if (rows_ != nullptr) {
      const auto count = static_cast<size_t>(rows_->rows());
      return Values{Affine(graph_, x_, Transposed(rows_->values, rows_->rows(), x_.columns),
                           std::vector<double>(count, sigma * sigma))};
    }
    const Matrix squares = {graph_.Add("Mul", {x_.value, x_.value}), DType::kFp64, x_.columns};
    return Values{MapWith(graph_, "Add", Reduce(graph_, "ReduceSum", squares), {sigma * sigma})};
  }

  /// The distances of x and rows, each column over its length scale.
  StatusOr<Matrix> ScaledDistances(const State& kernel, bool take_root) {
    ASSIGN_OR_RETURN(const pickle::Value raw, kernel.Get("length_scale"));
    std::vector<double> scale(static_cast<size_t>(x_.columns));
    if (AsNumber(raw)) {
      ASSIGN_OR_RETURN(scale, kernel.Broadcast("length_scale", x_.columns));
    } else {
      ASSIGN_OR_RETURN(const Dense given, kernel.ArrayAt(raw, "length_scale", {-1}));
      if (given.rows() != 1 && given.rows() != x_.columns)
        return kernel.Expected("length_scale", fmt::format("1 or {} numbers", x_.columns),
                               fmt::format("{}", given.rows()));
      for (size_t i = 0; i < scale.size(); ++i) scale[i] = given.values[i % given.values.size()];
    }
    Dense rows = *rows_;
    for (size_t i = 0; i < rows.values.size(); ++i) rows.values[i] /= scale[i % scale.size()];
    return AddDistances(graph_, MapWith(graph_, "Div", x_, scale), rows,
                        {.power = 2, .take_root = take_root});
  }

  /// e^−x
  Matrix Decay(const Matrix& x) { return Map(graph_, "Exp", Map(graph_, "Neg", x)); }

  /// exp(−d²/2)
  StatusOr<Values> RadialBasis(const State& kernel) {
    ASSIGN_OR_RETURN(const Matrix squares, ScaledDistances(kernel, false));
    return Values{Map(graph_, "Exp", MapWith(graph_, "Mul", squares, {-0.5}))};
  }

  StatusOr<Values> Matern(const State& kernel) {
    ASSIGN_OR_RETURN(const double nu, kernel.NumberOr("nu", 1.5));
    if (std::isinf(nu)) return RadialBasis(kernel);
    if (nu != 0.5 && nu != 1.5 && nu != 2.5)
      return kernel.Unsupported("nu: expected 0.5, 1.5, 2.5 or infinity, got {}", nu);
    ASSIGN_OR_RETURN(const Matrix distances, ScaledDistances(kernel, true));
    if (nu == 0.5) return Values{Decay(distances)};
    const Matrix d = MapWith(graph_, "Mul", distances, {std::sqrt(2 * nu)});
    Matrix factor = MapWith(graph_, "Add", d, {1});
    if (nu == 2.5) {
      const Matrix square = {graph_.Add("Mul", {d.value, d.value}), DType::kFp64, d.columns};
      factor.value = graph_.Add("Add", {factor.value, MapWith(graph_, "Div", square, {3}).value});
    }
    return Values{
        Matrix{graph_.Add("Mul", {factor.value, Decay(d).value}), DType::kFp64, d.columns}};
  }

  /// (1 + d²/(2αl²))^−α
  StatusOr<Values> RationalQuadratic(const State& kernel) {
    ASSIGN_OR_RETURN(const double alpha, kernel.Number("alpha"));
    ASSIGN_OR_RETURN(const double scale, kernel.Number("length_scale"));
    const Matrix squares = AddDistances(graph_, x_, *rows_, {.power = 2, .take_root = false});
    const Matrix base =
        MapWith(graph_, "Add", MapWith(graph_, "Div", squares, {2 * alpha * scale * scale}), {1});
    return Values{MapWith(graph_, "Pow", base, {-alpha})};
  }

  /// exp(−2(sin(πd/p)/l)²)
  StatusOr<Values> ExpSineSquared(const State& kernel) {
    ASSIGN_OR_RETURN(const double periodicity, kernel.Number("periodicity"));
    ASSIGN_OR_RETURN(const double scale, kernel.Number("length_scale"));
    const Matrix distances = AddDistances(graph_, x_, *rows_, {});
    const Matrix angle = MapWith(
        graph_, "Div", MapWith(graph_, "Mul", distances, {std::numbers::pi}), {periodicity});
    const Matrix sine = MapWith(graph_, "Div", Map(graph_, "Sin", angle), {scale});
    const Matrix square = {graph_.Add("Mul", {sine.value, sine.value}), DType::kFp64, sine.columns};
    return Values{Map(graph_, "Exp", MapWith(graph_, "Mul", square, {-2}))};
  }

  Graph& graph_;
  const Matrix x_;
  const Dense* rows_;
  int depth_ = 0;
  int kernels_ = 0;
};

}  // namespace

StatusOr<Matrix> AddProcessKernel(Graph& graph, const State& kernel, const Matrix& x,
                                  const Dense& rows) {
  ASSIGN_OR_RETURN(const Values values, KernelWriter(graph, x, &rows).Write(kernel));
  if (values.matrix) return *values.matrix;
  const std::vector<double> ones(static_cast<size_t>(rows.rows()), 1);
  return Matrix{graph.Add("MatMul", {Filled(graph, x, values.constant).value,
                                     graph.Constant<double>({1, rows.rows()}, ones)}),
                DType::kFp64, rows.rows()};
}

StatusOr<Matrix> AddProcessVariance(Graph& graph, const State& kernel, const Matrix& x) {
  ASSIGN_OR_RETURN(const Values values, KernelWriter(graph, x, nullptr).Write(kernel));
  return values.matrix ? *values.matrix : Filled(graph, x, values.constant);
}

}  // namespace slipway::importing::sklearn
