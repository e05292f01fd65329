#include "import/sklearn/operators.h"

#include <cmath>
#include <limits>
#include <numbers>

namespace slipway::importing::sklearn {

Matrix Map(Graph& graph, std::string_view op_type, const Matrix& x,
           const std::vector<onnx::Attribute>& attributes) {
  return {graph.Add(op_type, {x.value}, attributes), x.dtype, x.columns};
}

Matrix MapWith(Graph& graph, std::string_view op_type, const Matrix& x,
               const std::vector<double>& row) {
  const auto count = static_cast<int64_t>(row.size());
  const bool keeps_zeros = op_type == "Mul" || op_type == "Div";
  return {graph.Add(op_type, {x.value, graph.Constant<double>({count}, row)}), x.dtype, x.columns,
          x.sparse && keeps_zeros};
}

Matrix Multiply(Graph& graph, const Matrix& x, const std::vector<double>& weights,
                int64_t outputs) {
  const std::string constant = graph.Constant<double>({x.columns, outputs}, weights);
  return {graph.Add("MatMul", {x.value, constant}), DType::kFp64, outputs};
}

Matrix Affine(Graph& graph, const Matrix& x, const std::vector<double>& weights,
              const std::vector<double>& offsets) {
  const auto outputs = static_cast<int64_t>(offsets.size());
  const std::string product =
      graph.Add("MatMul", {x.value, graph.Constant<double>({x.columns, outputs}, weights)});
  return MapWith(graph, "Add", {product, DType::kFp64, outputs}, offsets);
}

std::vector<double> Transposed(const std::vector<double>& values, int64_t rows, int64_t columns) {
  std::vector<double> transposed(values.size());
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) transposed[j * rows + i] = values[i * columns + j];
  return transposed;
}

Matrix Reduce(Graph& graph, std::string_view op_type, const Matrix& x) {
  return {graph.Add(op_type, {x.value, graph.Constant<int64_t>({1}, std::vector<int64_t>{1})},
                    {{"keepdims", 1}}),
          x.dtype, 1};
}

Matrix Filled(Graph& graph, const Matrix& x, double value) {
  const std::string shape = graph.Add("Shape", {x.value}, {{"start", 0}, {"end", 1}});
  const std::string one = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  const std::string size = graph.Add("Concat", {shape, one}, {{"axis", 0}});
  return {graph.Add("Expand", {graph.Scalar<double>(value), size}), DType::kFp64, 1};
}

Matrix Softmax(Graph& graph, const Matrix& x) { return Map(graph, "Softmax", x, {{"axis", 1}}); }

Matrix WithComplement(Graph& graph, const Matrix& p) {
  const Matrix complement = {graph.Add("Sub", {graph.Scalar<double>(1), p.value}), p.dtype, 1};
  return graph.Concat(std::vector<Matrix>{complement, p});
}

Matrix DividedUnless(Graph& graph, const Matrix& x, const std::string& is_one,
                     const Matrix& divisor) {
  const std::string safe = graph.Add("Where", {is_one, graph.Scalar<double>(1), divisor.value});
  return {graph.Add("Div", {x.value, safe}), x.dtype, x.columns};
}

Matrix DividedBySum(Graph& graph, const Matrix& p) {
  const Matrix sum = Reduce(graph, "ReduceSum", p);
  const std::string empty = graph.Add("Equal", {sum.value, graph.Scalar<double>(0)});
  return OrUniform(graph, empty, {graph.Add("Div", {p.value, sum.value}), p.dtype, p.columns});
}

Matrix OrUniform(Graph& graph, const std::string& empty, const Matrix& shares) {
  const std::string uniform = graph.Scalar<double>(1.0 / static_cast<double>(shares.columns));
  return {graph.Add("Where", {empty, uniform, shares.value}), DType::kFp64, shares.columns};
}

