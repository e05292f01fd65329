// AdaBoost*: weighted votes of classifiers, the weighted median of regressors.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "import/sklearn/encoded_members.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_sums.h"

namespace slipway::importing::sklearn {
namespace {

struct Ensemble {
  std::vector<State> members;
  std::vector<double> weights;
  double total = 0;
  int64_t classes = 0;
  bool by_probability = false;  // SAMME.R, which scikit-learn had until 1.5
  bool against_others = true;   // a vote for a class counts against the others, since 1.3

  /// What a vote of weight 1 adds to each class that it is not for.
  double OtherShare() const { return against_others ? -1 / static_cast<double>(classes - 1) : 0; }
};

StatusOr<Ensemble> ReadEnsemble(const State& state, int64_t classes) {
  Ensemble ensemble{.classes = classes};
  ASSIGN_OR_RETURN(ensemble.members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(ensemble.weights, state.Vector("estimator_weights_"));
  if (ensemble.weights.size() < ensemble.members.size())
    return state.Bad("estimator_weights_: expected {} numbers, got {}", ensemble.members.size(),
                     ensemble.weights.size());
  // Of a model that stopped early, scikit-learn before 1.2 keeps zeros for the members it lacks.
  ensemble.total = std::accumulate(ensemble.weights.begin(), ensemble.weights.end(), 0.0);
  ASSIGN_OR_RETURN(const std::string algorithm, state.TextOr("algorithm", "SAMME"));
  ensemble.by_probability = algorithm == "SAMME.R";
  ASSIGN_OR_RETURN(const bool before_1_3, IsBefore(state, 1, 3));
  ensemble.against_others = !before_1_3;
  return ensemble;
}

/// What a vote for class `winner` adds to each class.
void AppendVote(const Ensemble& ensemble, size_t member, int64_t winner,
                std::vector<double>& votes) {
  const double weight = ensemble.weights[member];
  const double other = ensemble.OtherShare();
  for (int64_t k = 0; k < ensemble.classes; ++k)
    votes.push_back(k == winner ? weight : other * weight);
}

/// (K − 1)·(log p − mean log p), probabilities being kept from 0.
void AppendLogShares(std::span<const double> values, std::vector<double>& votes) {
  const auto classes = static_cast<double>(values.size());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  std::vector<double> logs;
  for (const double value : values)
    logs.push_back(
        std::log(std::max(sum == 0 ? value : value / sum, std::numeric_limits<double>::epsilon())));
  const double mean = std::accumulate(logs.begin(), logs.end(), 0.0) / classes;
  for (const double log : logs) votes.push_back((classes - 1) * (log - mean));
}

/// The votes of decision trees: each leaf's are known now.
StatusOr<Matrix> TreeVotes(Graph& graph, const State& state, const Ensemble& ensemble,
                           const Matrix& x) {
  std::vector<TreeMember> trees;
  for (const State& member : ensemble.members) trees.push_back({member, {}, 0});
  const TreeSumShape shape = {ensemble.classes, ensemble.classes, ensemble.classes};
  return AddTreeSum(graph, state, x, trees, shape,
                    [&](size_t tree, const TreeNodes& nodes, size_t node, auto& leaves) {
                      const auto values = nodes.ValuesOf(node);
                      if (ensemble.by_probability) return AppendLogShares(values, leaves);
                      const auto winner = std::max_element(values.begin(), values.end());
                      AppendVote(ensemble, tree, winner - values.begin(), leaves);
                    });
}

/// The vote of one member of any kind: [n, classes].
StatusOr<Matrix> MemberVote(Writer& writer, const Ensemble& ensemble, size_t index,
                            const Table& x) {
  Graph& graph = writer.graph();
  const State& member = ensemble.members[index];
  ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, x));
  if (outputs.classes.size() != ensemble.classes)
    return member.Bad("classes_: expected {} classes, got {}", ensemble.classes,
                      outputs.classes.size());
  if (ensemble.by_probability) {
    if (!outputs.proba) return member.Bad("expected a classifier that has predict_proba");
    const Matrix logs =
        Map(graph, "Log",
            {graph.Add("Max", {outputs.proba->value,
                               graph.Scalar<double>(std::numeric_limits<double>::epsilon())}),
             DType::kFp64, ensemble.classes});
    const Matrix centred = {graph.Add("Sub", {logs.value, Reduce(graph, "ReduceMean", logs).value}),
                            DType::kFp64, ensemble.classes};
    return MapWith(graph, "Mul", centred, {static_cast<double>(ensemble.classes - 1)});
  }
  // other + (weight − other) · [1 for the winner]
  const double weight = ensemble.weights[index], other = ensemble.OtherShare() * weight;
  const Matrix winner = OneHot(graph, outputs.label, ensemble.classes);
  return MapWith(graph, "Add", MapWith(graph, "Mul", winner, {weight - other}), {other});
}

StatusOr<Matrix> Votes(Writer& writer, const State& state, const Ensemble& ensemble,
                       const Table& table) {
  Graph& graph = writer.graph();
  if (AreTrees(ensemble.members)) {
    ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
    return TreeVotes(graph, state, ensemble, x);
  }
  std::vector<Matrix> votes;
  for (size_t i = 0; i < ensemble.members.size(); ++i) {
    ASSIGN_OR_RETURN(const Matrix vote, MemberVote(writer, ensemble, i, table));
    votes.push_back(vote);
  }
  return SumOf(graph, votes);
}

StatusOr<Outputs> AdaBoostClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  if (classes.size() < 2) return state.Unsupported("classes_: expected at least 2 classes");
  ASSIGN_OR_RETURN(const Ensemble ensemble, ReadEnsemble(state, classes.size()));
  ASSIGN_OR_RETURN(const Matrix votes, Votes(writer, state, ensemble, x));
  if (ensemble.classes > 2) {
    const Matrix mean = MapWith(graph, "Div", votes, {ensemble.total});
    Outputs outputs = Deciding(graph, std::move(classes), mean);
    outputs.proba =
        Softmax(graph, MapWith(graph, "Div", mean, {static_cast<double>(ensemble.classes - 1)}));
    return outputs;
  }
  const Matrix decision =
      MapWith(graph, "Div", Affine(graph, votes, {-1, 1}, {0}), {ensemble.total});
  Outputs outputs = Deciding(graph, std::move(classes), decision);
  const Matrix half = MapWith(graph, "Mul", decision, {0.5});
  outputs.proba = Softmax(graph, graph.Concat(std::vector{Map(graph, "Neg", half), half}));
  return outputs;
}

