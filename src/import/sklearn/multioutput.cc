// An estimator for each of several targets.

#include <algorithm>

#include "import/sklearn/members.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

StatusOr<Matrix> OneTarget(Writer& writer, const State& member, const Table& x) {
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  if (outputs.predict && outputs.predict->columns == 1) return *outputs.predict;
  return member.Bad("expected a regressor of one output");
}

StatusOr<Outputs> MultiOutputRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  std::vector<Matrix> targets;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const Matrix target, OneTarget(writer, member, x));
    targets.push_back(target);
  }
  return Predicting(writer.graph().Concat(targets), false);
}

StatusOr<Outputs> MultiOutputClassifier(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  Outputs outputs;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(Outputs one, writer.Write(member, x));
    if (one.label.empty() || one.classes.size() == 0) return member.Bad("expected a classifier");
    outputs.targets.push_back({std::move(one.classes), one.label, one.proba});
  }
  // Probabilities of all targets or of none.
  const bool all = std::all_of(outputs.targets.begin(), outputs.targets.end(),
                               [](const Target& target) { return target.proba.has_value(); });
  for (Target& target : outputs.targets)
    if (!all) target.proba.reset();
  return outputs;
}

/// A list, or an array where the order was drawn.
StatusOr<std::vector<double>> Order(const State& state) {
  ASSIGN_OR_RETURN(const pickle::Value order, state.Get("order_"));
  if (order.is(pickle::Kind::kArray)) return state.Vector("order_");
  ASSIGN_OR_RETURN(const std::vector<pickle::Value> elements, Elements(state, "order_"));
  std::vector<double> numbers;
  for (const pickle::Value& element : elements) numbers.push_back(AsNumber(element).value_or(-1));
  return numbers;
}

/// By target, the position of its member in the chain.
StatusOr<std::vector<int64_t>> Places(const State& state, size_t members) {
  std::vector<int64_t> place(members, -1);
  ASSIGN_OR_RETURN(const std::vector<double> order, Order(state));
  for (size_t i = 0; i < order.size() && i < members; ++i) {
    if (order[i] >= 0 && order[i] < static_cast<double>(members))
      place[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  for (const int64_t position : place)
    if (position < 0) return state.Bad("order_: expected each of {} targets once", members);
  return place;
}

/// Each regressor is given x and what those before it predicted; order_[i] is the target of the
/// i-th.
StatusOr<Outputs> RegressorChain(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(const std::vector<int64_t> place, Places(state, members.size()));
  std::vector<Table> columns = {x};
  std::vector<Matrix> targets;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const Matrix target, OneTarget(writer, member, Table::Concat(columns)));
    columns.emplace_back(target);
    targets.push_back(target);
  }
  Graph& graph = writer.graph();
  return Predicting(graph.Select(graph.Concat(targets), place), false);
}

/// What a member of a chain says about its label; each [n, 1].
struct ChainLink {
  Matrix predicted;  // the label as a number
  std::optional<Matrix> proba, decision;
};

StatusOr<ChainLink> WriteLink(Writer& writer, const State& member, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  if (outputs.label.empty() || outputs.classes.size() != 2 || outputs.classes.is_text())
    return member.Bad("expected a classifier of two classes that are numbers");
  const std::string table = graph.Constant<double>({2, 1}, outputs.classes.AsNumbers());
  ChainLink link{{graph.Add("Gather", {table, outputs.label}), DType::kFp64, 1}, {}, {}};
  if (outputs.proba) link.proba = graph.Select(*outputs.proba, std::vector<int64_t>{1});
  if (outputs.decision && outputs.decision->columns == 1) link.decision = outputs.decision;
  return link;
}

/// What the next member of a chain is given of this one.
StatusOr<Matrix> Passed(const State& state, const ChainLink& link, std::string_view method) {
  if (method == "predict") return link.predicted;
  const auto& score = method == "predict_proba" ? link.proba : link.decision;
  if (!score) return state.Unsupported("chain_method_: \"{}\" of a member without it", method);
  return *score;
}

/// Each classifier is given x and what those before it said.
StatusOr<Outputs> ClassifierChain(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(const std::vector<int64_t> place, Places(state, members.size()));
  ASSIGN_OR_RETURN(const std::string method, state.TextOr("chain_method_", "predict"));
  std::vector<Table> columns = {x};
  std::vector<Matrix> predicted, probas, decisions;
  for (const State& member : members) {
    ASSIGN_OR_RETURN(const ChainLink link, WriteLink(writer, member, Table::Concat(columns)));
    ASSIGN_OR_RETURN(const Matrix passed, Passed(state, link, method));
    columns.emplace_back(passed);
    predicted.push_back(link.predicted);
    if (link.proba) probas.push_back(*link.proba);
    if (link.decision) decisions.push_back(*link.decision);
  }
  Outputs outputs;
  const Matrix labels = graph.Select(graph.Concat(predicted), place);
  outputs.predict = labels;
  outputs.predict_is_vector = false;
  if (probas.size() == members.size()) outputs.proba = graph.Select(graph.Concat(probas), place);
  if (decisions.size() == members.size())
    outputs.decision = graph.Select(graph.Concat(decisions), place);
  return outputs;
}

}  // namespace

std::span<const Estimator> Multioutput() {
  constexpr std::string_view kMultioutput = "sklearn.multioutput";
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  constexpr EstimatorKind kRegresses = EstimatorKind::kRegressor;
  static constexpr Estimator kRows[] = {
      {kMultioutput, "ClassifierChain", kClassifies, ClassifierChain, FirstMember},
      {kMultioutput, "MultiOutputClassifier", kClassifies, MultiOutputClassifier, FirstMember},
      {kMultioutput, "MultiOutputRegressor", kRegresses, MultiOutputRegressor, FirstMember},
      {kMultioutput, "RegressorChain", kRegresses, RegressorChain, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
