// KNeighbors*: distances to every row that was trained on, and the nearest of them.

#include <cmath>
#include <limits>
#include <numeric>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// Distances are roots of sums of powers of differences: power 1 is Manhattan's, 2 Euclid's,
/// infinity Chebyshev's.
struct Metric {
  double power = 2;
  bool take_root = true;
};

struct Neighborhood {
  Dense rows;  // [trained rows, columns]
  int64_t count = 0;
  Metric metric;
  bool by_distance = false;  // weights are 1 / distance
};

StatusOr<Metric> ReadMetric(const State& state) {
  ASSIGN_OR_RETURN(const std::string name, state.Text("effective_metric_"));
  ASSIGN_OR_RETURN(double power, state.NumberOr("p", 2));
  if (const auto parameters = state.Find("effective_metric_params_")) {
    const bool is_dict = parameters->is(pickle::Kind::kDict);
    for (size_t i = 0; is_dict && i < parameters->size(); ++i) {
      if (parameters->at(i).is(pickle::Kind::kNone)) continue;
      if (AsText(parameters->key(i)) != "p")
        return state.Unsupported("metric_params: expected none but p");
      power = AsNumber(parameters->at(i)).value_or(power);
    }
  }
  const double infinity = std::numeric_limits<double>::infinity();
  if (name == "euclidean" || name == "l2") return Metric{2, true};
  if (name == "sqeuclidean") return Metric{2, false};
  if (name == "manhattan" || name == "l1" || name == "cityblock") return Metric{1, false};
  if (name == "chebyshev" || name == "infinity") return Metric{infinity, false};
  if (name == "minkowski" && power > 0) return Metric{power, power != 1 && power != infinity};
  return state.Unsupported(
      "metric: expected \"minkowski\", \"euclidean\", \"manhattan\" or \"chebyshev\", got \"{}\"",
      name);
}

StatusOr<Neighborhood> ReadNeighborhood(const State& state, int64_t columns) {
  Neighborhood near;
  ASSIGN_OR_RETURN(near.rows, state.Array("_fit_X", {-1, columns}));
  ASSIGN_OR_RETURN(near.count, state.Integer("n_neighbors"));
  if (near.count < 1 || near.count > near.rows.rows())
    return state.Expected("n_neighbors", fmt::format("1 to {}", near.rows.rows()),
                          fmt::format("{}", near.count));
  ASSIGN_OR_RETURN(near.metric, ReadMetric(state));
  const auto weights = state.Find("weights");
  const auto name = weights ? AsText(*weights) : std::optional<std::string>("uniform");
  if (name != "uniform" && name != "distance")
    return state.Unsupported("weights: expected \"uniform\" or \"distance\", got {}",
                             name.value_or(Describe(*weights)));
  near.by_distance = name == "distance";
  return near;
}

/// The operator that adds up what each column says of how far rows lie apart.
std::string_view OperatorOf(const Metric& metric) {
  if (metric.power == 1) return "SumOfDistances";
  if (metric.power == 2) return "SumOfSquaredDistances";
  return std::isfinite(metric.power) ? "SumOfPoweredDistances" : "LargestDistance";
}

/// What one column adds: (total [n, m], x [n], y [m]) → total' [n, m]. Sees the operator's "power".
onnx::Builder DistanceOfColumn(const Metric& metric) {
  onnx::Builder body;
  body.Input("total", DType::kFp64, {-1, -1});
  body.Input("column", DType::kFp64, {-1});
  body.Input("reference", DType::kFp64, {-1});
  body.Constant<int64_t>("axis", {1}, std::vector<int64_t>{1});
  body.Node("Unsqueeze", {"column", "axis"}, {"row"});
  body.Node("Sub", {"row", "reference"}, {"difference"});
  std::string term = "magnitude";
  if (metric.power == 2) {
    term = "square";
    body.Node("Mul", {"difference", "difference"}, {term});
  } else {
    body.Node("Abs", {"difference"}, {"magnitude"});
  }
  if (metric.power != 1 && metric.power != 2 && std::isfinite(metric.power)) {
    term = "powered";
    body.Node("Pow", {"magnitude", "power"}, {term});
  }
  body.Node(std::isfinite(metric.power) ? "Add" : "Max", {"total", term}, {"sum"});
  body.Output("sum", DType::kFp64, {-1, -1});
  return body;
}

/// (x [n, columns], references [columns, m], power) → [n, m]. Column by column, so that equal rows
/// have distance 0 and no [n, m, columns] is ever held.
onnx::Builder Distances(const Metric& metric) {
  onnx::Builder body;
  body.Opset("", kOpset);
  body.Input("x", DType::kFp64, {-1, -1}).Input("references", DType::kFp64, {-1, -1});
  if (OperatorOf(metric) == "SumOfPoweredDistances") body.Input("power", DType::kFp64, {});
  body.Node("Shape", {"x"}, {"rows"}, {{"start", 0}, {"end", 1}});
  body.Node("Shape", {"references"}, {"columns"}, {{"start", 1}, {"end", 2}});
  body.Node("Concat", {"rows", "columns"}, {"shape"}, {{"axis", 0}});
  const double zero = 0;
  body.Node("ConstantOfShape", {"shape"}, {"zeros"},
            {{"value", Tensor{DType::kFp64, {1}, Buffer(std::as_bytes(std::span(&zero, 1)))}}});
  body.Node("Transpose", {"x"}, {"x_columns"}, {{"perm", std::vector<int64_t>{1, 0}}});
  const onnx::Builder column = DistanceOfColumn(metric);
  body.Node("Scan", {"zeros", "x_columns", "references"}, {"distances"},
            {{"num_scan_inputs", 2}, {"body", &column}});
  body.Output("distances", DType::kFp64, {-1, -1});
  return body;
}

