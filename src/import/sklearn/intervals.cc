#include "import/sklearn/intervals.h"

namespace slipway::importing::sklearn {
namespace {

/// Builds the balanced tree over edges [begin, end); returns it as a child. Recursion is as deep as
/// the logarithm of the number of edges.
class Search {
 public:
  Search(const std::vector<double>& edges, int64_t column, SplitMode mode)
      : edges_(edges), column_(column), mode_(mode) {
    tree_.target = column;
    Add(0, edges.size());
  }
  Tree Finish() && { return std::move(tree_); }

 private:
  int32_t Add(size_t begin, size_t end) {
    if (begin == end) {
      tree_.leaves.push_back(static_cast<double>(begin));
      return ~static_cast<int32_t>(tree_.leaves.size() - 1);
    }
    const size_t middle = begin + (end - begin) / 2;
    const size_t at = tree_.splits.size();
    tree_.splits.push_back({.feature = column_, .mode = mode_, .threshold = edges_[middle]});
    const int32_t on_true = Add(begin, middle);
    const int32_t on_false = Add(middle + 1, end);
    tree_.splits[at].on_true = on_true;
    tree_.splits[at].on_false = on_false;
    return static_cast<int32_t>(at);
  }

  const std::vector<double>& edges_;
  const int64_t column_;
  const SplitMode mode_;
  Tree tree_;
};

}  // namespace

StatusOr<Matrix> CountEdgesBelow(Graph& graph, const Matrix& x,
                                 const std::vector<std::vector<double>>& edges, SplitMode mode) {
  TreeEnsemble ensemble{.name = "intervals", .targets = x.columns};
  for (size_t i = 0; i < edges.size(); ++i)
    ensemble.trees.push_back(Search(edges[i], static_cast<int64_t>(i), mode).Finish());
  return AddTrees(graph, ensemble, x);
}

Matrix Interpolate(Graph& graph, const Matrix& x, const Matrix& index, const Pieces& pieces) {
  const auto count = static_cast<int64_t>(pieces.y.size());
  std::vector<int64_t> first;
  for (int64_t i = 0; i < x.columns; ++i) first.push_back(i * (count / x.columns));
  const Matrix whole = graph.CastTo(index, DType::kInt64);
  const std::string flat =
      graph.Add("Add", {whole.value, graph.Constant<int64_t>({x.columns}, first)});
  const auto look_up = [&](const std::vector<double>& values) {
    return graph.Add("Gather", {graph.Constant<double>({count}, values), flat});
  };
  const std::string offset = graph.Add("Sub", {x.value, look_up(pieces.start)});
  const std::string rise = graph.Add("Mul", {offset, look_up(pieces.slope)});
  return {graph.Add("Add", {rise, look_up(pieces.y)}), DType::kFp64, x.columns};
}

}  // namespace slipway::importing::sklearn
