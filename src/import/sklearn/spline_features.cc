// SplineTransformer: each column as the values of the B-splines of its knots.

#include <algorithm>
#include <cmath>
#include <limits>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

constexpr int64_t kMaxDegree = 32;
constexpr size_t kMaxCoefficients = size_t{1} << 26;  // of all columns

/// A scipy BSpline whose coefficients are vectors.
struct Spline {
  std::vector<double> knots;  // t, ascending
  Dense weights;              // c, [basis functions, outputs]
  int64_t degree = 0;         // k

  /// Intervals of the base: [knots[degree + i], knots[degree + i + 1]).
  int64_t intervals() const { return weights.rows() - degree; }
  double first() const { return knots[static_cast<size_t>(degree)]; }
  double last() const { return knots[static_cast<size_t>(weights.rows())]; }
  int64_t outputs() const { return weights.columns(); }
};

/// Where an interval begins and ends; one that is empty is taken to be 1 wide.
struct Interval {
  double begin, end;
};

Interval IntervalOf(const Spline& spline, int64_t number) {
  const double* knot = &spline.knots[static_cast<size_t>(number + spline.degree)];
  return {knot[0], knot[1] > knot[0] ? knot[1] : knot[0] + 1};
}

/// Homogeneous polynomials of the shares u and v of an interval that lie before and behind x:
/// Σ p[d]·uᵈ·vᵐ⁻ᵈ. Nothing cancels between its ends, and what is 0 there is 0 exactly.
using Polynomial = std::vector<double>;

/// p·(a·v + b·u), added to `sum`.
void AddProduct(const Polynomial& p, double a, double b, Polynomial& sum) {
  for (size_t d = 0; d + 1 < p.size(); ++d) {
    sum[d] += a * p[d];
    sum[d + 1] += b * p[d];
  }
}

/// The degree + 1 basis functions that are not 0 in an interval: de Boor's recurrence.
std::vector<Polynomial> BasisOf(const Spline& spline, int64_t number) {
  const auto width = static_cast<size_t>(spline.degree) + 1;
  const auto left = static_cast<size_t>(number + spline.degree);
  const auto [begin, end] = IntervalOf(spline, number);
  std::vector<Polynomial> basis(width, Polynomial(width + 1, 0));
  basis[0][0] = 1;
  for (size_t j = 1; j < width; ++j) {
    const std::vector<Polynomial> lower = basis;
    std::fill(basis[0].begin(), basis[0].end(), 0);
    for (size_t n = 1; n <= j; ++n) {
      const double to = spline.knots[left + n], from = spline.knots[left + n - j];
      std::fill(basis[n].begin(), basis[n].end(), 0);
      if (to == from) continue;
      const double scale = 1 / (to - from);
      AddProduct(lower[n - 1], (to - begin) * scale, (to - end) * scale, basis[n - 1]);
      AddProduct(lower[n - 1], (begin - from) * scale, (end - from) * scale, basis[n]);
    }
  }
  return basis;
}

/// Coefficients of uᵈ·vᵏ⁻ᵈ, k the degree, of every output in every interval:
/// [degree + 1][intervals, outputs].
std::vector<std::vector<double>> CoefficientsOf(const Spline& spline) {
  const int64_t outputs = spline.outputs();
  std::vector<std::vector<double>> tables(
      static_cast<size_t>(spline.degree) + 1,
      std::vector<double>(static_cast<size_t>(spline.intervals() * outputs), 0));
  for (int64_t i = 0; i < spline.intervals(); ++i) {
    const std::vector<Polynomial> basis = BasisOf(spline, i);
    for (size_t j = 0; j < basis.size(); ++j) {
      const double* weights = &spline.weights.values[(i + static_cast<int64_t>(j)) * outputs];
      for (size_t d = 0; d < tables.size(); ++d)
        for (int64_t k = 0; k < outputs; ++k)
          tables[d][i * outputs + k] += basis[j][d] * weights[k];
    }
  }
  return tables;
}

