// Clusters around fitted centres.

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/trees.h"

namespace slipway::importing::sklearn {
namespace {

/// The nearest centre is that of the largest x·c − |c|²/2; distances follow from the same product.
StatusOr<Outputs> NearestCentre(Writer& writer, const State& state, const Table& table,
                                std::string_view key) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Dense centres, state.Array(key, {-1, x.columns}));
  const int64_t count = centres.rows();
  if (count < 1) return state.Expected(key, "at least one centre", "none");
  std::vector<double> half_squares(static_cast<size_t>(count), 0);
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t j = 0; j < x.columns; ++j) {
      const double value = centres.values[i * x.columns + j];
      half_squares[i] -= value * value / 2;
    }
  }
  const Matrix score = Affine(graph, x, Transposed(centres.values, count, x.columns), half_squares);
  Outputs outputs;
  outputs.label = ArgMax(graph, score);

  const Matrix squares = {graph.Add("Mul", {x.value, x.value}), DType::kFp64, x.columns};
  const Matrix length = Reduce(graph, "ReduceSum", squares);
  const Matrix twice = MapWith(graph, "Mul", score, {2});
  const std::string distance = graph.Add("Sub", {length.value, twice.value});
  const std::string positive = graph.Add("Max", {distance, graph.Scalar<double>(0)});
  outputs.transform = Table(Map(graph, "Sqrt", {positive, DType::kFp64, count}));
  return outputs;
}

StatusOr<Outputs> KMeans(Writer& writer, const State& state, const Table& x) {
  return NearestCentre(writer, state, x, "cluster_centers_");
}

StatusOr<Outputs> NearestCentreOnly(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(Outputs outputs, NearestCentre(writer, state, x, "cluster_centers_"));
  outputs.transform.reset();
  return outputs;
}

/// Subclusters have labels of their own.
StatusOr<Outputs> Birch(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, NearestCentre(writer, state, x, "subcluster_centers_"));
  ASSIGN_OR_RETURN(const std::vector<int64_t> labels,
                   state.Integers("subcluster_labels_", outputs.transform->columns()));
  const auto count = static_cast<int64_t>(labels.size());
  outputs.label = graph.Add("Gather", {graph.Constant<int64_t>({count}, labels), outputs.label});
  return outputs;
}

struct Bisection {
  Tree tree;                    // feature i: whether the right centre of split i is the nearer one
  std::vector<double> normals;  // [splits][columns]
  std::vector<double> offsets;  // [splits]
};

/// Above 0 where x is nearer to the right centre: x·(r − l) − (|r|² − |l|²)/2.
Status AppendBisector(const State& left, const State& right, const std::vector<double>& mean,
                      Bisection& bisection) {
  const auto columns = static_cast<int64_t>(mean.size());
  ASSIGN_OR_RETURN(const std::vector<double> from, left.Vector("center", columns));
  ASSIGN_OR_RETURN(const std::vector<double> to, right.Vector("center", columns));
  double offset = 0;
  for (size_t j = 0; j < mean.size(); ++j) {
    const double l = from[j] + mean[j], r = to[j] + mean[j];
    bisection.normals.push_back(r - l);
    offset -= (r * r - l * l) / 2;
  }
  bisection.offsets.push_back(offset);
  return OkStatus();
}

/// The tree under `root`, of as many leaves as there are clusters.
StatusOr<Bisection> ReadBisection(const State& root, const std::vector<double>& mean,
                                  int64_t clusters) {
  struct Pending {
    State node;
    int64_t parent;
    bool is_right;
  };
  Bisection bisection;
  std::vector<Pending> pending = {{root, -1, false}};
  while (!pending.empty()) {
    const Pending next = pending.back();
    pending.pop_back();
    const bool is_leaf = !next.node.Has("left");
    int32_t self = 0;
    if (is_leaf) {
      ASSIGN_OR_RETURN(const int64_t label, next.node.Integer("label"));
      self = ~static_cast<int32_t>(bisection.tree.leaves.size());
      bisection.tree.leaves.push_back(static_cast<double>(label));
    } else {
      const auto number = static_cast<int64_t>(bisection.tree.splits.size());
      if (number + 1 >= clusters) return root.Bad("more splits than {} clusters need", clusters);
      self = static_cast<int32_t>(number);
      bisection.tree.splits.push_back({.feature = number});
      // Places within `root`: those within its nodes would grow with the depth.
      ASSIGN_OR_RETURN(const pickle::Value left, next.node.Get("left"));
      ASSIGN_OR_RETURN(const pickle::Value right, next.node.Get("right"));
      ASSIGN_OR_RETURN(const State left_node, root.NestedAt(left, "left"));
      ASSIGN_OR_RETURN(const State right_node, root.NestedAt(right, "right"));
      RETURN_IF_ERROR(AppendBisector(left_node, right_node, mean, bisection));
      pending.push_back({right_node, number, true});
      pending.push_back({left_node, number, false});
    }
    if (next.parent < 0) continue;
    Split& parent = bisection.tree.splits[next.parent];
    (next.is_right ? parent.on_false : parent.on_true) = self;
  }
  return bisection;
}

/// Rows go down a tree, to the nearer of two centres each time.
StatusOr<Outputs> BisectingKMeans(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Outputs outputs, NearestCentre(writer, state, table, "cluster_centers_"));
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  std::vector<double> mean(static_cast<size_t>(x.columns), 0);
  if (state.Has("_X_mean")) {
    ASSIGN_OR_RETURN(mean, state.Vector("_X_mean", x.columns));
  }
  ASSIGN_OR_RETURN(const State root, state.Nested("_bisecting_tree"));
  ASSIGN_OR_RETURN(Bisection bisection, ReadBisection(root, mean, outputs.transform->columns()));
  const auto splits = static_cast<int64_t>(bisection.offsets.size());
  if (splits == 0) return outputs;
  const Matrix sides =
      Affine(graph, x, Transposed(bisection.normals, splits, x.columns), bisection.offsets);
  TreeEnsemble ensemble{.name = state.Title(), .trees = {std::move(bisection.tree)}};
  ASSIGN_OR_RETURN(const Matrix label, AddTrees(graph, ensemble, sides));
  outputs.label = Squeeze(graph, graph.CastTo(label, DType::kInt64));
  return outputs;
}

}  // namespace

std::span<const Estimator> Clusters() {
  constexpr std::string_view kCluster = "sklearn.cluster";
  constexpr EstimatorKind kClusters = EstimatorKind::kClusterer;
  static constexpr Estimator kRows[] = {
      {kCluster, "AffinityPropagation", kClusters, NearestCentreOnly},
      {kCluster, "Birch", kClusters, Birch},
      {kCluster, "BisectingKMeans", kClusters, BisectingKMeans},
      {kCluster, "KMeans", kClusters, KMeans},
      {kCluster, "MeanShift", kClusters, NearestCentreOnly},
      {kCluster, "MiniBatchKMeans", kClusters, KMeans},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
