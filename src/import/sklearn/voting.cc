// Voting*: the votes or means of estimators that were fitted on the same rows.

#include "import/sklearn/encoded_members.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// A weight for each of estimators_: of `weights`, those whose estimator was not dropped.
StatusOr<std::vector<double>> Weights(const State& state, size_t members) {
  std::vector<double> weights(members, 1);
  if (!state.Has("weights")) return weights;
  ASSIGN_OR_RETURN(const Value given, state.Get("weights"));
  std::vector<double> all;
  if (given.is(pickle::Kind::kArray)) {
    ASSIGN_OR_RETURN(all, state.Vector("weights"));
  } else {
    ASSIGN_OR_RETURN(const std::vector<Value> elements, Elements(state, "weights"));
    for (const Value& element : elements) {
      const auto number = AsNumber(element);
      if (!number) return state.Expected("weights", "numbers", Describe(element));
      all.push_back(*number);
    }
  }
  ASSIGN_OR_RETURN(const std::vector<Value> estimators, Elements(state, "estimators"));
  size_t kept = 0;
  for (size_t i = 0; i < estimators.size() && i < all.size(); ++i) {
    const Value& entry = estimators[i];
    const bool is_pair = entry.is(pickle::Kind::kTuple) || entry.is(pickle::Kind::kList);
    if (is_pair && entry.size() == 2 && !entry.at(1).is(pickle::Kind::kObject)) continue;
    if (kept < members) weights[kept] = all[i];
    ++kept;
  }
  if (kept != members)
    return state.Bad("weights: expected {} for the estimators, got {}", members, kept);
  return weights;
}

/// Σ weight · part / Σ weight.
Matrix WeightedMean(Graph& graph, std::vector<Matrix> parts, const std::vector<double>& weights) {
  double total = 0;
  for (size_t i = 0; i < parts.size(); ++i) {
    total += weights[i];
    if (weights[i] != 1) parts[i] = MapWith(graph, "Mul", parts[i], {weights[i]});
  }
  return MapWith(graph, "Div", SumOf(graph, parts), {total});
}

StatusOr<Outputs> VotingClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(const std::vector<double> weights, Weights(state, members.size()));
  ASSIGN_OR_RETURN(const std::string voting, state.TextOr("voting", "hard"));
  std::vector<Matrix> parts;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const EncodedMember encoded, WriteEncoded(writer, member, x, classes.size()));
    if (voting == "soft" && !encoded.proba)
      return member.Bad("expected a classifier that has predict_proba");
    parts.push_back(voting == "soft" ? *encoded.proba : encoded.votes);
  }
  const Matrix mean = WeightedMean(graph, std::move(parts), weights);
  Outputs outputs = MostProbable(graph, std::move(classes), mean);
  if (voting != "soft") outputs.proba.reset();
  return outputs;
}

StatusOr<Outputs> VotingRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(const std::vector<double> weights, Weights(state, members.size()));
  std::vector<Matrix> parts;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
    if (!outputs.predict || outputs.predict->columns != 1)
      return member.Bad("expected a regressor of one output");
    parts.push_back(*outputs.predict);
  }
  return Predicting(WeightedMean(writer.graph(), std::move(parts), weights), true);
}

}  // namespace

std::span<const Estimator> Voting() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "VotingClassifier", EstimatorKind::kClassifier, VotingClassifier, FirstMember},
      {kEnsemble, "VotingRegressor", EstimatorKind::kRegressor, VotingRegressor, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