struct Nearest {
  std::string distances;  // FP64 [n, k], ascending
  std::string rows;       // INT64 [n, k], positions in the trained rows
};

Nearest AddNearest(Graph& graph, const Matrix& x, const Neighborhood& near) {
  const int64_t trained = near.rows.rows();
  const std::string_view name = OperatorOf(near.metric);
  std::vector<std::string> inputs = {
      x.value, graph.Constant<double>({x.columns, trained},
                                      Transposed(near.rows.values, trained, x.columns))};
  if (name == "SumOfPoweredDistances") inputs.push_back(graph.Scalar<double>(near.metric.power));
  const std::string sums = graph.AddDefined(name, inputs, Distances(near.metric));
  const std::string count = graph.Constant<int64_t>({1}, std::vector<int64_t>{near.count});
  const auto nearest =
      graph.AddMany("TopK", {sums, count}, 2, {{"axis", 1}, {"largest", 0}, {"sorted", 1}});
  std::string distances = nearest[0];
  if (near.metric.take_root)
    distances = near.metric.power == 2
                    ? graph.Add("Sqrt", {distances})
                    : graph.Add("Pow", {distances, graph.Scalar<double>(1 / near.metric.power)});
  return {distances, nearest[1]};
}

/// 1 / distance; where some neighbor has distance 0, 1 for those that have, else 0: [n, k].
std::string InverseDistances(Graph& graph, const Nearest& nearest, int64_t count) {
  const Matrix is_zero = {graph.Add("Equal", {nearest.distances, graph.Scalar<double>(0)}),
                          DType::kBool, count};
  const Matrix exact = graph.CastTo(is_zero, DType::kFp64);
  const Matrix any = graph.CastTo(Reduce(graph, "ReduceMax", exact), DType::kBool);
  const std::string inverse = graph.Add("Reciprocal", {nearest.distances});
  return graph.Add("Where", {any.value, exact.value, inverse});
}

/// The mean over neighbors of what a table says of each: [n, width].
/// @param values  [n, k, width]
Matrix MeanOverNeighbors(Graph& graph, const Nearest& nearest, const Neighborhood& near,
                         const std::string& values, int64_t width) {
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  if (!near.by_distance) {
    const Matrix sum = {graph.Add("ReduceSum", {values, axis}, {{"keepdims", 0}}), DType::kFp64,
                        width};
    return MapWith(graph, "Div", sum, {static_cast<double>(near.count)});
  }
  const Matrix weights = {InverseDistances(graph, nearest, near.count), DType::kFp64, near.count};
  const std::string last = graph.Constant<int64_t>({1}, std::vector<int64_t>{2});
  const std::string each = graph.Add("Unsqueeze", {weights.value, last});
  const std::string sum =
      graph.Add("ReduceSum", {graph.Add("Mul", {each, values}), axis}, {{"keepdims", 0}});
  return {graph.Add("Div", {sum, Reduce(graph, "ReduceSum", weights).value}), DType::kFp64, width};
}

StatusOr<Outputs> Classifier(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(state, x.columns));
  ASSIGN_OR_RETURN(const std::vector<int64_t> y, state.Integers("_y", near.rows.rows()));
  const Nearest nearest = AddNearest(graph, x, near);
  std::vector<int64_t> numbers(static_cast<size_t>(classes.size()));
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::string own =
      graph.Add("Gather", {graph.Constant<int64_t>({near.rows.rows()}, y), nearest.rows});
  const std::string last = graph.Constant<int64_t>({1}, std::vector<int64_t>{2});
  const std::string is_class = graph.Add(
      "Equal",
      {graph.Add("Unsqueeze", {own, last}), graph.Constant<int64_t>({classes.size()}, numbers)});
  const Matrix shares = graph.CastTo({is_class, DType::kBool, classes.size()}, DType::kFp64);
  const Matrix proba = MeanOverNeighbors(graph, nearest, near, shares.value, classes.size());
  return MostProbable(graph, std::move(classes), proba);
}

StatusOr<Outputs> Regressor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(state, x.columns));
  ASSIGN_OR_RETURN(const Value raw, state.Get("_y"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  const int64_t trained = near.rows.rows();
  ASSIGN_OR_RETURN(const Dense y,
                   state.ArrayAt(raw, "_y", is_vector ? Shape{trained} : Shape{trained, -1}));
  const Nearest nearest = AddNearest(graph, x, near);
  const std::string values =
      graph.Add("Gather", {graph.Constant<double>({trained, y.columns()}, y.values), nearest.rows});
  return Predicting(MeanOverNeighbors(graph, nearest, near, values, y.columns()), is_vector);
}

constexpr std::string_view kNeighbors = "sklearn.neighbors";

constexpr Estimator kRows[] = {
    {kNeighbors, "KNeighborsClassifier", EstimatorKind::kClassifier, Classifier},
    {kNeighbors, "KNeighborsRegressor", EstimatorKind::kRegressor, Regressor},
};

}  // namespace

std::span<const Estimator> Neighbors() { return kRows; }

}  // namespace slipway::importing::sklearn