/// A line for each output: value + slope · (x − start).
struct Lines {
  double start;
  std::vector<double> value, slope;  // [outputs]
};

/// Those that touch the outputs at `start`.
Lines TangentsAt(const Spline& spline, const std::vector<std::vector<double>>& coefficients,
                 double start) {
  const auto outputs = static_cast<size_t>(spline.outputs());
  const auto base = spline.knots.begin() + spline.degree;
  const auto interval = std::upper_bound(base + 1, base + spline.intervals(), start) - (base + 1);
  const auto [begin, end] = IntervalOf(spline, interval);
  const double width = end - begin, u = (start - begin) / width, v = (end - start) / width;
  Lines lines{start, std::vector<double>(outputs, 0), std::vector<double>(outputs, 0)};
  double power = 1, power_slope = 0;  // of v
  for (size_t d = coefficients.size(); d-- > 0;) {
    for (size_t k = 0; k < outputs; ++k) {
      const double p = coefficients[d][static_cast<size_t>(interval) * outputs + k];
      lines.slope[k] = lines.slope[k] * u + lines.value[k] / width + p * power_slope;
      lines.value[k] = lines.value[k] * u + p * power;
    }
    power_slope = power_slope * v - power / width;
    power *= v;
  }
  return lines;
}

StatusOr<Spline> ReadSpline(const State& state, const Value& value, const std::string& place) {
  ASSIGN_OR_RETURN(const State object, state.NestedAt(value, place));
  const bool is_new = object.Has("_t");  // since scipy 1.16
  Spline spline;
  ASSIGN_OR_RETURN(spline.knots, object.Vector(is_new ? "_t" : "t"));
  ASSIGN_OR_RETURN(spline.degree, object.Integer("k"));
  if (spline.degree < 0 || spline.degree > kMaxDegree)
    return object.Expected("k", fmt::format("0 to {}", kMaxDegree),
                           fmt::format("{}", spline.degree));
  const auto basis = static_cast<int64_t>(spline.knots.size()) - spline.degree - 1;
  if (basis <= spline.degree)
    return object.Expected("t", fmt::format("at least {} knots", 2 * spline.degree + 2),
                           fmt::format("{}", spline.knots.size()));
  if (!std::is_sorted(spline.knots.begin(), spline.knots.end(),
                      [](double a, double b) { return !(a >= b); }) ||
      !std::isfinite(spline.knots.front()) || !std::isfinite(spline.knots.back()))
    return object.Expected("t", "ascending numbers", "others");
  ASSIGN_OR_RETURN(spline.weights, object.Array(is_new ? "_c" : "c", {basis, -1}));
  if (spline.outputs() < 1) return object.Expected("c", "at least one column", "none");
  return spline;
}

/// x brought into the base by whole periods, as numpy's remainder does.
Matrix Wrapped(Graph& graph, const Matrix& x, const Spline& spline) {
  const double period = spline.last() - spline.first();
  if (!(period > 0)) return MapWith(graph, "Mul", x, {0});
  const std::string rest = graph.Add(
      "Mod", {MapWith(graph, "Sub", x, {spline.first()}).value, graph.Scalar<double>(period)},
      {{"fmod", 1}});
  const std::string negative = graph.Add("Less", {rest, graph.Scalar<double>(0)});
  const std::string moved = graph.Add("Add", {rest, graph.Scalar<double>(period)});
  return MapWith(graph, "Add", {graph.Add("Where", {negative, moved, rest}), DType::kFp64, 1},
                 {spline.first()});
}

