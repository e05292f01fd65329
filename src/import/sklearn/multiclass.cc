// Many classes by many estimators of two: one against the rest, one against one, by a code.

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/pairs.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// What an estimator of two classes says; each [n, 1].
struct Binary {
  Matrix score;      // decision function, probability of the second class, or regressed value
  double threshold;  // above it the second class is predicted
  Matrix predicted;  // BOOL: whether its predict() is the second class, of classifiers
  bool regresses;
  bool has_decision;
  std::optional<Matrix> proba;  // of the second class
};

/// A member that saw only one class answers that one, 0 or 1.
StatusOr<Binary> ConstantMember(Graph& graph, const State& member, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<double> y, member.Vector("y_", 1));
  ASSIGN_OR_RETURN(const Matrix rows, x.Numbers(graph, member.Title()));
  const Matrix value = Filled(graph, rows, y[0]);
  return Binary{value, 0, graph.CastTo(value, DType::kBool), false, true, value};
}

StatusOr<Binary> WriteBinary(Writer& writer, const State& member, const Table& x) {
  Graph& graph = writer.graph();
  if (member.name() == "_ConstantPredictor") return ConstantMember(graph, member, x);
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  const auto above = [&](const Matrix& score, double threshold) {
    return Matrix{graph.Add("Greater", {score.value, graph.Scalar<double>(threshold)}),
                  DType::kBool, 1};
  };
  if (outputs.predict && outputs.predict->columns == 1)
    return Binary{*outputs.predict, 0.5, above(*outputs.predict, 0.5), true, false, {}};
  if (outputs.label.empty() || outputs.classes.size() != 2)
    return member.Bad("expected an estimator of two classes");
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  const Matrix label = {graph.Add("Unsqueeze", {outputs.label, axis}), DType::kInt64, 1};
  std::optional<Matrix> proba;
  if (outputs.proba) proba = graph.Select(*outputs.proba, std::vector<int64_t>{1});
  const bool has_decision = outputs.decision && outputs.decision->columns == 1;
  if (!has_decision && !proba) return member.Bad("expected an estimator that has scores");
  return Binary{has_decision ? *outputs.decision : *proba,
                has_decision ? 0 : 0.5,
                graph.CastTo(label, DType::kBool),
                false,
                has_decision,
                proba};
}

struct Ensemble {
  std::vector<Binary> members;
  Matrix scores;     // [n, members]
  Matrix predicted;  // BOOL [n, members]
  bool have_decisions = true;
  std::optional<Matrix> proba;  // [n, members], when all members have it
};

StatusOr<Ensemble> WriteMembers(Writer& writer, const State& state, const Table& x,
                                int64_t expected) {
  ASSIGN_OR_RETURN(const std::vector<State> states, Members(state, "estimators_"));
  if (static_cast<int64_t>(states.size()) != expected)
    return state.Bad("estimators_: expected {}, got {}", expected, states.size());
  Ensemble ensemble;
  std::vector<Matrix> scores, predicted, probas;
  for (const State& member : states) {
    ASSIGN_OR_RETURN(Binary binary, WriteBinary(writer, member, x));
    scores.push_back(binary.score);
    predicted.push_back(binary.predicted);
    if (binary.proba) probas.push_back(*binary.proba);
    ensemble.have_decisions &= binary.has_decision;
    ensemble.members.push_back(std::move(binary));
  }
  Graph& graph = writer.graph();
  ensemble.scores = graph.Concat(scores);
  ensemble.predicted = graph.Concat(predicted);
  if (probas.size() == states.size()) ensemble.proba = graph.Concat(probas);
  return ensemble;
}

/// Rows divided by their sums; rows of zeros stay.
Matrix NormalizedUnlessZero(Graph& graph, const Matrix& p) {
  const Matrix sum = Reduce(graph, "ReduceSum", p);
  const std::string empty = graph.Add("Equal", {sum.value, graph.Scalar<double>(0)});
  return DividedUnless(graph, p, empty, sum);
}

