// Bagging*: the mean over estimators that were fitted on some rows and columns each.

#include "import/sklearn/encoded_members.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_sums.h"

namespace slipway::importing::sklearn {
namespace {

struct Bag {
  std::vector<State> members;
  std::vector<std::vector<int64_t>> features;  // by member: columns of x
};

StatusOr<Bag> ReadBag(const State& state, int64_t columns) {
  Bag bag;
  ASSIGN_OR_RETURN(bag.members, Members(state, "estimators_"));
  ASSIGN_OR_RETURN(bag.features, FeatureSets(state, bag.members.size(), columns));
  return bag;
}

std::vector<TreeMember> TreesOf(const Bag& bag) {
  std::vector<TreeMember> trees;
  for (size_t i = 0; i < bag.members.size(); ++i)
    trees.push_back({bag.members[i], bag.features[i], 0});
  return trees;
}

/// The shares of a leaf, each at its class's position.
void AppendShares(std::span<const double> values, std::span<const int64_t> positions,
                  int64_t classes, std::vector<double>& leaves) {
  const double total = TotalOf(values);
  const size_t first = leaves.size();
  leaves.resize(first + static_cast<size_t>(classes), 0);
  for (size_t k = 0; k < positions.size(); ++k) leaves[first + positions[k]] = values[k] / total;
}

StatusOr<Matrix> SumOfTreeShares(Graph& graph, const State& state, const Bag& bag, const Matrix& x,
                                 int64_t classes) {
  constexpr size_t kMaxShares = size_t{1} << 24;
  std::vector<std::vector<int64_t>> positions;
  size_t shares = 0;
  for (const State& member : bag.members) {
    ASSIGN_OR_RETURN(const Labels labels, member.LabelArray("classes_"));
    ASSIGN_OR_RETURN(std::vector<int64_t> own, PositionsOf(member, labels, classes));
    ASSIGN_OR_RETURN(const TreeNodes nodes, ReadTreeNodes(member));
    if (nodes.values.shape[1] != 1 || nodes.values.shape[2] != static_cast<int64_t>(own.size()))
      return member.Expected("tree_.values", fmt::format("[-1,1,{}]", own.size()),
                             ToString(nodes.values.shape));
    positions.push_back(std::move(own));
    shares += nodes.size() * static_cast<size_t>(classes);
    if (shares > kMaxShares)
      return Error(Reason::kTooLarge, "{}: expected at most {} shares of classes in all leaves",
                   state.Title(), kMaxShares);
  }
  return AddTreeSum(graph, state, x, TreesOf(bag), {classes, classes, -1},
                    [&](size_t tree, const TreeNodes& nodes, size_t node, auto& leaves) {
                      AppendShares(nodes.ValuesOf(node), positions[tree], classes, leaves);
                    });
}

StatusOr<Outputs> BaggingClassifier(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const Bag bag, ReadBag(state, table.columns()));
  Matrix sum;
  std::vector<Matrix> decisions;
  if (AreTrees(bag.members) && classes.size() > 1) {
    ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
    ASSIGN_OR_RETURN(sum, SumOfTreeShares(graph, state, bag, x, classes.size()));
  } else {
    std::vector<Matrix> shares;
    for (size_t i = 0; i < bag.members.size(); ++i) {
      const Table columns = table.Select(graph, bag.features[i]);
      ASSIGN_OR_RETURN(const EncodedMember member,
                       WriteEncoded(writer, bag.members[i], columns, classes.size()));
      shares.push_back(member.proba.value_or(member.votes));
      if (member.decision) decisions.push_back(*member.decision);
    }
    sum = SumOf(graph, shares);
  }
  const auto count = static_cast<double>(bag.members.size());
  Outputs outputs = MostProbable(graph, std::move(classes), MapWith(graph, "Div", sum, {count}));
  if (decisions.size() == bag.members.size())
    outputs.decision = MapWith(graph, "Div", SumOf(graph, decisions), {count});
  return outputs;
}

StatusOr<Outputs> BaggingRegressor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Bag bag, ReadBag(state, table.columns()));
  const auto count = static_cast<double>(bag.members.size());
  ASSIGN_OR_RETURN(const int64_t tree_outputs, bag.members[0].IntegerOr("n_outputs_", 1));
  if (AreTrees(bag.members) && tree_outputs == 1) {
    ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
    ASSIGN_OR_RETURN(const Matrix sum,
                     AddTreeSum(graph, state, x, TreesOf(bag), {.values_width = 1},
                                [](size_t, const TreeNodes& nodes, size_t node, auto& leaves) {
                                  leaves.push_back(nodes.ValuesOf(node)[0]);
                                }));
    return Predicting(MapWith(graph, "Div", sum, {count}), true);
  }
  std::vector<Matrix> values;
  bool is_vector = true;
  int64_t targets = 1;
  for (size_t i = 0; i < bag.members.size(); ++i) {
    ASSIGN_OR_RETURN(const Outputs outputs,
                     writer.Write(bag.members[i], table.Select(graph, bag.features[i])));
    if (!outputs.predict || (i != 0 && outputs.predict->columns != targets))
      return bag.members[i].Bad("expected a regressor of {} outputs", targets);
    is_vector = outputs.predict_is_vector;
    targets = outputs.predict->columns;
    values.push_back(*outputs.predict);
  }
  return Predicting(MapWith(graph, "Div", SumOf(graph, values), {count}), is_vector);
}

}  // namespace

std::span<const Estimator> Bagging() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "BaggingClassifier", EstimatorKind::kClassifier, BaggingClassifier},
      {kEnsemble, "BaggingRegressor", EstimatorKind::kRegressor, BaggingRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
