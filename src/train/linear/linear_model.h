#pragma once
// What linear estimators fit: scores = features · weightsᵀ + intercepts, and a link.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "train/estimator.h"

namespace slipway::train {

struct LinearModel {
  size_t features = 0;
  std::vector<double> weights;     // [outputs][features]
  std::vector<double> intercepts;  // [outputs]

  size_t outputs() const { return intercepts.size(); }
};

/// Probabilities of scores.
enum class Link : uint8_t {
  kNone,       // classes only
  kLogistic,   // softmax; of one score the sigmoid
  kOneVsRest,  // sigmoids divided by their sum; of one score the sigmoid
};

/// The classes that occur with weight: linear classifiers number these.
struct Classes {
  std::vector<int64_t> positions;  // in the target's labels, ascending
  std::vector<int32_t> places;     // by label: the place in `positions`, -1 when it does not occur

  size_t count() const { return positions.size(); }
  size_t labels() const { return places.size(); }
};

/// @return kBadRequest when fewer than two classes have rows of positive weight.
StatusOr<Classes> OccurringClasses(const Samples& samples);

/// The sum of the weights. kBadRequest unless it is positive and finite.
StatusOr<double> TotalWeight(const Samples& samples);
/// kBadRequest: coefficients, or what tells them, are no longer finite.
Status DivergedError();
/// DivergedError unless all numbers of the model are finite.
Status CheckConverged(const LinearModel& model);

/// `value` is the score.
std::unique_ptr<Fitted> MakeRegressor(LinearModel model, std::string summary);
/// One score for two classes, positive for the second; else one for each class, the largest wins.
std::unique_ptr<Fitted> MakeClassifier(LinearModel model, Classes classes, Link link,
                                       std::string summary);

/// Answers over `classes` as answers over all labels: those that do not occur have probability 0.
/// @param label  INT64 [n], places in classes.positions. @param proba  [n, classes] or none.
importing::Predictions OverLabels(importing::Graph& graph, const Classes& classes,
                                  const std::string& label,
                                  const std::optional<importing::Matrix>& proba);

}  // namespace slipway::train
