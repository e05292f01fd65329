// Estimators that answer as one that they hold does, or move its threshold.

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// The fitted estimator; `estimator` when it was fitted before.
StatusOr<State> InnerEstimator(const State& state) {
  const auto fitted = state.Find("estimator_");
  if (fitted && fitted->is(Kind::kObject)) return state.Nested("estimator_");
  return state.Nested(state.Has("base_estimator_") ? "base_estimator_" : "estimator");
}

StatusOr<Outputs> Delegate(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State inside, InnerEstimator(state));
  return writer.Write(inside, x);
}

/// Where pos_label, if any, stands in two classes; else 1.
StatusOr<int64_t> PositivePosition(const State& state, const Labels& classes,
                                   const std::optional<Value>& positive) {
  if (!positive || positive->is(Kind::kNone)) return 1;
  for (size_t i = 0; i < 2; ++i)
    if (classes.is_text() ? AsText(*positive) == classes.texts[i]
                          : AsNumber(*positive) == classes.AsNumbers()[i])
      return static_cast<int64_t>(i);
  return state.Expected("pos_label", "one of two classes", Describe(*positive));
}

struct Threshold {
  double value;  // the score from which the positive class is predicted
  int64_t positive;
};

/// Predicts the positive class where its score is `threshold` or more.
StatusOr<Outputs> Cut(Writer& writer, const State& state, const Table& x,
                      StatusOr<Threshold> (*read)(const State&, const Labels&, bool)) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, Delegate(writer, state, x));
  if (outputs.classes.size() != 2) return state.Bad("expected a classifier of two classes");
  ASSIGN_OR_RETURN(const std::string method, state.TextOr("response_method", "auto"));
  const bool by_proba = method == "predict_proba" || (method == "auto" && outputs.proba);
  ASSIGN_OR_RETURN(const Threshold threshold, read(state, outputs.classes, by_proba));
  Matrix score;
  if (by_proba && outputs.proba) {
    score = graph.Select(*outputs.proba, std::vector<int64_t>{threshold.positive});
  } else if (!by_proba && outputs.decision && outputs.decision->columns == 1) {
    score = threshold.positive == 1 ? *outputs.decision : Map(graph, "Neg", *outputs.decision);
  } else {
    return state.Bad("expected a classifier that has {}",
                     by_proba ? "predict_proba" : "decision_function");
  }
  const std::string is_positive =
      graph.Add("GreaterOrEqual", {score.value, graph.Scalar<double>(threshold.value)});
  const std::string label =
      graph.Add("Where", {is_positive, graph.Scalar<int64_t>(threshold.positive),
                          graph.Scalar<int64_t>(1 - threshold.positive)});
  outputs.label = Squeeze(graph, {label, DType::kInt64, 1});
  return outputs;
}

StatusOr<Threshold> FixedThreshold(const State& state, const Labels& classes, bool by_proba) {
  Threshold threshold{by_proba ? 0.5 : 0, 1};
  ASSIGN_OR_RETURN(threshold.positive, PositivePosition(state, classes, state.Find("pos_label")));
  const auto given = state.Find("threshold");
  if (given && AsText(*given) != "auto") {
    ASSIGN_OR_RETURN(threshold.value, state.Number("threshold"));
  }
  return threshold;
}

/// The scorer that the threshold was tuned by knows which class is the positive one: by its
/// argument, or else by its function's default, which is 1 where there is one.
StatusOr<Threshold> TunedThreshold(const State& state, const Labels& classes, bool) {
  Threshold threshold{0, 1};
  ASSIGN_OR_RETURN(threshold.value, state.Number("best_threshold_"));
  ASSIGN_OR_RETURN(const State scorer, state.Nested("_curve_scorer"));
  const auto arguments = scorer.Find("_kwargs");
  const auto positive = arguments && arguments->is(Kind::kDict) ? arguments->Find("pos_label")
                                                                : std::optional<Value>();
  const auto function = scorer.Find("_score_func");
  const bool is_symmetric =
      function && function->is(Kind::kGlobal) && function->name() == "balanced_accuracy_score";
  if (!positive && !is_symmetric && !classes.is_text() && classes.AsNumbers()[0] == 1)
    return state.Unsupported("_curve_scorer: a scorer without pos_label where class 1 comes first");
  ASSIGN_OR_RETURN(threshold.positive, PositivePosition(state, classes, positive));
  return threshold;
}

StatusOr<Outputs> FixedThresholdClassifier(Writer& writer, const State& state, const Table& x) {
  return Cut(writer, state, x, FixedThreshold);
}

StatusOr<Outputs> TunedThresholdClassifier(Writer& writer, const State& state, const Table& x) {
  return Cut(writer, state, x, TunedThreshold);
}

}  // namespace

std::span<const Estimator> Delegates() {
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  static constexpr Estimator kRows[] = {
      {"sklearn.frozen", "FrozenEstimator", EstimatorKind::kMeta, Delegate, InnerEstimator},
      {"sklearn.model_selection", "FixedThresholdClassifier", kClassifies, FixedThresholdClassifier,
       InnerEstimator},
      {"sklearn.model_selection", "TunedThresholdClassifierCV", kClassifies,
       TunedThresholdClassifier, InnerEstimator},
      {"sklearn.semi_supervised", "SelfTrainingClassifier", kClassifies, Delegate, InnerEstimator},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