/// The predictions of all members side by side: [n, members].
StatusOr<Matrix> MemberPredictions(Writer& writer, const State& state, const Ensemble& ensemble,
                                   const Table& table) {
  Graph& graph = writer.graph();
  const auto count = static_cast<int64_t>(ensemble.members.size());
  if (AreTrees(ensemble.members)) {
    ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
    std::vector<TreeMember> trees;
    for (const State& member : ensemble.members)
      trees.push_back({member, {}, static_cast<int64_t>(trees.size())});
    return AddTreeSum(graph, state, x, trees, {.targets = count, .values_width = 1},
                      [](size_t, const TreeNodes& nodes, size_t node, auto& leaves) {
                        leaves.push_back(nodes.ValuesOf(node)[0]);
                      });
  }
  std::vector<Matrix> columns;
  for (const State& member : ensemble.members) {
    ASSIGN_OR_RETURN(const Outputs outputs, writer.Write(member, table));
    if (!outputs.predict || outputs.predict->columns != 1)
      return member.Bad("expected a regressor of one output");
    columns.push_back(*outputs.predict);
  }
  return graph.Concat(columns);
}

/// The least prediction at which half of all weight is reached.
Matrix WeightedMedian(Graph& graph, const Matrix& predictions, const std::vector<double>& weights) {
  const int64_t count = predictions.columns;
  const std::string all = graph.Constant<int64_t>({1}, std::vector{count});
  const auto sorted = graph.AddMany("TopK", {predictions.value, all}, 2,
                                    {{"axis", 1}, {"largest", 0}, {"sorted", 1}});
  const std::string table = graph.Constant<double>({count}, weights);
  const std::string reached =
      graph.Add("CumSum", {graph.Add("Gather", {table, sorted[1]}), graph.Scalar<int64_t>(1)});
  const Matrix total = graph.Select({reached, DType::kFp64, count}, std::vector{count - 1});
  const Matrix half = MapWith(graph, "Mul", total, {0.5});
  const Matrix is_above = {graph.Add("GreaterOrEqual", {reached, half.value}), DType::kBool, count};
  const Matrix flags = graph.CastTo(is_above, DType::kInt64);
  const std::string first = graph.Add("ArgMax", {flags.value}, {{"axis", 1}, {"keepdims", 1}});
  return {graph.Add("GatherElements", {sorted[0], first}, {{"axis", 1}}), DType::kFp64, 1};
}

StatusOr<Outputs> AdaBoostRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Ensemble ensemble, ReadEnsemble(state, 0));
  ASSIGN_OR_RETURN(const Matrix predictions, MemberPredictions(writer, state, ensemble, x));
  ensemble.weights.resize(ensemble.members.size());
  return Predicting(WeightedMedian(writer.graph(), predictions, ensemble.weights), true);
}

}  // namespace

std::span<const Estimator> AdaptiveBoosting() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "AdaBoostClassifier", EstimatorKind::kClassifier, AdaBoostClassifier,
       FirstMember},
      {kEnsemble, "AdaBoostRegressor", EstimatorKind::kRegressor, AdaBoostRegressor, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