// ln u is off by what u = 1 + x was rounded by, and u − 1 by as much.
Matrix Log1p(Graph& graph, const Matrix& x) {
  const std::string one = graph.Scalar<double>(1);
  const std::string inf = graph.Scalar<double>(std::numeric_limits<double>::infinity());
  const std::string u = graph.Add("Add", {x.value, one});
  const std::string is_x =
      graph.Add("Or", {graph.Add("Equal", {u, one}), graph.Add("Equal", {u, inf})});
  const std::string slope = graph.Add("Div", {x.value, graph.Add("Sub", {u, one})});
  const std::string log = graph.Add("Mul", {graph.Add("Log", {u}), slope});
  return {graph.Add("Where", {is_x, x.value, log}), x.dtype, x.columns};
}

// u − 1 is off by what u = e^x was rounded by, and ln u by as much.
// Source: W. Kahan's, N. J. Higham, Accuracy and Stability of Numerical Algorithms, 1.14.1.
Matrix Expm1(Graph& graph, const Matrix& x) {
  const std::string one = graph.Scalar<double>(1);
  const std::string u = graph.Add("Exp", {x.value});
  const std::string less_one = graph.Add("Sub", {u, one});
  const std::string near =
      graph.Add("Mul", {less_one, graph.Add("Div", {x.value, graph.Add("Log", {u})})});
  const std::string is_x = graph.Add("Equal", {u, one});
  const std::string is_far = graph.Add("Greater", {graph.Add("Abs", {x.value}), one});
  const std::string close = graph.Add("Where", {is_x, x.value, near});
  return {graph.Add("Where", {is_far, less_one, close}), x.dtype, x.columns};
}

Matrix LogToBase(Graph& graph, const Matrix& x, double base) {
  const Matrix log = MapWith(graph, "Div", Map(graph, "Log", x), {std::log(base)});
  const std::string whole = graph.Add("Round", {log.value});
  const std::string power = graph.Add("Pow", {graph.Scalar<double>(base), whole});
  const std::string is_power = graph.Add("Equal", {power, x.value});
  return {graph.Add("Where", {is_power, whole, log.value}), x.dtype, x.columns};
}

Matrix GaussianJoint(Graph& graph, const Matrix& x, const std::vector<double>& means,
                     const std::vector<double>& variances, std::vector<double> priors) {
  const auto count = static_cast<int64_t>(priors.size());
  for (int64_t k = 0; k < count; ++k)
    for (int64_t i = 0; i < x.columns; ++i)
      priors[k] -= 0.5 * std::log(2 * std::numbers::pi * variances[k * x.columns + i]);
  // The differences themselves, [n, classes, columns]: squares of far means would cancel.
  const Shape shape = {count, x.columns};
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  const std::string rows = graph.Add("Unsqueeze", {x.value, axis});
  const std::string difference = graph.Add("Sub", {rows, graph.Constant<double>(shape, means)});
  const std::string distance = graph.Add("Div", {graph.Add("Mul", {difference, difference}),
                                                 graph.Constant<double>(shape, variances)});
  const std::string last = graph.Constant<int64_t>({1}, std::vector<int64_t>{2});
  const Matrix sum = {graph.Add("ReduceSum", {distance, last}, {{"keepdims", 0}}), DType::kFp64,
                      count};
  return MapWith(graph, "Add", MapWith(graph, "Mul", sum, {-0.5}), priors);
}

std::string ArgMax(Graph& graph, const Matrix& x) {
  return graph.Add("ArgMax", {x.value}, {{"axis", 1}, {"keepdims", 0}});
}

std::string IsAbove(Graph& graph, const Matrix& column, double limit) {
  const std::string above = graph.Add("Greater", {column.value, graph.Scalar<double>(limit)});
  const Matrix flag = graph.CastTo({above, DType::kBool, 1}, DType::kInt64);
  return Squeeze(graph, flag);
}

std::string Squeeze(Graph& graph, const Matrix& column) {
  return graph.Add("Squeeze",
                   {column.value, graph.Constant<int64_t>({1}, std::vector<int64_t>{1})});
}

}  // namespace slipway::importing::sklearn
