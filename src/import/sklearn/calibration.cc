// CalibratedClassifierCV: the mean over classifiers whose scores are made probabilities.

#include "import/sklearn/encoded_members.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// The classifier inside: base_estimator before scikit-learn 1.2.
StatusOr<State> Calibrated(const State& calibrated) {
  const auto estimator = calibrated.Find("estimator");
  const bool is_new = estimator && estimator->is(pickle::Kind::kObject);
  return calibrated.Nested(is_new ? "estimator" : "base_estimator");
}

StatusOr<State> FirstInside(const State& state) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "calibrated_classifiers_"));
  return Calibrated(members.front());
}

struct Scores {
  Matrix values;  // [n, 1] of the second class when there are two, else [n, classes]
  bool are_probabilities;
};

/// The decision function, or else the probabilities.
StatusOr<Scores> ScoresOf(Writer& writer, const State& member, const Table& x, int64_t classes) {
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  if (outputs.classes.size() != classes)
    return member.Unsupported("a part of the rows that lacks some of {} classes", classes);
  const int64_t columns = classes == 2 ? 1 : classes;
  if (outputs.decision) {
    if (outputs.decision->columns != columns)
      return member.Unsupported("expected a decision function of {} columns, got {}", columns,
                                outputs.decision->columns);
    return Scores{*outputs.decision, false};
  }
  if (!outputs.proba) return member.Bad("expected a classifier that has scores");
  return Scores{classes == 2 ? writer.graph().Select(*outputs.proba, std::vector<int64_t>{1})
                             : *outputs.proba,
                true};
}

/// One calibrator's probability of one class: [n, 1].
StatusOr<Matrix> Calibrated(Writer& writer, const State& calibrator, const Matrix& score) {
  Graph& graph = writer.graph();
  if (calibrator.name() != "_SigmoidCalibration") {
    ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(calibrator, Table(score)));
    if (outputs.predict && outputs.predict->columns == 1) return *outputs.predict;
    return calibrator.Bad("expected a calibrator of one score");
  }
  ASSIGN_OR_RETURN(const double a, calibrator.Number("a_"));
  ASSIGN_OR_RETURN(const double b, calibrator.Number("b_"));
  const Matrix logit = MapWith(graph, "Sub", MapWith(graph, "Mul", score, {-a}), {b});
  return Map(graph, "Sigmoid", logit);
}

/// softmax(β · logits), logits being (−s, s) of one score.
StatusOr<Matrix> Tempered(Graph& graph, const State& calibrator, const Scores& scores) {
  constexpr double kLeast = 1e-12;
  ASSIGN_OR_RETURN(const double beta, calibrator.Number("beta_"));
  Matrix logits = scores.values;
  if (scores.are_probabilities) {
    const Matrix both = logits.columns == 1 ? WithComplement(graph, logits) : logits;
    logits = Map(graph, "Log", MapWith(graph, "Add", both, {kLeast}));
  } else if (logits.columns == 1) {
    logits = graph.Concat(std::vector<Matrix>{Map(graph, "Neg", logits), logits});
  }
  return Softmax(graph, MapWith(graph, "Mul", logits, {beta}));
}

StatusOr<Matrix> MemberProba(Writer& writer, const State& member, const Table& x, int64_t classes) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const State inside, Calibrated(member));
  ASSIGN_OR_RETURN(const Scores scores, ScoresOf(writer, inside, x, classes));
  ASSIGN_OR_RETURN(const std::vector<State> calibrators,
                   Members(member, member.Has("calibrators") ? "calibrators" : "calibrators_"));
  if (calibrators.front().name() == "_TemperatureScaling")
    return Tempered(graph, calibrators.front(), scores);
  if (static_cast<int64_t>(calibrators.size()) != scores.values.columns)
    return member.Bad("calibrators: expected {}, got {}", scores.values.columns,
                      calibrators.size());
  std::vector<Matrix> columns;
  for (size_t i = 0; i < calibrators.size(); ++i) {
    const Matrix score = scores.values.columns == 1
                             ? scores.values
                             : graph.Select(scores.values, std::vector{static_cast<int64_t>(i)});
    ASSIGN_OR_RETURN(const Matrix column, Calibrated(writer, calibrators[i], score));
    columns.push_back(column);
  }
  if (columns.size() == 1) return WithComplement(graph, columns.front());
  return DividedBySum(graph, graph.Concat(columns));
}

StatusOr<Outputs> CalibratedClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "calibrated_classifiers_"));
  std::vector<Matrix> parts;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const Matrix proba, MemberProba(writer, member, x, classes.size()));
    parts.push_back(proba);
  }
  const auto count = static_cast<double>(parts.size());
  return MostProbable(graph, std::move(classes),
                      MapWith(graph, "Div", SumOf(graph, parts), {count}));
}

}  // namespace

std::span<const Estimator> Calibration() {
  static constexpr Estimator kRows[] = {
      {"sklearn.calibration", "CalibratedClassifierCV", EstimatorKind::kClassifier,
       CalibratedClassifier, FirstInside},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
