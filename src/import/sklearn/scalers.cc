// Transformers that move and stretch each column.

#include <cmath>
#include <limits>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// `op_type` with an attribute of one number a column.
StatusOr<Matrix> WithRow(Writer& writer, const State& state, const Matrix& x,
                         std::string_view op_type, std::string_view key) {
  ASSIGN_OR_RETURN(const std::vector<double> row, state.Vector(key, x.columns));
  return MapWith(writer.graph(), op_type, x, row);
}

/// (x − centre) / scale; "" for one that is left out.
StatusOr<Outputs> Standardize(Writer& writer, const State& state, const Table& table,
                              std::string_view centre, std::string_view scale) {
  ASSIGN_OR_RETURN(Matrix x, table.Numbers(writer.graph(), state.Title()));
  if (!centre.empty()) {
    ASSIGN_OR_RETURN(x, WithRow(writer, state, x, "Sub", centre));
  }
  if (!scale.empty()) {
    ASSIGN_OR_RETURN(x, WithRow(writer, state, x, "Div", scale));
  }
  return Transforming(x);
}

StatusOr<Outputs> StandardScaler(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const bool with_mean, state.BoolOr("with_mean", true));
  ASSIGN_OR_RETURN(const bool with_std, state.BoolOr("with_std", true));
  return Standardize(writer, state, x, with_mean ? "mean_" : "", with_std ? "scale_" : "");
}

StatusOr<Outputs> RobustScaler(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const bool with_centering, state.BoolOr("with_centering", true));
  ASSIGN_OR_RETURN(const bool with_scaling, state.BoolOr("with_scaling", true));
  return Standardize(writer, state, x, with_centering ? "center_" : "",
                     with_scaling ? "scale_" : "");
}

Matrix Clipped(Graph& graph, const Matrix& x, double low, double high) {
  return {graph.Add("Clip", {x.value, graph.Scalar<double>(low), graph.Scalar<double>(high)}),
          x.dtype, x.columns};
}

StatusOr<Outputs> MinMaxScaler(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> scale, state.Vector("scale_", x.columns));
  ASSIGN_OR_RETURN(const std::vector<double> minimum, state.Vector("min_", x.columns));
  const Matrix scaled = MapWith(graph, "Add", MapWith(graph, "Mul", x, scale), minimum);
  ASSIGN_OR_RETURN(const bool clip, state.BoolOr("clip", false));
  if (!clip) return Transforming(scaled);
  ASSIGN_OR_RETURN(const pickle::Value range, state.List("feature_range"));
  const auto low = range.size() == 2 ? AsNumber(range.at(0)) : std::nullopt;
  const auto high = range.size() == 2 ? AsNumber(range.at(1)) : std::nullopt;
  if (!low || !high) return state.Expected("feature_range", "two numbers", Describe(range));
  return Transforming(Clipped(graph, scaled, *low, *high));
}

StatusOr<Outputs> MaxAbsScaler(Writer& writer, const State& state, const Table& table) {
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(writer.graph(), state.Title()));
  ASSIGN_OR_RETURN(const Matrix scaled, WithRow(writer, state, x, "Div", "scale_"));
  ASSIGN_OR_RETURN(const bool clip, state.BoolOr("clip", false));
  return Transforming(clip ? Clipped(writer.graph(), scaled, -1, 1) : scaled);
}

StatusOr<Outputs> Normalizer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::string norm, state.TextOr("norm", "l2"));
  Matrix length;
  if (norm == "l1") {
    length = Reduce(graph, "ReduceSum", Map(graph, "Abs", x));
  } else if (norm == "max") {
    length = Reduce(graph, "ReduceMax", Map(graph, "Abs", x));
  } else if (norm == "l2") {
    const Matrix squares = {graph.Add("Mul", {x.value, x.value}), x.dtype, x.columns};
    length = Map(graph, "Sqrt", Reduce(graph, "ReduceSum", squares));
  } else {
    return state.Unsupported("norm: expected \"l1\", \"l2\" or \"max\", got \"{}\"", norm);
  }
  ASSIGN_OR_RETURN(const bool before_1_0, IsBefore(state, 1, 0));
  const double least = 10 * std::numeric_limits<double>::epsilon();
  const std::string is_one = before_1_0
                                 ? graph.Add("Equal", {length.value, graph.Scalar<double>(0)})
                                 : graph.Add("Less", {length.value, graph.Scalar<double>(least)});
  return Transforming(DividedUnless(graph, x, is_one, length));
}

