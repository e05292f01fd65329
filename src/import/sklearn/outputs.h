#pragma once
// What a fitted estimator computes.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "import/graph.h"
#include "import/sklearn/labels.h"
#include "import/sklearn/table.h"

namespace slipway::importing::sklearn {

enum class EstimatorKind : uint8_t {
  kClassifier,
  kRegressor,
  kTransformer,
  kClusterer,
  kOutlierDetector,
  kMeta,  // what it holds decides: Pipeline, GridSearchCV
};
std::string_view NameOf(EstimatorKind kind);

/// One of several targets of a classifier.
struct Target {
  Labels classes;
  std::string label;            // INT64 [n]: the position in `classes`
  std::optional<Matrix> proba;  // FP64 [n, classes], where probabilities are told target by target
};

/// What an estimator computes: all that it has methods for. What no output of the model needs is
/// left out of the file in the end, so writing more than one caller reads costs nothing.
struct Outputs {
  EstimatorKind kind = EstimatorKind::kMeta;  // set by Writer
  std::optional<Table> transform;             // [n, k]
  bool transform_is_vector = false;           // [n]: LabelEncoder
  /// Regressors: FP64 [n, targets]. Chains of classifiers, whose labels are numbers, too.
  std::optional<Matrix> predict;
  bool predict_is_vector = true;  // y was [n]; else [n, targets]
  Labels classes;                 // classifiers; empty for others
  /// INT64 [n]: the position in `classes`, or, without classes, the label (clusterers, outlier
  /// detectors).
  std::string label;
  /// Classifiers of several targets, or of several labels at once: in the place of `label`. Then
  /// `classes` are the labels, `proba` and `decision` have a column each, where there are such.
  std::vector<Target> targets;
  std::optional<Matrix> proba;     // FP64 [n, classes]
  std::optional<Matrix> decision;  // FP64 [n, 1] (a vector [n] in scikit-learn) or [n, k]
};

/// A classifier that decides by its decision function: above 0 for one column, else the largest.
Outputs Deciding(Graph& graph, Labels classes, const Matrix& decision);
/// A classifier that decides by the largest probability.
Outputs MostProbable(Graph& graph, Labels classes, const Matrix& proba);
/// A classifier of several labels at once, each of which a row has where its column of `score` is
/// above `limit`.
Outputs HavingLabels(Graph& graph, Labels labels, const Matrix& score, double limit);
/// A classifier of several targets, each of which is its most probable class.
Outputs MostProbableOfEach(Graph& graph, std::vector<Labels> classes,
                           const std::vector<Matrix>& probas);
/// +1 where the decision function [n, 1] is 0 or more, else -1.
Outputs DetectingOutliers(Graph& graph, const Matrix& decision);
Outputs Predicting(const Matrix& predict, bool is_vector);
Outputs Transforming(const Matrix& transform);

}  // namespace slipway::importing::sklearn
