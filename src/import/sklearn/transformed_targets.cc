// TransformedTargetRegressor: a regressor of targets that a transformer takes back to what they
// were.

#include <cmath>

#include "import/sklearn/numpy_functions.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// y·scale + offset, both by attributes that may be absent.
StatusOr<Matrix> Unscaled(Graph& graph, const State& state, std::string_view scale_key,
                          std::string_view offset_key, Matrix y) {
  if (state.Has(scale_key)) {
    ASSIGN_OR_RETURN(const std::vector<double> scale, state.Vector(scale_key, y.columns));
    y = MapWith(graph, "Mul", y, scale);
  }
  if (!state.Has(offset_key)) return y;
  ASSIGN_OR_RETURN(const std::vector<double> offset, state.Vector(offset_key, y.columns));
  return MapWith(graph, "Add", y, offset);
}

StatusOr<Matrix> UnscaledRange(Graph& graph, const State& state, const Matrix& y) {
  ASSIGN_OR_RETURN(const std::vector<double> minimum, state.Vector("min_", y.columns));
  ASSIGN_OR_RETURN(const std::vector<double> scale, state.Vector("scale_", y.columns));
  return MapWith(graph, "Div", MapWith(graph, "Sub", y, minimum), scale);
}

/// (1 + λ·y)^(1/λ), which is e^y for λ = 0.
Matrix PowerOf(Graph& graph, const Matrix& y, double lambda) {
  if (lambda == 0) return Map(graph, "Exp", y);
  const Matrix base = MapWith(graph, "Add", MapWith(graph, "Mul", y, {lambda}), {1});
  return MapWith(graph, "Pow", base, {1 / lambda});
}

/// The inverse of Yeo and Johnson's transform of one column.
Matrix UndoYeoJohnson(Graph& graph, const Matrix& y, double lambda) {
  const Matrix positive = MapWith(graph, "Sub", PowerOf(graph, y, lambda), {1});
  const Matrix mirrored = PowerOf(graph, Map(graph, "Neg", y), 2 - lambda);
  const std::string negative = graph.Add("Sub", {graph.Scalar<double>(1), mirrored.value});
  const std::string is_positive = graph.Add("GreaterOrEqual", {y.value, graph.Scalar<double>(0)});
  return {graph.Add("Where", {is_positive, positive.value, negative}), DType::kFp64, 1};
}

StatusOr<Matrix> UndoPower(Graph& graph, const State& state, Matrix y) {
  ASSIGN_OR_RETURN(const std::vector<double> lambdas, state.Vector("lambdas_", y.columns));
  ASSIGN_OR_RETURN(const std::string method, state.TextOr("method", "yeo-johnson"));
  ASSIGN_OR_RETURN(const bool standardize, state.BoolOr("standardize", true));
  if (method != "yeo-johnson" && method != "box-cox")
    return state.Unsupported("method: \"{}\" is not known", method);
  if (standardize) {
    ASSIGN_OR_RETURN(const State scaler, state.Nested("_scaler"));
    ASSIGN_OR_RETURN(y, Unscaled(graph, scaler, "scale_", "mean_", y));
  }
  std::vector<Matrix> columns;
  for (int64_t i = 0; i < y.columns; ++i) {
    const Matrix column = graph.Select(y, std::vector<int64_t>{i});
    columns.push_back(method == "box-cox" ? PowerOf(graph, column, lambdas[i])
                                          : UndoYeoJohnson(graph, column, lambdas[i]));
  }
  return graph.Concat(columns);
}

/// What inverse_transform of a transformer makes of y.
StatusOr<Matrix> Undo(Graph& graph, const State& transformer, const Matrix& y) {
  const std::string_view name = transformer.name();
  if (name == "FunctionTransformer")
    return ApplyNumpyFunction(graph, transformer, "inverse_func", "inv_kw_args", y);
  if (name == "StandardScaler") return Unscaled(graph, transformer, "scale_", "mean_", y);
  if (name == "RobustScaler") return Unscaled(graph, transformer, "scale_", "center_", y);
  if (name == "MaxAbsScaler") return Unscaled(graph, transformer, "scale_", "", y);
  if (name == "MinMaxScaler") return UnscaledRange(graph, transformer, y);
  if (name == "PowerTransformer") return UndoPower(graph, transformer, y);
  return transformer.Unsupported(
      "its inverse has no counterpart; expected FunctionTransformer, StandardScaler, RobustScaler, "
      "MaxAbsScaler, MinMaxScaler or PowerTransformer");
}

StatusOr<State> InnerRegressor(const State& state) { return state.Nested("regressor_"); }

StatusOr<Outputs> TransformedTargetRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State regressor, InnerRegressor(state));
  ASSIGN_OR_RETURN(const State transformer, state.Nested("transformer_"));
  ASSIGN_OR_RETURN(const int64_t dimensions, state.IntegerOr("_training_dim", 1));
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(regressor, x));
  if (!outputs.predict) return regressor.Bad("expected a regressor");
  ASSIGN_OR_RETURN(const Matrix predicted, Undo(writer.graph(), transformer, *outputs.predict));
  return Predicting(predicted, dimensions == 1 && predicted.columns == 1);
}

}  // namespace

std::span<const Estimator> TransformedTargets() {
  static constexpr Estimator kRows[] = {
      {"sklearn.compose", "TransformedTargetRegressor", EstimatorKind::kRegressor,
       TransformedTargetRegressor, InnerRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
