#include "train/linear/linear_model.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "import/sklearn/operators.h"

namespace slipway::train {
namespace {

namespace operators = importing::sklearn;
using importing::Graph;
using importing::Matrix;
using importing::Predictions;

Matrix Scores(Graph& graph, const Matrix& features, const LinearModel& model) {
  const auto outputs = static_cast<int64_t>(model.outputs());
  return operators::Affine(
      graph, features,
      operators::Transposed(model.weights, outputs, static_cast<int64_t>(model.features)),
      model.intercepts);
}

class Regressor : public Fitted {
 public:
  Regressor(LinearModel model, std::string summary)
      : model_(std::move(model)), summary_(std::move(summary)) {}

  StatusOr<Predictions> Write(Graph& graph, const Matrix& features) const override {
    Predictions predictions;
    predictions.value = Scores(graph, features, model_);
    return predictions;
  }
  std::string Summary() const override { return summary_; }

 private:
  const LinearModel model_;
  const std::string summary_;
};

class Classifier : public Fitted {
 public:
  Classifier(LinearModel model, Classes classes, Link link, std::string summary)
      : model_(std::move(model)),
        classes_(std::move(classes)),
        link_(link),
        summary_(std::move(summary)) {}

  StatusOr<Predictions> Write(Graph& graph, const Matrix& features) const override {
    const Matrix scores = Scores(graph, features, model_);
    const std::string label = scores.columns == 1 ? operators::IsAbove(graph, scores, 0)
                                                  : operators::ArgMax(graph, scores);
    return OverLabels(graph, classes_, label, Probabilities(graph, scores));
  }
  std::string Summary() const override { return summary_; }

 private:
  std::optional<Matrix> Probabilities(Graph& graph, const Matrix& scores) const {
    if (link_ == Link::kNone) return std::nullopt;
    if (scores.columns > 1 && link_ == Link::kLogistic) return operators::Softmax(graph, scores);
    const Matrix sigmoids = operators::Map(graph, "Sigmoid", scores);
    return scores.columns == 1 ? operators::WithComplement(graph, sigmoids)
                               : operators::DividedBySum(graph, sigmoids);
  }

  const LinearModel model_;
  const Classes classes_;
  const Link link_;
  const std::string summary_;
};

}  // namespace

StatusOr<Classes> OccurringClasses(const Samples& samples) {
  Classes classes;
  classes.places.assign(samples.target.labels.size(), -1);
  for (size_t row = 0; row < samples.rows; ++row)
    if (samples.weight(row) > 0) classes.places[samples.target.classes[row]] = 0;
  for (size_t label = 0; label < classes.places.size(); ++label)
    if (classes.places[label] == 0) {
      classes.places[label] = static_cast<int32_t>(classes.positions.size());
      classes.positions.push_back(static_cast<int64_t>(label));
    }
  if (classes.count() < 2)
    return Error(Reason::kBadRequest,
                 "target {}: expected at least two classes with rows of positive weight, got {}",
                 samples.target.name, classes.count());
  return classes;
}

StatusOr<double> TotalWeight(const Samples& samples) {
  if (samples.weights.empty()) return static_cast<double>(samples.rows);
  const double total = std::accumulate(samples.weights.begin(), samples.weights.end(), 0.0);
  if (total > 0 && std::isfinite(total)) return total;
  return Error(Reason::kBadRequest, "weights: expected a positive finite sum, got {}", total);
}

Status DivergedError() {
  return Error(Reason::kBadRequest,
               "the training diverged: numbers are no longer finite; scale the features, or take a "
               "lower learning rate or a stronger penalty");
}

Status CheckConverged(const LinearModel& model) {
  const auto finite = [](double value) { return std::isfinite(value); };
  if (std::all_of(model.weights.begin(), model.weights.end(), finite) &&
      std::all_of(model.intercepts.begin(), model.intercepts.end(), finite))
    return OkStatus();
  return DivergedError();
}

std::unique_ptr<Fitted> MakeRegressor(LinearModel model, std::string summary) {
  return std::make_unique<Regressor>(std::move(model), std::move(summary));
}

std::unique_ptr<Fitted> MakeClassifier(LinearModel model, Classes classes, Link link,
                                       std::string summary) {
  return std::make_unique<Classifier>(std::move(model), std::move(classes), link,
                                      std::move(summary));
}

Predictions OverLabels(Graph& graph, const Classes& classes, const std::string& label,
                       const std::optional<Matrix>& proba) {
  Predictions predictions;
  predictions.label = label;
  predictions.proba = proba;
  if (classes.count() == classes.labels()) return predictions;
  const auto count = static_cast<int64_t>(classes.count());
  const auto labels = static_cast<int64_t>(classes.labels());
  predictions.label =
      graph.Add("Gather", {graph.Constant<int64_t>({count}, classes.positions), label});
  if (proba) {
    std::vector<double> places(classes.count() * classes.labels(), 0);
    for (size_t i = 0; i < classes.count(); ++i)
      places[i * classes.labels() + classes.positions[i]] = 1;
    predictions.proba =
        Matrix{graph.Add("MatMul", {proba->value, graph.Constant<double>({count, labels}, places)}),
               DType::kFp64, labels};
  }
  return predictions;
}

}  // namespace slipway::train
