// Estimators that look up where among fitted edges a number lies.

#include <algorithm>
#include <limits>

#include "import/sklearn/intervals.h"
#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;
using Edges = std::vector<std::vector<double>>;

/// x + (1e-8 + 1e-5 |x|): before 1.1, numbers just below an edge count as above it.
Matrix Shifted(Graph& graph, const Matrix& x) {
  const Matrix part = MapWith(graph, "Mul", Map(graph, "Abs", x), {1e-5});
  const Matrix shift = MapWith(graph, "Add", part, {1e-8});
  return {graph.Add("Add", {x.value, shift.value}), x.dtype, x.columns};
}

StatusOr<Outputs> KBinsDiscretizer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Value raw, state.Get("bin_edges_"));
  if (!raw.is(Kind::kArray) || raw.array().objects.size() != static_cast<size_t>(x.columns))
    return state.Expected("bin_edges_", fmt::format("an object array [{}]", x.columns),
                          Describe(raw));
  Edges inner;
  int64_t bins = 0;
  for (const Value& value : raw.array().objects) {
    ASSIGN_OR_RETURN(Dense edges, state.ArrayAt(value, "bin_edges_", {-1}));
    if (edges.values.size() < 2 || !std::is_sorted(edges.values.begin(), edges.values.end()))
      return state.Bad("bin_edges_: expected two or more ascending numbers");
    bins += edges.rows() - 1;
    inner.emplace_back(edges.values.begin() + 1, edges.values.end() - 1);
  }
  // As if by searchsorted(edges[1:-1], x, side="right").
  ASSIGN_OR_RETURN(const bool before_1_1, IsBefore(state, 1, 1));
  const Matrix shifted = before_1_1 ? Shifted(graph, x) : x;
  ASSIGN_OR_RETURN(const Matrix index, CountEdgesBelow(graph, shifted, inner, SplitMode::kLess));
  ASSIGN_OR_RETURN(const std::string encode, state.TextOr("encode", "onehot"));
  if (encode == "ordinal") return Transforming(index);
  if (!encode.starts_with("onehot"))
    return state.Unsupported(
        "encode: expected \"onehot\", \"onehot-dense\" or \"ordinal\", got \"{}\"", encode);
  // Column j of the answer is bin numbers[j] of column columns[j].
  std::vector<int64_t> columns;
  std::vector<double> numbers;
  for (size_t i = 0; i < inner.size(); ++i) {
    for (size_t bin = 0; bin <= inner[i].size(); ++bin) {
      columns.push_back(static_cast<int64_t>(i));
      numbers.push_back(static_cast<double>(bin));
    }
  }
  const Matrix spread = graph.Select(index, columns);
  const Matrix hit = MapWith(graph, "Equal", spread, numbers);
  Matrix whole = graph.CastTo({hit.value, DType::kBool, bins}, DType::kFp64);
  whole.sparse = encode == "onehot";
  return Transforming(whole);
}

/// numpy.interp(x, quantiles, references) where `from_above` is false; else the same from the other
/// end, -interp(-x, -quantiles[::-1], -references[::-1]), which differs at repeated quantiles.
StatusOr<Matrix> InterpolateQuantiles(Graph& graph, const Matrix& x, const Edges& quantiles,
                                      const std::vector<double>& references, bool from_above) {
  Pieces pieces;
  const size_t count = references.size();
  for (const std::vector<double>& edges : quantiles) {
    for (size_t i = 0; i <= count; ++i) {
      const bool outside = i == 0 || i == count;
      const size_t at = i == 0 ? 0 : i == count ? count - 1 : from_above ? i : i - 1;
      const double width = outside ? 0 : edges[i] - edges[i - 1];
      pieces.start.push_back(edges[at]);
      pieces.y.push_back(references[at]);
      pieces.slope.push_back(width == 0 ? 0 : (references[i] - references[i - 1]) / width);
    }
  }
  const SplitMode mode = from_above ? SplitMode::kLessOrEqual : SplitMode::kLess;
  ASSIGN_OR_RETURN(const Matrix index, CountEdgesBelow(graph, x, quantiles, mode));
  return Interpolate(graph, x, index, pieces);
}

