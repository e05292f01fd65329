// A regressor for each of several targets.

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

/// A list, or an array where the order was drawn.
StatusOr<std::vector<double>> Order(const State& state) {
  ASSIGN_OR_RETURN(const pickle::Value order, state.Get("order_"));
  if (order.is(pickle::Kind::kArray)) return state.Vector("order_");
  ASSIGN_OR_RETURN(const std::vector<pickle::Value> elements, Elements(state, "order_"));
  std::vector<double> numbers;
  for (const pickle::Value& element : elements) numbers.push_back(AsNumber(element).value_or(-1));
  return numbers;
}

/// Each regressor is given x and what those before it predicted; order_[i] is the target of the
/// i-th.
StatusOr<Outputs> RegressorChain(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  const auto count = static_cast<int64_t>(members.size());
  std::vector<int64_t> place(members.size(), -1);
  ASSIGN_OR_RETURN(const std::vector<double> order, Order(state));
  for (size_t i = 0; i < order.size() && i < members.size(); ++i) {
    if (order[i] >= 0 && order[i] < static_cast<double>(count))
      place[static_cast<size_t>(order[i])] = static_cast<int64_t>(i);
  }
  for (const int64_t position : place)
    if (position < 0) return state.Bad("order_: expected each of {} targets once", count);
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

constexpr std::string_view kMultioutput = "sklearn.multioutput";
constexpr EstimatorKind kRegresses = EstimatorKind::kRegressor;

constexpr Estimator kRows[] = {
    {kMultioutput, "MultiOutputRegressor", kRegresses, MultiOutputRegressor, FirstMember},
    {kMultioutput, "RegressorChain", kRegresses, RegressorChain, FirstMember},
};

}  // namespace

std::span<const Estimator> Multioutput() { return kRows; }

}  // namespace slipway::importing::sklearn