StatusOr<Outputs> Binarizer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const double threshold, state.NumberOr("threshold", 0));
  const Matrix above = {graph.Add("Greater", {x.value, graph.Scalar<double>(threshold)}),
                        DType::kBool, x.columns};
  return Transforming(graph.CastTo(above, DType::kFp64));
}

/// (e^(λ·log) − 1) / λ, or `log` itself where λ is 0, a λ for each column.
Matrix BoxCox(Graph& graph, const Matrix& log, const std::vector<double>& lambdas) {
  std::vector<double> exponents = lambdas;
  std::vector<double> is_zero(lambdas.size());
  bool any_zero = false;
  for (size_t i = 0; i < lambdas.size(); ++i) {
    is_zero[i] = std::abs(lambdas[i]) < std::numeric_limits<double>::epsilon();
    any_zero |= is_zero[i] != 0;
    if (is_zero[i] != 0) exponents[i] = 1;
  }
  const Matrix raised = Expm1(graph, MapWith(graph, "Mul", log, exponents));
  const Matrix curve = MapWith(graph, "Div", raised, exponents);
  if (!any_zero) return curve;
  const Matrix choose = graph.CastTo(
      {graph.Constant<double>({log.columns}, is_zero), DType::kFp64, log.columns}, DType::kBool);
  return {graph.Add("Where", {choose.value, log.value, curve.value}), DType::kFp64, log.columns};
}

/// Box-Cox of x + 1 where x >= 0; below, that of 1 − x with 2 − λ, negated.
Matrix YeoJohnson(Graph& graph, const Matrix& x, const std::vector<double>& lambdas) {
  std::vector<double> mirrored = lambdas;
  for (double& lambda : mirrored) lambda = 2 - lambda;
  const std::string zero = graph.Scalar<double>(0);
  const auto log_of_side = [&](const std::string& value) {  // NaN stays NaN
    return Log1p(graph, {graph.Add("Max", {value, zero}), x.dtype, x.columns});
  };
  const Matrix above = BoxCox(graph, log_of_side(x.value), lambdas);
  const Matrix below = BoxCox(graph, log_of_side(graph.Add("Neg", {x.value})), mirrored);
  const std::string positive = graph.Add("GreaterOrEqual", {x.value, zero});
  const std::string negated = graph.Add("Neg", {below.value});
  return {graph.Add("Where", {positive, above.value, negated}), x.dtype, x.columns};
}

StatusOr<Outputs> PowerTransformer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> lambdas, state.Vector("lambdas_", x.columns));
  ASSIGN_OR_RETURN(const std::string method, state.TextOr("method", "yeo-johnson"));
  if (method != "yeo-johnson" && method != "box-cox")
    return state.Unsupported("method: expected \"yeo-johnson\" or \"box-cox\", got \"{}\"", method);
  const Matrix curve = method == "box-cox" ? BoxCox(graph, Map(graph, "Log", x), lambdas)
                                           : YeoJohnson(graph, x, lambdas);
  ASSIGN_OR_RETURN(const bool standardize, state.BoolOr("standardize", true));
  if (!standardize) return Transforming(curve);
  ASSIGN_OR_RETURN(const State scaler, state.Nested("_scaler"));
  return writer.Write(scaler, Table(curve));
}

}  // namespace

std::span<const Estimator> Scalers() {
  constexpr std::string_view kPreprocessing = "sklearn.preprocessing";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {kPreprocessing, "Binarizer", kTransforms, Binarizer},
      {kPreprocessing, "MaxAbsScaler", kTransforms, MaxAbsScaler},
      {kPreprocessing, "MinMaxScaler", kTransforms, MinMaxScaler},
      {kPreprocessing, "Normalizer", kTransforms, Normalizer},
      {kPreprocessing, "PowerTransformer", kTransforms, PowerTransformer},
      {kPreprocessing, "RobustScaler", kTransforms, RobustScaler},
      {kPreprocessing, "StandardScaler", kTransforms, StandardScaler},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