/// c[0] + c[1] x + …, by Horner's rule.
Matrix Polynomial(Graph& graph, const Matrix& x, const std::vector<double>& coefficients) {
  Matrix sum = MapWith(graph, "Mul", x, {coefficients.back()});
  for (size_t i = coefficients.size() - 1; i-- > 1;) {
    sum = MapWith(graph, "Add", sum, {coefficients[i]});
    sum = {graph.Add("Mul", {sum.value, x.value}), x.dtype, x.columns};
  }
  return MapWith(graph, "Add", sum, {coefficients.front()});
}

/// The quantile function of the normal distribution, for p from 1e-9 to 1 − 1e-9. Wichura's
/// algorithm AS 241 (PPND16), relative error 1e-16; its third branch begins at p = 1.4e-11.
Matrix NormalQuantile(Graph& graph, const Matrix& p) {
  const std::vector<double> a = {3.3871328727963666080e0, 1.3314166789178437745e2,
                                 1.9715909503065514427e3, 1.3731693765509461125e4,
                                 4.5921953931549871457e4, 6.7265770927008700853e4,
                                 3.3430575583588128105e4, 2.5090809287301226727e3};
  const std::vector<double> b = {1.0,
                                 4.2313330701600911252e1,
                                 6.8718700749205790830e2,
                                 5.3941960214247511077e3,
                                 2.1213794301586595867e4,
                                 3.9307895800092710610e4,
                                 2.8729085735721942674e4,
                                 5.2264952788528545610e3};
  const std::vector<double> c = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                 5.76949722146069140550e0,  3.64784832476320460504e0,
                                 1.27045825245236838258e0,  2.41780725177450611770e-1,
                                 2.27238449892691845833e-2, 7.74545014278341407640e-4};
  const std::vector<double> d = {1.0,
                                 2.05319162663775882187e0,
                                 1.67638483018380384940e0,
                                 6.89767334985100004550e-1,
                                 1.48103976427480074590e-1,
                                 1.51986665636164571966e-2,
                                 5.47593808499534494600e-4,
                                 1.05075007164441684324e-9};
  const auto binary = [&](std::string_view op, const Matrix& left, const Matrix& right) {
    return Matrix{graph.Add(op, {left.value, right.value}), DType::kFp64, p.columns};
  };
  const auto ratio = [&](const Matrix& r, const std::vector<double>& above,
                         const std::vector<double>& below) {
    return binary("Div", Polynomial(graph, r, above), Polynomial(graph, r, below));
  };
  const Matrix q = MapWith(graph, "Sub", p, {0.5});
  const Matrix central_r =
      MapWith(graph, "Add", Map(graph, "Neg", binary("Mul", q, q)), {0.180625});
  const Matrix central = binary("Mul", q, ratio(central_r, a, b));

  const Matrix complement = MapWith(graph, "Add", Map(graph, "Neg", p), {1});
  const Matrix log = Map(graph, "Log", binary("Min", p, complement));
  const Matrix tail_r = MapWith(graph, "Sub", Map(graph, "Sqrt", Map(graph, "Neg", log)), {1.6});
  const Matrix tail = binary("Mul", ratio(tail_r, c, d), Map(graph, "Sign", q));
  const Matrix size = Map(graph, "Abs", q);
  const std::string near = graph.Add("LessOrEqual", {size.value, graph.Scalar<double>(0.425)});
  return {graph.Add("Where", {near, central.value, tail.value}), DType::kFp64, p.columns};
}

/// y, but 1 where x passes the last quantile and 0 where it passes the first, within `slack`.
Matrix AtBounds(Graph& graph, const Matrix& x, const Matrix& y, const Edges& quantiles,
                double slack) {
  std::vector<double> first, last;
  for (const auto& edges : quantiles) {
    first.push_back(edges.front());
    last.push_back(edges.back());
  }
  const auto shifted = [&](double by) { return by == 0 ? x : MapWith(graph, "Add", x, {by}); };
  const std::string_view below = slack == 0 ? "Equal" : "Less";
  const std::string_view above = slack == 0 ? "Equal" : "Greater";
  const Matrix is_last = MapWith(graph, above, shifted(slack), last);
  const Matrix is_first = MapWith(graph, below, shifted(-slack), first);
  const std::string upper = graph.Add("Where", {is_last.value, graph.Scalar<double>(1), y.value});
  return {graph.Add("Where", {is_first.value, graph.Scalar<double>(0), upper}), DType::kFp64,
          x.columns};
}

