#pragma once
// What an objective makes of the scores of a model.

#include <string_view>

#include "base/status.h"

namespace slipway::importing::xgboost {

enum class Link {
  kIdentity,
  kLogistic,  // 1 / (1 + e^-x)
  kExponential,
  kThreshold,  // x > 0
  kSoftmax,    // over the classes
  kSorted,     // the outputs of a row in ascending order
};

struct Objective {
  std::string_view name;
  Link link = Link::kIdentity;
  bool classifies = false;  // the answer is a label
};

/// @return kUnsupported naming an objective that is not known.
StatusOr<Objective> ObjectiveOf(std::string_view name);

/// The score whose prediction is `base`: base_score as XGBoost adds it. Float32 arithmetic.
float MarginOf(Link link, float base);

}  // namespace slipway::importing::xgboost
