// Missing values: filled in, or marked.

#include <cmath>
#include <limits>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// What an estimator takes for missing: NaN (None, pandas.NA), a number or a string.
struct Missing {
  bool is_nan = true;
  double number = 0;
  std::string text;  // "" stands for NaN among text
};

StatusOr<Missing> ReadMissing(const State& state) {
  const auto value = state.Find("missing_values");
  if (!value) return Missing{};
  if (auto text = AsText(*value)) return Missing{.is_nan = false, .text = *std::move(text)};
  const auto number = AsNumber(*value);
  if (!number)
    return state.Expected("missing_values", "a number, a string or None", Describe(*value));
  return Missing{.is_nan = std::isnan(*number), .number = *number, .text = ""};
}

/// Where numbers are missing: BOOL [n, columns].
Matrix IsMissing(Graph& graph, const Matrix& x, const Missing& missing) {
  const std::string flag =
      missing.is_nan ? graph.Add("IsNaN", {x.value})
                     : graph.Add("Equal", {x.value, graph.Scalar<double>(missing.number)});
  return {flag, DType::kBool, x.columns};
}

StatusOr<Outputs> MissingIndicator(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const std::string features, state.TextOr("features", "missing-only"));
  ASSIGN_OR_RETURN(const Missing missing, ReadMissing(state));
  ASSIGN_OR_RETURN(const Matrix numbers, x.Numbers(graph, state.Title()));
  const Matrix all = IsMissing(graph, numbers, missing);
  if (features == "all") return Transforming(all);
  ASSIGN_OR_RETURN(const std::vector<int64_t> chosen, state.Integers("features_"));
  for (const int64_t feature : chosen)
    if (feature < 0 || feature >= x.columns())
      return state.Expected("features_", fmt::format("numbers below {}", x.columns()),
                            fmt::format("{}", feature));
  if (chosen.empty()) {
    Outputs nothing;
    nothing.transform = Table();
    return nothing;
  }
  return Transforming(graph.Select(all, chosen));
}

/// What replaces missing values, column by column: numbers, text, or nothing where a column had no
/// value in training and is left out.
struct Statistic {
  double number = std::numeric_limits<double>::quiet_NaN();
  std::optional<std::string> text;
};

StatusOr<std::vector<Statistic>> ReadStatistics(const State& state, int64_t columns) {
  std::vector<Statistic> statistics;
  ASSIGN_OR_RETURN(const Value raw, state.Get("statistics_"));
  if (!raw.is(Kind::kArray) || raw.array().type.kind != 'O') {
    ASSIGN_OR_RETURN(const std::vector<double> numbers, state.Vector("statistics_", columns));
    for (const double number : numbers) statistics.push_back({.number = number, .text = {}});
    return statistics;
  }
  for (const Value& object : raw.array().objects) {
    Statistic statistic{.text = AsText(object)};
    if (const auto number = AsNumber(object)) statistic.number = *number;
    statistics.push_back(std::move(statistic));
  }
  if (statistics.size() != static_cast<size_t>(columns))
    return state.Expected("statistics_", fmt::format("an array [{}]", columns), Describe(raw));
  return statistics;
}

Matrix FillNumbers(Graph& graph, const Matrix& x, const Missing& missing,
                   const std::vector<double>& statistics) {
  const Matrix is_missing = IsMissing(graph, x, missing);
  const std::string fill = graph.Constant<double>({x.columns}, statistics);
  return {graph.Add("Where", {is_missing.value, fill, x.value}), x.dtype, x.columns};
}

StatusOr<Matrix> FillText(Writer& writer, const State& state, const Table& x, int64_t column,
                          const Missing& missing, const std::string& statistic) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix text, x.Text(graph, column, state.Title()));
  const auto constant = [&](const std::string& value) {
    return graph.Strings({1}, std::vector<std::string>{value});
  };
  const std::string is_missing = graph.Add("Equal", {text.value, constant(missing.text)});
  return Matrix{graph.Add("Where", {is_missing, constant(statistic), text.value}), DType::kBytes,
                1};
}

/// Columns with their missing values filled; runs of numeric columns stay one part.
StatusOr<Table> Fill(Writer& writer, const State& state, const Table& x, const Missing& missing,
                     const std::vector<Statistic>& statistics, bool keeps_empty) {
  Graph& graph = writer.graph();
  std::vector<Matrix> parts;
  std::vector<int64_t> columns;
  std::vector<double> numbers;
  const auto flush = [&]() -> Status {
    if (columns.empty()) return OkStatus();
    ASSIGN_OR_RETURN(const Matrix run, x.Select(graph, columns).Numbers(graph, state.Title()));
    parts.push_back(FillNumbers(graph, run, missing, numbers));
    columns.clear();
    numbers.clear();
    return OkStatus();
  };
  for (size_t i = 0; i < statistics.size(); ++i) {
    const auto column = static_cast<int64_t>(i);
    if (statistics[i].text) {
      RETURN_IF_ERROR(flush());
      ASSIGN_OR_RETURN(const Matrix text,
                       FillText(writer, state, x, column, missing, *statistics[i].text));
      parts.push_back(text);
    } else if (keeps_empty || !std::isnan(statistics[i].number)) {
      columns.push_back(column);
      numbers.push_back(statistics[i].number);
    }
  }
  RETURN_IF_ERROR(flush());
  return Table(std::move(parts));
}

StatusOr<Outputs> SimpleImputer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Missing missing, ReadMissing(state));
  ASSIGN_OR_RETURN(const std::vector<Statistic> statistics, ReadStatistics(state, x.columns()));
  ASSIGN_OR_RETURN(const std::string strategy, state.TextOr("strategy", "mean"));
  ASSIGN_OR_RETURN(const bool keep_empty, state.BoolOr("keep_empty_features", false));
  Outputs outputs;
  ASSIGN_OR_RETURN(outputs.transform, Fill(writer, state, x, missing, statistics,
                                           strategy == "constant" || keep_empty));
  ASSIGN_OR_RETURN(const bool add_indicator, state.BoolOr("add_indicator", false));
  if (!add_indicator) return outputs;
  ASSIGN_OR_RETURN(const State indicator, state.Nested("indicator_"));
  ASSIGN_OR_RETURN(const Table marks, writer.WriteTransform(indicator, x));
  outputs.transform = Table::Concat(std::vector<Table>{*outputs.transform, marks});
  return outputs;
}

constexpr std::string_view kImpute = "sklearn.impute";

constexpr Estimator kRows[] = {
    {kImpute, "MissingIndicator", EstimatorKind::kTransformer, MissingIndicator},
    {kImpute, "SimpleImputer", EstimatorKind::kTransformer, SimpleImputer},
};

}  // namespace

std::span<const Estimator> Imputers() { return kRows; }

}  // namespace slipway::importing::sklearn
