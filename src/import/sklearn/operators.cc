#include "import/sklearn/operators.h"

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