/// All outputs at x [n, 1]: [n, outputs]. Beyond the base its outer pieces continue.
Matrix Evaluate(Graph& graph, const Matrix& x, const Spline& spline,
                const std::vector<std::vector<double>>& coefficients) {
  const int64_t intervals = spline.intervals(), outputs = spline.outputs();
  const auto base = spline.knots.begin() + spline.degree;
  const std::vector<double> edges(base + 1, base + intervals);
  std::vector<double> begins, ends, widths;
  for (int64_t i = 0; i < intervals; ++i) {
    const auto [begin, end] = IntervalOf(spline, i);
    begins.push_back(begin);
    ends.push_back(end);
    widths.push_back(end - begin);
  }
  std::string interval = graph.CastTo(Filled(graph, x, 0), DType::kInt64).value;
  if (!edges.empty()) {
    const std::string is_above =
        graph.Add("GreaterOrEqual", {x.value, graph.Constant<double>({intervals - 1}, edges)});
    const Matrix number = graph.CastTo({is_above, DType::kBool, intervals - 1}, DType::kInt64);
    interval = Reduce(graph, "ReduceSum", number).value;
  }
  const std::string row = Squeeze(graph, {interval, DType::kInt64, 1});
  const auto look_up = [&](const std::vector<double>& table, int64_t width) {
    return graph.Add("Gather", {graph.Constant<double>({intervals, width}, table), row});
  };
  const std::string width = look_up(widths, 1);
  const auto share = [&](const std::string& from, const std::string& to) {
    return graph.Add("Div", {graph.Add("Sub", {to, from}), width});
  };
  const std::string u = share(look_up(begins, 1), x.value);
  const std::string v = share(x.value, look_up(ends, 1));
  std::string sum = look_up(coefficients.back(), outputs), power = v;
  for (size_t d = coefficients.size() - 1; d-- > 0;) {
    const std::string term = graph.Add("Mul", {look_up(coefficients[d], outputs), power});
    sum = graph.Add("Add", {graph.Add("Mul", {sum, u}), term});
    power = graph.Add("Mul", {power, v});
  }
  return {sum, DType::kFp64, outputs};
}

/// `values`, but lines where x compares so with their start.
Matrix LinesWhere(Graph& graph, const Matrix& x, std::string_view compare, const Lines& lines,
                  const Matrix& values) {
  const std::string is_beyond = graph.Add(compare, {x.value, graph.Scalar<double>(lines.start)});
  const std::string offset = graph.Add("Sub", {x.value, graph.Scalar<double>(lines.start)});
  const std::string rise =
      graph.Add("Mul", {offset, graph.Constant<double>({values.columns}, lines.slope)});
  const std::string line =
      graph.Add("Add", {rise, graph.Constant<double>({values.columns}, lines.value)});
  return {graph.Add("Where", {is_beyond, line, values.value}), DType::kFp64, values.columns};
}

/// Beyond the base the outermost outputs go on as lines. Of degrees 0 and 1 scikit-learn counts one
/// output more, and goes on counting for the columns that follow, whose base that narrows.
Matrix Linear(Graph& graph, const Matrix& x, const Spline& spline, int64_t column,
              const std::vector<std::vector<double>>& coefficients, const Matrix& values) {
  const int64_t skipped =
      spline.degree > 1 ? spline.degree : std::min<int64_t>(spline.degree + column, 2);
  const int64_t moving = std::max<int64_t>(spline.degree, std::min<int64_t>(skipped + 1, 2));
  const int64_t outputs = spline.outputs();
  const auto at = static_cast<int64_t>(spline.knots.size());
  Lines low = TangentsAt(spline, coefficients, spline.knots[std::min(skipped, at - 1)]);
  Lines high =
      TangentsAt(spline, coefficients, spline.knots[std::max<int64_t>(at - 1 - skipped, 0)]);
  for (int64_t k = moving; k < outputs; ++k) low.value[k] = low.slope[k] = 0;
  for (int64_t k = 0; k < outputs - moving; ++k) high.value[k] = high.slope[k] = 0;
  return LinesWhere(graph, x, "Greater", high, LinesWhere(graph, x, "Less", low, values));
}

/// `values`, but `otherwise` where x lies outside of the base.
Matrix InsideOr(Graph& graph, const Matrix& x, const Spline& spline, const Matrix& values,
                double otherwise) {
  const std::string is_low = graph.Add("Less", {x.value, graph.Scalar<double>(spline.first())});
  const std::string is_high = graph.Add("Greater", {x.value, graph.Scalar<double>(spline.last())});
  return {graph.Add("Where", {graph.Add("Or", {is_low, is_high}), graph.Scalar<double>(otherwise),
                              values.value}),
          DType::kFp64, values.columns};
}

