// Missing values: filled in, or marked.

#include <cmath>
#include <limits>

#include "import/sklearn/members.h"
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

/// `filled` with what the indicator marks of x behind it, when there is one.
StatusOr<Outputs> WithIndicator(Writer& writer, const State& state, const Table& x, Table filled) {
  Outputs outputs;
  outputs.transform = std::move(filled);
  ASSIGN_OR_RETURN(const bool add_indicator, state.BoolOr("add_indicator", false));
  if (!add_indicator) return outputs;
  ASSIGN_OR_RETURN(const State indicator, state.Nested("indicator_"));
  ASSIGN_OR_RETURN(const Table marks, writer.WriteTransform(indicator, x));
  outputs.transform = Table::Concat(std::vector<Table>{*outputs.transform, marks});
  return outputs;
}

StatusOr<Outputs> SimpleImputer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Missing missing, ReadMissing(state));
  ASSIGN_OR_RETURN(const std::vector<Statistic> statistics, ReadStatistics(state, x.columns()));
  ASSIGN_OR_RETURN(const std::string strategy, state.TextOr("strategy", "mean"));
  ASSIGN_OR_RETURN(const bool keep_empty, state.BoolOr("keep_empty_features", false));
  ASSIGN_OR_RETURN(const bool before_1_8, IsBefore(state, 1, 8));
  const bool keeps_empty = keep_empty || (strategy == "constant" && before_1_8);
  ASSIGN_OR_RETURN(Table filled, Fill(writer, state, x, missing, statistics, keeps_empty));
  return WithIndicator(writer, state, x, std::move(filled));
}

/// One step of an IterativeImputer: (feat_idx, neighbor_feat_idx, estimator).
struct Step {
  int64_t column;
  std::vector<int64_t> neighbours;
  State estimator;
};

StatusOr<Step> ReadStep(const State& state, const Value& step, size_t index, int64_t columns) {
  const std::string place = fmt::format("imputation_sequence_[{}]", index);
  const Value triple = step.is(Kind::kObject) ? step.args() : step;
  if (!triple.is(Kind::kTuple) || triple.size() != 3)
    return state.Expected(place, "a column, its neighbours and an estimator", Describe(step));
  ASSIGN_OR_RETURN(std::vector<int64_t> neighbours, state.IntegersAt(triple.at(1), place));
  ASSIGN_OR_RETURN(State estimator, state.NestedAt(triple.at(2), place));
  Step read{AsInteger(triple.at(0)).value_or(-1), std::move(neighbours), std::move(estimator)};
  std::vector<int64_t> all = read.neighbours;
  all.push_back(read.column);
  for (const int64_t one : all)
    if (one < 0 || one >= columns)
      return state.Expected(place, fmt::format("columns below {}", columns),
                            fmt::format("{}", one));
  return read;
}

/// Each step predicts one column from the others, as filled so far, where it is missing.
StatusOr<Outputs> IterativeImputer(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const bool samples, state.BoolOr("sample_posterior", false));
  if (samples) return state.Unsupported("sample_posterior: answers at random");
  ASSIGN_OR_RETURN(const Missing missing, ReadMissing(state));
  ASSIGN_OR_RETURN(const State initial, state.Nested("initial_imputer_"));
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Table first, writer.WriteTransform(initial, Table(x)));
  ASSIGN_OR_RETURN(const int64_t rounds, state.IntegerOr("n_iter_", 1));
  if (rounds == 0) return WithIndicator(writer, state, table, first);
  if (first.columns() != x.columns) return state.Unsupported("columns that were empty in training");
  const Matrix mask = IsMissing(graph, x, missing);
  ASSIGN_OR_RETURN(const std::vector<double> low, state.Broadcast("_min_value", x.columns));
  ASSIGN_OR_RETURN(const std::vector<double> high, state.Broadcast("_max_value", x.columns));
  ASSIGN_OR_RETURN(const Value sequence, state.List("imputation_sequence_"));

  std::vector<Matrix> columns, missing_in;
  for (int64_t i = 0; i < x.columns; ++i) {
    columns.push_back(first.Column(graph, i));
    missing_in.push_back(graph.Select(mask, std::vector<int64_t>{i}));
  }
  for (size_t i = 0; i < sequence.size(); ++i) {
    ASSIGN_OR_RETURN(const Step step, ReadStep(state, sequence.at(i), i, x.columns));
    std::vector<Matrix> neighbours;
    for (const int64_t neighbour : step.neighbours) neighbours.push_back(columns[neighbour]);
    if (neighbours.empty()) return state.Bad("imputation_sequence_[{}]: no neighbours", i);
    ASSIGN_OR_RETURN(const Outputs outputs,
                     writer.Write(step.estimator, Table(graph.Concat(neighbours))));
    if (!outputs.predict || outputs.predict->columns != 1)
      return step.estimator.Bad("expected a regressor of one target");
    const std::string clipped =
        graph.Add("Clip", {outputs.predict->value, graph.Scalar<double>(low[step.column]),
                           graph.Scalar<double>(high[step.column])});
    Matrix& column = columns[step.column];
    column.value = graph.Add("Where", {missing_in[step.column].value, clipped, column.value});
  }
  return WithIndicator(writer, state, table, Table(graph.Concat(columns)));
}

}  // namespace

std::span<const Estimator> Imputers() {
  constexpr std::string_view kImpute = "sklearn.impute";
  static constexpr Estimator kRows[] = {
      {kImpute, "IterativeImputer", EstimatorKind::kTransformer, IterativeImputer},
      {kImpute, "MissingIndicator", EstimatorKind::kTransformer, MissingIndicator},
      {kImpute, "SimpleImputer", EstimatorKind::kTransformer, SimpleImputer},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
