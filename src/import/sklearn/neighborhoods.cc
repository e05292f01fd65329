#include "import/sklearn/neighborhoods.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {
namespace {

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

/// Sums of powers: distances before their root is taken.
Matrix AddSums(Graph& graph, const Matrix& x, const Dense& rows, const Metric& metric) {
  const std::string_view name = OperatorOf(metric);
  const int64_t trained = rows.rows();
  std::vector<std::string> inputs = {
      x.value,
      graph.Constant<double>({x.columns, trained}, Transposed(rows.values, trained, x.columns))};
  if (name == "SumOfPoweredDistances") inputs.push_back(graph.Scalar<double>(metric.power));
  return {graph.AddDefined(name, inputs, Distances(metric)), DType::kFp64, trained};
}

Matrix Rooted(Graph& graph, const Matrix& sums, const Metric& metric) {
  if (!metric.take_root) return sums;
  if (metric.power == 2) return Map(graph, "Sqrt", sums);
  return MapWith(graph, "Pow", sums, {1 / metric.power});
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

}  // namespace

StatusOr<Neighborhood> ReadNeighborhood(const State& state, int64_t columns,
                                        std::string_view count_key) {
  Neighborhood near;
  ASSIGN_OR_RETURN(near.rows, state.Array("_fit_X", {-1, columns}));
  ASSIGN_OR_RETURN(near.count, state.Integer(count_key));
  if (near.count < 1 || near.count > near.rows.rows())
    return state.Expected(count_key, fmt::format("1 to {}", near.rows.rows()),
                          fmt::format("{}", near.count));
  ASSIGN_OR_RETURN(near.metric, ReadMetric(state));
  return near;
}

Nearest AddNearest(Graph& graph, const Matrix& x, const Neighborhood& near) {
  const Matrix sums = AddSums(graph, x, near.rows, near.metric);
  const std::string count = graph.Constant<int64_t>({1}, std::vector<int64_t>{near.count});
  const auto nearest =
      graph.AddMany("TopK", {sums.value, count}, 2, {{"axis", 1}, {"largest", 0}, {"sorted", 1}});
  const Matrix distances = Rooted(graph, {nearest[0], DType::kFp64, near.count}, near.metric);
  return {distances.value, nearest[1]};
}

Matrix AddDistances(Graph& graph, const Matrix& x, const Dense& rows, const Metric& metric) {
  return Rooted(graph, AddSums(graph, x, rows, metric), metric);
}

Matrix MeanOverNeighbors(Graph& graph, const Nearest& nearest, const Neighborhood& near,
                         bool weighted, const std::string& values, int64_t width) {
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  if (!weighted) {
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

Matrix ShareOfClasses(Graph& graph, const Nearest& nearest, const Neighborhood& near, bool weighted,
                      const std::vector<int64_t>& y, int64_t classes) {
  std::vector<int64_t> numbers(static_cast<size_t>(classes));
  std::iota(numbers.begin(), numbers.end(), 0);
  const std::string own =
      graph.Add("Gather", {graph.Constant<int64_t>({near.rows.rows()}, y), nearest.rows});
  const std::string last = graph.Constant<int64_t>({1}, std::vector<int64_t>{2});
  const std::string is_class = graph.Add(
      "Equal", {graph.Add("Unsqueeze", {own, last}), graph.Constant<int64_t>({classes}, numbers)});
  const Matrix shares = graph.CastTo({is_class, DType::kBool, classes}, DType::kFp64);
  return MeanOverNeighbors(graph, nearest, near, weighted, shares.value, classes);
}

}  // namespace slipway::importing::sklearn
