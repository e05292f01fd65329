// Stacking*: an estimator over the answers of others.

#include "import/sklearn/encoded_members.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// The predicted labels as numbers: [n, 1].
StatusOr<Matrix> LabelsAsNumbers(Graph& graph, const State& member, const Outputs& outputs) {
  if (outputs.label.empty() || outputs.classes.is_text())
    return member.Bad("expected a classifier whose labels are numbers");
  const std::string table =
      graph.Constant<double>({outputs.classes.size(), 1}, outputs.classes.AsNumbers());
  return Matrix{graph.Add("Gather", {table, outputs.label}), DType::kFp64, 1};
}

/// A member's answers by `method`; of two probabilities the second alone.
StatusOr<Matrix> AnswersBy(Graph& graph, const State& member, const Outputs& outputs,
                           std::string_view method) {
  if (method == "predict_proba" && outputs.proba)
    return outputs.proba->columns == 2 ? graph.Select(*outputs.proba, std::vector<int64_t>{1})
                                       : *outputs.proba;
  if (method == "decision_function" && outputs.decision) return *outputs.decision;
  if (method == "predict" && outputs.predict) return *outputs.predict;
  if (method == "predict") return LabelsAsNumbers(graph, member, outputs);
  return member.Bad("expected an estimator that has {}", method);
}

/// The answers of all members, and x itself when it is passed through.
StatusOr<Table> Answers(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(const std::vector<Value> methods, Elements(state, "stack_method_"));
  if (methods.size() != members.size())
    return state.Bad("stack_method_: expected {} names, got {}", members.size(), methods.size());
  std::vector<Table> parts;
  for (size_t i = 0; i < members.size(); ++i) {
    ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(members[i], x));
    ASSIGN_OR_RETURN(const Matrix answers, AnswersBy(writer.graph(), members[i], outputs,
                                                     AsText(methods[i]).value_or("")));
    parts.emplace_back(answers);
  }
  ASSIGN_OR_RETURN(const bool passthrough, state.BoolOr("passthrough", false));
  if (passthrough) parts.push_back(x);
  return Table::Concat(parts);
}

StatusOr<Outputs> Final(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Table answers, Answers(writer, state, x));
  ASSIGN_OR_RETURN(const State last, state.Nested("final_estimator_"));
  return writer.Write(last, answers);
}

/// The last estimator was fitted on positions in classes_, of which it may know some.
StatusOr<Outputs> StackingClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(Outputs outputs, Final(writer, state, x));
  ASSIGN_OR_RETURN(const std::vector<int64_t> positions,
                   PositionsOf(state, outputs.classes, classes.size()));
  const auto own = static_cast<int64_t>(positions.size());
  if (own != classes.size())
    return state.Unsupported("final_estimator_: expected {} classes, got {}", classes.size(), own);
  outputs.classes = std::move(classes);
  return outputs;
}

StatusOr<Outputs> StackingRegressor(Writer& writer, const State& state, const Table& x) {
  return Final(writer, state, x);
}

}  // namespace

std::span<const Estimator> Stacking() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "StackingClassifier", EstimatorKind::kClassifier, StackingClassifier,
       FirstMember},
      {kEnsemble, "StackingRegressor", EstimatorKind::kRegressor, StackingRegressor, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