StatusOr<Outputs> QuantileTransformer(Writer& writer, const State& state, const Table& table) {
  constexpr double kBoundsThreshold = 1e-7;  // scikit-learn's BOUNDS_THRESHOLD
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<double> references, state.Vector("references_"));
  const auto count = static_cast<int64_t>(references.size());
  ASSIGN_OR_RETURN(const Dense raw, state.Array("quantiles_", {count, x.columns}));
  if (count < 1) return state.Bad("quantiles_: expected at least one, got none");
  Edges quantiles(static_cast<size_t>(x.columns));
  for (int64_t i = 0; i < count; ++i)
    for (int64_t j = 0; j < x.columns; ++j) quantiles[j].push_back(raw.values[i * x.columns + j]);
  for (const auto& edges : quantiles)
    if (!std::is_sorted(edges.begin(), edges.end()))
      return state.Bad("quantiles_: expected ascending columns");

  ASSIGN_OR_RETURN(const Matrix up, InterpolateQuantiles(graph, x, quantiles, references, false));
  ASSIGN_OR_RETURN(const Matrix down, InterpolateQuantiles(graph, x, quantiles, references, true));
  const Matrix sum = {graph.Add("Add", {up.value, down.value}), DType::kFp64, x.columns};
  const Matrix mean = MapWith(graph, "Mul", sum, {0.5});
  ASSIGN_OR_RETURN(const std::string distribution, state.TextOr("output_distribution", "uniform"));
  if (distribution == "uniform") return Transforming(AtBounds(graph, x, mean, quantiles, 0));
  if (distribution != "normal")
    return state.Unsupported("output_distribution: expected \"uniform\" or \"normal\", got \"{}\"",
                             distribution);
  const Matrix p = AtBounds(graph, x, mean, quantiles, kBoundsThreshold);
  constexpr double kLeast = kBoundsThreshold - std::numeric_limits<double>::epsilon();
  const std::string inside =
      graph.Add("Clip", {p.value, graph.Scalar<double>(kLeast), graph.Scalar<double>(1 - kLeast)});
  return Transforming(NormalQuantile(graph, {inside, DType::kFp64, x.columns}));
}

/// Lines between the points of X_thresholds_ and y_thresholds_.
StatusOr<Outputs> IsotonicRegression(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Matrix x, table.Numbers(graph, state.Title()));
  if (x.columns != 1) return state.Bad("expected one column, got {}", x.columns);
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get("X_thresholds_"));
  if (raw.is(Kind::kArray) && raw.array().type.item_bytes == sizeof(float))
    x = graph.CastTo(graph.CastTo(x, DType::kFp32), DType::kFp64);  // as scikit-learn does then
  ASSIGN_OR_RETURN(const std::vector<double> points, state.Vector("X_thresholds_"));
  ASSIGN_OR_RETURN(const std::vector<double> values,
                   state.Vector("y_thresholds_", static_cast<int64_t>(points.size())));
  if (points.empty() || !std::is_sorted(points.begin(), points.end()))
    return state.Bad("X_thresholds_: expected ascending numbers");
  ASSIGN_OR_RETURN(const Matrix curve, InterpolateQuantiles(graph, x, {points}, values, false));
  ASSIGN_OR_RETURN(const std::string outside, state.TextOr("out_of_bounds", "nan"));
  if (outside == "clip" || points.size() == 1) return Predicting(curve, true);
  if (outside == "raise")
    writer.Warn(
        fmt::format("{}: outside of what it was fitted on the answer is NaN; scikit-learn "
                    "raises an error (out_of_bounds=\"raise\").",
                    state.Title()));
  const std::string below = graph.Add("Less", {x.value, graph.Scalar<double>(points.front())});
  const std::string above = graph.Add("Greater", {x.value, graph.Scalar<double>(points.back())});
  const std::string is_outside = graph.Add("Or", {below, above});
  const std::string nan = graph.Scalar<double>(std::numeric_limits<double>::quiet_NaN());
  return Predicting({graph.Add("Where", {is_outside, nan, curve.value}), DType::kFp64, 1}, true);
}

}  // namespace

std::span<const Estimator> Bins() {
  constexpr std::string_view kPreprocessing = "sklearn.preprocessing";
  static constexpr Estimator kRows[] = {
      {"sklearn.isotonic", "IsotonicRegression", EstimatorKind::kRegressor, IsotonicRegression,
       nullptr, 1},
      {kPreprocessing, "KBinsDiscretizer", EstimatorKind::kTransformer, KBinsDiscretizer},
      {kPreprocessing, "QuantileTransformer", EstimatorKind::kTransformer, QuantileTransformer},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