/// The largest of each row; of equal ones the first, or the last before scikit-learn 1.8.
std::string LargestOf(Graph& graph, const Matrix& scores, bool last) {
  return graph.Add("ArgMax", {scores.value},
                   {{"axis", 1}, {"keepdims", 0}, {"select_last_index", last ? 1 : 0}});
}

StatusOr<Outputs> OneVsRest(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const State binarizer, state.Nested("label_binarizer_"));
  ASSIGN_OR_RETURN(const std::string type, binarizer.TextOr("y_type_", "multiclass"));
  const bool several = type.starts_with("multilabel");
  ASSIGN_OR_RETURN(Labels classes, binarizer.LabelArray("classes_"));
  const int64_t members = classes.size() == 2 && !several ? 1 : classes.size();
  ASSIGN_OR_RETURN(const Ensemble ensemble, WriteMembers(writer, state, x, members));
  if (several) {
    Outputs outputs =
        HavingLabels(graph, std::move(classes), ensemble.scores, ensemble.members[0].threshold);
    if (ensemble.have_decisions) outputs.decision = ensemble.scores;
    outputs.proba = ensemble.proba;
    return outputs;
  }
  ASSIGN_OR_RETURN(const bool before_1_8, IsBefore(state, 1, 8));
  Outputs outputs;
  outputs.classes = std::move(classes);
  outputs.label = members == 1 ? IsAbove(graph, ensemble.scores, ensemble.members[0].threshold)
                               : LargestOf(graph, ensemble.scores, before_1_8);
  if (ensemble.have_decisions) outputs.decision = ensemble.scores;
  if (ensemble.proba)
    outputs.proba = members == 1 ? WithComplement(graph, *ensemble.proba)
                                 : NormalizedUnlessZero(graph, *ensemble.proba);
  return outputs;
}

StatusOr<Outputs> OneVsOne(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  if (state.Has("pairwise_indices_"))
    return state.Unsupported("pairwise_indices_: kernels that were computed beforehand");
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const int64_t count = classes.size();
  if (count < 2 || count > kMaxPairedClasses)
    return state.Expected("classes_", fmt::format("2 to {} classes", kMaxPairedClasses),
                          fmt::format("{}", count));
  ASSIGN_OR_RETURN(const Ensemble ensemble,
                   WriteMembers(writer, state, x, count * (count - 1) / 2));
  const bool by_values = ensemble.members[0].regresses;
  const Matrix votes = by_values ? CountExactVotes(graph, ensemble.scores, count)
                                 : CountVotes(graph, ensemble.predicted, count);
  const Matrix decision = OneVsRestOfVotes(graph, votes, ensemble.scores, count);
  if (count > 2) return Deciding(graph, std::move(classes), decision);
  const Matrix second = graph.Select(decision, std::vector<int64_t>{1});
  Outputs outputs = Deciding(graph, std::move(classes), second);
  outputs.label = IsAbove(graph, second, ensemble.members[0].threshold);
  return outputs;
}

/// The class whose row of code_book_ is nearest to the scores.
StatusOr<Outputs> OutputCode(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Dense code, state.Array("code_book_", {classes.size(), -1}));
  const int64_t width = code.columns();
  ASSIGN_OR_RETURN(const Ensemble ensemble, WriteMembers(writer, state, x, width));
  std::vector<double> weights = Transposed(code.values, classes.size(), width);
  std::vector<double> squares(static_cast<size_t>(classes.size()), 0);
  for (size_t i = 0; i < code.values.size(); ++i)
    squares[i / static_cast<size_t>(width)] -= code.values[i] * code.values[i];
  for (double& weight : weights) weight *= 2;
  Outputs outputs;
  outputs.label = ArgMax(graph, Affine(graph, ensemble.scores, weights, squares));
  outputs.classes = std::move(classes);
  return outputs;
}

}  // namespace

std::span<const Estimator> Multiclass() {
  constexpr std::string_view kMulticlass = "sklearn.multiclass";
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  static constexpr Estimator kRows[] = {
      {kMulticlass, "OneVsOneClassifier", kClassifies, OneVsOne, FirstMember},
      {kMulticlass, "OneVsRestClassifier", kClassifies, OneVsRest, FirstMember},
      {kMulticlass, "OutputCodeClassifier", kClassifies, OutputCode, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
