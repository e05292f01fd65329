// KNeighbors*: what the nearest of the rows that were trained on say.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "import/sklearn/neighborhoods.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

/// Whether neighbors count by 1 / distance.
StatusOr<bool> AreWeighted(const State& state) {
  const auto weights = state.Find("weights");
  const auto name = weights ? AsText(*weights) : std::optional<std::string>("uniform");
  if (name != "uniform" && name != "distance")
    return state.Unsupported("weights: expected \"uniform\" or \"distance\", got {}",
                             name.value_or(Describe(*weights)));
  return name == "distance";
}

/// Whether two trained rows are equal and `differ(row, row)` says that their targets are not.
bool HaveTies(const Dense& rows, const auto& differ) {
  const size_t size = static_cast<size_t>(rows.columns()) * sizeof(double);
  const auto compare = [&](int64_t a, int64_t b) {
    return std::memcmp(rows.values.data() + a * rows.columns(),
                       rows.values.data() + b * rows.columns(), size);
  };
  std::vector<int64_t> order(static_cast<size_t>(rows.rows()));
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return compare(a, b) < 0; });
  return std::adjacent_find(order.begin(), order.end(), [&](int64_t a, int64_t b) {
           return compare(a, b) == 0 && differ(a, b);
         }) != order.end();
}

/// Whether rows a and b of y are not the same.
auto RowsDiffer(const Dense& y) {
  return [&y, width = y.columns()](int64_t a, int64_t b) {
    const double* const targets = y.values.data();
    return !std::equal(targets + a * width, targets + (a + 1) * width, targets + b * width);
  };
}

void WarnOfTies(Writer& writer, const State& state) {
  writer.Warn(
      fmt::format("{}: some rows that it was trained on are equal and have different "
                  "targets: of rows at the same distance the first ones count, and in "
                  "scikit-learn those that its search finds first.",
                  state.Title()));
}

/// Column `target` of _y [rows, targets], positions in its classes.
StatusOr<std::vector<int64_t>> ClassesOfRows(const State& state, const Dense& y, int64_t target) {
  std::vector<int64_t> column;
  for (int64_t i = 0; i < y.rows(); ++i) {
    const double position = y.values[i * y.columns() + target];
    if (!(std::abs(position) < 9e15)) return state.Expected("_y", "whole numbers", "others");
    column.push_back(static_cast<int64_t>(position));
  }
  return column;
}

StatusOr<Outputs> NeighborsClassifier(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(state, x.columns));
  ASSIGN_OR_RETURN(const bool weighted, AreWeighted(state));
  const int64_t trained = near.rows.rows();
  if (!state.IsList("classes_")) {
    ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
    ASSIGN_OR_RETURN(const std::vector<int64_t> y, state.Integers("_y", trained));
    if (HaveTies(near.rows, [&](int64_t a, int64_t b) { return y[a] != y[b]; }))
      WarnOfTies(writer, state);
    const Matrix proba =
        ShareOfClasses(graph, AddNearest(graph, x, near), near, weighted, y, classes.size());
    return MostProbable(graph, std::move(classes), proba);
  }
  ASSIGN_OR_RETURN(std::vector<Labels> classes, state.LabelArrays("classes_"));
  const auto targets = static_cast<int64_t>(classes.size());
  ASSIGN_OR_RETURN(const Dense y, state.Array("_y", {trained, targets}));
  if (HaveTies(near.rows, RowsDiffer(y))) WarnOfTies(writer, state);
  const Nearest nearest = AddNearest(graph, x, near);
  std::vector<Matrix> probas;
  for (int64_t i = 0; i < targets; ++i) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> own, ClassesOfRows(state, y, i));
    probas.push_back(ShareOfClasses(graph, nearest, near, weighted, own, classes[i].size()));
  }
  return MostProbableOfEach(graph, std::move(classes), probas);
}

StatusOr<Outputs> NeighborsRegressor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(state, x.columns));
  ASSIGN_OR_RETURN(const Value raw, state.Get("_y"));
  const bool is_vector = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 1;
  const int64_t trained = near.rows.rows();
  ASSIGN_OR_RETURN(const Dense y,
                   state.ArrayAt(raw, "_y", is_vector ? Shape{trained} : Shape{trained, -1}));
  if (HaveTies(near.rows, RowsDiffer(y))) WarnOfTies(writer, state);
  ASSIGN_OR_RETURN(const bool weighted, AreWeighted(state));
  const Nearest nearest = AddNearest(graph, x, near);
  const std::string values =
      graph.Add("Gather", {graph.Constant<double>({trained, y.columns()}, y.values), nearest.rows});
  return Predicting(MeanOverNeighbors(graph, nearest, near, weighted, values, y.columns()),
                    is_vector);
}

/// What scikit-learn adds to distances of which all may be 0.
constexpr double kLeastReach = 1e-10;

/// How dense it is around the nearest rows, over how dense it is around x.
StatusOr<Outputs> LocalOutlierFactor(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const bool novelty, state.BoolOr("novelty", false));
  if (!novelty)
    return state.Unsupported("novelty: expected True; otherwise it answers no new rows");
  ASSIGN_OR_RETURN(const Neighborhood near, ReadNeighborhood(state, x.columns, "n_neighbors_"));
  const int64_t trained = near.rows.rows();
  ASSIGN_OR_RETURN(const Dense reach, state.Array("_distances_fit_X_", {trained, near.count}));
  ASSIGN_OR_RETURN(const std::vector<double> density, state.Vector("_lrd", trained));
  ASSIGN_OR_RETURN(const double offset, state.Number("offset_"));
  std::vector<double> farthest;
  for (int64_t i = 1; i <= trained; ++i) farthest.push_back(reach.values[i * near.count - 1]);
  const Nearest nearest = AddNearest(graph, x, near);
  const auto look_up = [&](const std::vector<double>& values) {
    return graph.Add("Gather", {graph.Constant<double>({trained}, values), nearest.rows});
  };
  const Matrix reached = {graph.Add("Max", {nearest.distances, look_up(farthest)}), DType::kFp64,
                          near.count};
  const Matrix mean_reach =
      MapWith(graph, "Add", Reduce(graph, "ReduceMean", reached), {kLeastReach});
  const Matrix around = Map(graph, "Reciprocal", mean_reach);
  const Matrix ratios = {graph.Add("Div", {look_up(density), around.value}), DType::kFp64,
                         near.count};
  const Matrix factor = Reduce(graph, "ReduceMean", ratios);
  return DetectingOutliers(graph, MapWith(graph, "Sub", Map(graph, "Neg", factor), {offset}));
}

}  // namespace

std::span<const Estimator> Neighbors() {
  constexpr std::string_view kNeighbors = "sklearn.neighbors";
  static constexpr Estimator kRows[] = {
      {kNeighbors, "KNeighborsClassifier", EstimatorKind::kClassifier, NeighborsClassifier},
      {kNeighbors, "KNeighborsRegressor", EstimatorKind::kRegressor, NeighborsRegressor},
      {kNeighbors, "LocalOutlierFactor", EstimatorKind::kOutlierDetector, LocalOutlierFactor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
