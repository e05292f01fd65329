#include "import/sklearn/neighborhoods.h"

#include <cmath>
#include <limits>

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

/// What one column adds to the distances: (total [n, m], x [n], y [m]) → total' [n, m].
onnx::Builder DistanceOfColumn(const Metric& metric) {
  // Names that no column has: a subgraph sees those around it.
  onnx::Builder body;
  body.Input("scan.total", DType::kFp64, {-1, -1});
  body.Input("scan.x", DType::kFp64, {-1});
  body.Input("scan.y", DType::kFp64, {-1});
  body.Constant<int64_t>("scan.axis", {1}, std::vector<int64_t>{1});
  body.Node("Unsqueeze", {"scan.x", "scan.axis"}, {"scan.x_column"});
  body.Node("Sub", {"scan.x_column", "scan.y"}, {"scan.difference"});
  std::string term = "scan.magnitude";
  if (metric.power == 2) {
    term = "scan.square";
    body.Node("Mul", {"scan.difference", "scan.difference"}, {term});
  } else {
    body.Node("Abs", {"scan.difference"}, {"scan.magnitude"});
  }
  if (metric.power != 1 && metric.power != 2 && std::isfinite(metric.power)) {
    term = "scan.power";
    body.Constant<double>("scan.p", {}, std::vector<double>{metric.power});
    body.Node("Pow", {"scan.magnitude", "scan.p"}, {term});
  }
  body.Node(std::isfinite(metric.power) ? "Add" : "Max", {"scan.total", term}, {"scan.sum"});
  body.Output("scan.sum", DType::kFp64, {-1, -1});
  return body;
}

/// Sums of powers: distances before their root is taken.
Matrix AddSums(Graph& graph, const Matrix& x, const Dense& rows, const Metric& metric) {
  const int64_t trained = rows.rows();
  const std::string columns =
      graph.Add("Transpose", {x.value}, {{"perm", std::vector<int64_t>{1, 0}}});
  const std::string zeros =
      graph.Add("MatMul", {Filled(graph, x, 0).value,
                           graph.Constant<double>({1, trained}, std::vector<double>(trained, 0))});
  const onnx::Builder body = DistanceOfColumn(metric);
  const std::string sums = graph.Add(
      "Scan",
      {zeros, columns,
       graph.Constant<double>({x.columns, trained}, Transposed(rows.values, trained, x.columns))},
      {{"num_scan_inputs", 2}, {"body", &body}});
  return {sums, DType::kFp64, trained};
}

Matrix Rooted(Graph& graph, const Matrix& sums, const Metric& metric) {
  if (!metric.take_root) return sums;
  if (metric.power == 2) return Map(graph, "Sqrt", sums);
  return MapWith(graph, "Pow", sums, {1 / metric.power});
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

}  // namespace slipway::importing::sklearn
