#include "import/predictions.h"

namespace slipway::importing {

std::string AsVector(Graph& graph, const std::string& column) {
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  return graph.Add("Squeeze", {column, axis});
}

void WriteOutputs(Graph& graph, const Predictions& predictions) {
  const auto rows_of = [](int64_t columns) {
    return columns == 1 ? Shape{-1} : Shape{-1, columns};
  };
  if (!predictions.label.empty())
    graph.Output("predict", predictions.label, DType::kInt64, rows_of(predictions.labels));
  if (predictions.value) {
    const Matrix& value = *predictions.value;
    const std::string shaped = value.columns == 1 ? AsVector(graph, value.value) : value.value;
    graph.Output("predict", shaped, value.dtype, rows_of(value.columns));
  }
  if (predictions.proba)
    graph.Output("predict_proba", predictions.proba->value, predictions.proba->dtype,
                 {-1, predictions.proba->columns});
}

}  // namespace slipway::importing