StatusOr<Matrix> AddSpline(Writer& writer, const State& state, const Spline& spline,
                           const Matrix& x, int64_t column) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const std::string extrapolation, state.TextOr("extrapolation", "constant"));
  const std::vector<std::vector<double>> coefficients = CoefficientsOf(spline);
  if (extrapolation == "continue") return Evaluate(graph, x, spline, coefficients);
  if (extrapolation == "periodic")
    return Evaluate(graph, Wrapped(graph, x, spline), spline, coefficients);
  if (extrapolation == "error") {
    writer.Warn(
        "SplineTransformer: values beyond the knots, for which scikit-learn raises an error, "
        "become NaN.");
    return InsideOr(graph, x, spline, Evaluate(graph, x, spline, coefficients),
                    std::numeric_limits<double>::quiet_NaN());
  }
  if (extrapolation != "constant" && extrapolation != "linear")
    return state.Unsupported("extrapolation: \"{}\" is not known", extrapolation);
  if (extrapolation == "linear")
    return Linear(graph, x, spline, column, coefficients, Evaluate(graph, x, spline, coefficients));
  const Matrix inside = {graph.Add("Clip", {x.value, graph.Scalar<double>(spline.first()),
                                            graph.Scalar<double>(spline.last())}),
                         DType::kFp64, 1};
  const Matrix values = Evaluate(graph, inside, spline, coefficients);
  // scikit-learn keeps the outermost `degree` outputs: none of degree 0.
  return spline.degree == 0 ? InsideOr(graph, x, spline, values, 0) : values;
}

StatusOr<Outputs> SplineTransformer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const std::vector<Value> objects, Elements(state, "bsplines_"));
  ASSIGN_OR_RETURN(const bool include_bias, state.BoolOr("include_bias", true));
  ASSIGN_OR_RETURN(const std::string missing, state.TextOr("handle_missing", "error"));
  if (static_cast<int64_t>(objects.size()) != x.columns)
    return state.Expected("bsplines_", fmt::format("{} of them", x.columns),
                          fmt::format("{}", objects.size()));
  std::vector<Matrix> parts;
  size_t coefficients = 0;
  for (int64_t i = 0; i < x.columns; ++i) {
    const std::string place = fmt::format("bsplines_[{}]", i);
    ASSIGN_OR_RETURN(const Spline spline, ReadSpline(state, objects[i], place));
    coefficients += static_cast<size_t>((spline.degree + 1) * spline.intervals()) *
                    static_cast<size_t>(spline.outputs());
    if (coefficients > kMaxCoefficients)
      return Error(Reason::kTooLarge, "{}: more than {} coefficients", state.Title(),
                   kMaxCoefficients);
    const Matrix column = graph.Select(x, std::vector<int64_t>{i});
    ASSIGN_OR_RETURN(Matrix part, AddSpline(writer, state, spline, column, i));
    if (missing == "zeros")
      part.value = graph.Add(
          "Where", {graph.Add("IsNaN", {column.value}), graph.Scalar<double>(0), part.value});
    std::vector<int64_t> kept(static_cast<size_t>(part.columns - (include_bias ? 0 : 1)));
    for (size_t k = 0; k < kept.size(); ++k) kept[k] = static_cast<int64_t>(k);
    if (!kept.empty()) parts.push_back(include_bias ? part : graph.Select(part, kept));
  }
  if (parts.empty()) return state.Unsupported("no column is left");
  return Transforming(graph.Concat(parts));
}

}  // namespace

std::span<const Estimator> SplineFeatures() {
  static constexpr Estimator kRows[] = {
      {"sklearn.preprocessing", "SplineTransformer", EstimatorKind::kTransformer,
       SplineTransformer},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
