// RandomTreesEmbedding: a column for each leaf of each tree, 1 where a row falls into it.

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_nodes.h"

namespace slipway::importing::sklearn {
namespace {

/// How many leaves of each tree one_hot_encoder_ knows: those that had rows to be fitted on.
StatusOr<std::vector<size_t>> KnownLeaves(const State& state, size_t trees) {
  ASSIGN_OR_RETURN(const State encoder, state.Nested("one_hot_encoder_"));
  ASSIGN_OR_RETURN(const std::vector<pickle::Value> categories, Elements(encoder, "categories_"));
  if (categories.size() != trees)
    return encoder.Bad("categories_: expected {} arrays, got {}", trees, categories.size());
  std::vector<size_t> counts;
  for (const pickle::Value& leaves : categories) counts.push_back(leaves.array().count());
  return counts;
}

/// Columns are in the order of trees, then of leaves.
StatusOr<Outputs> RandomTreesEmbedding(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  const auto trees = static_cast<int64_t>(members.size());
  ASSIGN_OR_RETURN(const std::vector<size_t> known, KnownLeaves(state, members.size()));
  TreeEnsemble ensemble{.name = state.Title(), .targets = trees};
  std::vector<int64_t> tree_of_column;
  std::vector<double> leaf_of_column;
  for (int64_t i = 0; i < trees; ++i) {
    ASSIGN_OR_RETURN(const TreeNodes nodes, ReadTreeNodes(members[i]));
    ASSIGN_OR_RETURN(Tree tree, ToTree(members[i], nodes, [&](size_t node, auto& leaves) {
                       tree_of_column.push_back(i);
                       leaf_of_column.push_back(static_cast<double>(node));
                       leaves.push_back(static_cast<double>(node));
                     }));
    if (tree.leaves.size() != known[i])
      return members[i].Unsupported("tree_: {} leaves, of which only {} had rows",
                                    tree.leaves.size(), known[i]);
    tree.target = i;
    ensemble.trees.push_back(std::move(tree));
    if (leaf_of_column.size() > static_cast<size_t>(kMaxColumns))
      return Error(Reason::kTooLarge, "{}: more than {} columns", state.Title(), kMaxColumns);
  }
  const auto columns = static_cast<int64_t>(leaf_of_column.size());
  ASSIGN_OR_RETURN(const Matrix leaves, AddTrees(graph, ensemble, RoundedToFloat(graph, x)));
  const std::string is_leaf =
      graph.Add("Equal", {graph.Select(leaves, tree_of_column).value,
                          graph.Constant<double>({columns}, leaf_of_column)});
  return Transforming(graph.CastTo({is_leaf, DType::kBool, columns}, DType::kFp64));
}

}  // namespace

std::span<const Estimator> TreeColumns() {
  static constexpr Estimator kRows[] = {
      {"sklearn.ensemble", "RandomTreesEmbedding", EstimatorKind::kTransformer,
       RandomTreesEmbedding, FirstMember},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
