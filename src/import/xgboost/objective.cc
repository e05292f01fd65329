#include "import/xgboost/objective.h"

#include <cmath>

namespace slipway::importing::xgboost {

StatusOr<Objective> ObjectiveOf(std::string_view name) {
  static constexpr Objective kObjectives[] = {
      {"reg:squarederror"},
      {"reg:linear"},  // before 0.83
      {"reg:squaredlogerror"},
      {"reg:logistic", Link::kLogistic},
      {"reg:pseudohubererror"},
      {"reg:absoluteerror"},
      {"reg:quantileerror"},
      {"reg:gamma", Link::kExponential},
      {"reg:tweedie", Link::kExponential},
      {"count:poisson", Link::kExponential},
      {"survival:cox", Link::kExponential},
      {"survival:aft", Link::kExponential},
      {"binary:logistic", Link::kLogistic, true},
      {"binary:logitraw"},
      {"binary:hinge", Link::kThreshold, true},
      {"multi:softmax", Link::kSoftmax, true},
      {"multi:softprob", Link::kSoftmax, true},
      {"rank:pairwise"},
      {"rank:ndcg"},
      {"rank:map"},
  };
  if (name.starts_with("gpu:")) name.remove_prefix(4);  // before 1.0
  for (const Objective& objective : kObjectives) {
    if (objective.name == name) return objective;
  }
  return Error(Reason::kUnsupported,
               "XGBoost model: objective \"{}\" is not supported: save the model with a built-in "
               "objective, or export it to ONNX",
               name.substr(0, 80));
}

float MarginOf(Link link, float base) {
  if (link == Link::kLogistic) return -std::log(1.0F / base - 1.0F);
  if (link == Link::kExponential) return std::log(base);
  return base;
}

}  // namespace slipway::importing::xgboost
