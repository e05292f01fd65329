#include "import/sklearn/outputs.h"

#include <utility>

#include "import/sklearn/operators.h"

namespace slipway::importing::sklearn {

std::string_view NameOf(EstimatorKind kind) {
  switch (kind) {
    case EstimatorKind::kClassifier:
      return "classifier";
    case EstimatorKind::kRegressor:
      return "regressor";
    case EstimatorKind::kTransformer:
      return "transformer";
    case EstimatorKind::kClusterer:
      return "clusterer";
    case EstimatorKind::kOutlierDetector:
      return "outlier detector";
    case EstimatorKind::kMeta:
      return "meta-estimator";
  }
  return "";
}

Outputs Deciding(Graph& graph, Labels classes, const Matrix& decision) {
  Outputs outputs;
  outputs.classes = std::move(classes);
  outputs.decision = decision;
  outputs.label = decision.columns == 1 ? IsAbove(graph, decision, 0) : ArgMax(graph, decision);
  return outputs;
}

Outputs MostProbable(Graph& graph, Labels classes, const Matrix& proba) {
  Outputs outputs;
  outputs.classes = std::move(classes);
  outputs.proba = proba;
  outputs.label = ArgMax(graph, proba);
  return outputs;
}

Outputs HavingLabels(Graph& graph, Labels labels, const Matrix& score, double limit) {
  Outputs outputs;
  outputs.classes = std::move(labels);
  for (int64_t i = 0; i < score.columns; ++i) {
    Target target;
    target.classes.integers = {0, 1};
    target.label = IsAbove(graph, graph.Select(score, std::vector<int64_t>{i}), limit);
    outputs.targets.push_back(std::move(target));
  }
  return outputs;
}

Outputs MostProbableOfEach(Graph& graph, std::vector<Labels> classes,
                           const std::vector<Matrix>& probas) {
  Outputs outputs;
  for (size_t i = 0; i < probas.size(); ++i)
    outputs.targets.push_back({std::move(classes[i]), ArgMax(graph, probas[i]), probas[i]});
  return outputs;
}

Outputs DetectingOutliers(Graph& graph, const Matrix& decision) {
  Outputs outputs;
  outputs.decision = decision;
  const std::string inside = graph.Add("GreaterOrEqual", {decision.value, graph.Scalar<double>(0)});
  const std::string label =
      graph.Add("Where", {inside, graph.Scalar<int64_t>(1), graph.Scalar<int64_t>(-1)});
  outputs.label = Squeeze(graph, {label, DType::kInt64, 1});
  return outputs;
}

Outputs Predicting(const Matrix& predict, bool is_vector) {
  Outputs outputs;
  outputs.predict = predict;
  outputs.predict_is_vector = is_vector;
  return outputs;
}

Outputs Transforming(const Matrix& transform) {
  Outputs outputs;
  outputs.transform = Table(transform);
  return outputs;
}

}  // namespace slipway::importing::sklearn
