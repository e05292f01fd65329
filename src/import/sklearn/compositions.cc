// Estimators that are made of others: pipelines, unions, columns, searches.

#include <algorithm>

#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

bool IsPassThrough(const Value& step) {
  return step.is(Kind::kNone) || AsText(step) == "passthrough";
}

/// Element `index` of a list of tuples (name, estimator, …).
StatusOr<Value> EntryAt(const State& state, std::string_view key, const Value& list, size_t index,
                        size_t size) {
  const Value entry = list.at(index);
  if (!entry.is(Kind::kTuple) && !entry.is(Kind::kList))
    return state.Expected(fmt::format("{}[{}]", key, index), "a tuple", Describe(entry));
  if (entry.size() != size)
    return state.Expected(fmt::format("{}[{}]", key, index), fmt::format("{} elements", size),
                          fmt::format("{}", entry.size()));
  return entry;
}

StatusOr<Outputs> Pipeline(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Value steps, state.List("steps"));
  Table table = x;
  Outputs outputs;
  outputs.kind = EstimatorKind::kTransformer;
  for (size_t i = 0; i < steps.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "steps", steps, i, 2));
    if (IsPassThrough(entry.at(1))) continue;
    ASSIGN_OR_RETURN(const State step, state.NestedAt(entry.at(1), fmt::format("steps[{}]", i)));
    ASSIGN_OR_RETURN(outputs, writer.Write(step, table));
    if (i + 1 == steps.size()) return outputs;
    if (!outputs.transform) return step.Bad("expected an estimator that transforms");
    table = *outputs.transform;
  }
  outputs.transform = table;
  return outputs;
}

StatusOr<State> FirstStep(const State& state) {
  ASSIGN_OR_RETURN(const Value steps, state.List("steps"));
  for (size_t i = 0; i < steps.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "steps", steps, i, 2));
    if (!IsPassThrough(entry.at(1)))
      return state.NestedAt(entry.at(1), fmt::format("steps[{}]", i));
  }
  return state.Bad("steps: expected at least one estimator, got none");
}

/// The weight of a part in transformer_weights; 1 when there is none.
StatusOr<double> WeightOf(const State& state, const Value& name) {
  const auto weights = state.Find("transformer_weights");
  const auto key = AsText(name);
  if (!weights || !key) return 1;
  if (!weights->is(Kind::kDict))
    return state.Expected("transformer_weights", "a dict", Describe(*weights));
  const auto weight = weights->Find(*key);
  if (!weight) return 1;
  const auto number = AsNumber(*weight);
  if (!number) return state.Expected("transformer_weights", "numbers", Describe(*weight));
  return *number;
}

/// What a transformer, "passthrough" or "drop" makes of x.
StatusOr<Table> Part(Writer& writer, const State& state, const Value& name,
                     const Value& transformer, const std::string& place, const Table& x) {
  if (AsText(transformer) == "drop" || x.columns() == 0) return Table();
  Table table = x;
  if (!IsPassThrough(transformer)) {
    ASSIGN_OR_RETURN(const State nested, state.NestedAt(transformer, place));
    ASSIGN_OR_RETURN(table, writer.WriteTransform(nested, x));
  }
  ASSIGN_OR_RETURN(const double weight, WeightOf(state, name));
  if (weight == 1) return table;
  ASSIGN_OR_RETURN(const Matrix numbers, table.Numbers(writer.graph(), state.Title()));
  return Table(MapWith(writer.graph(), "Mul", numbers, {weight}));
}

/// Parts side by side. @param stays_sparse  what becomes of it when a part is a sparse matrix.
StatusOr<Outputs> Joined(Graph& graph, const State& state, const std::vector<Table>& parts,
                         bool stays_sparse) {
  Outputs outputs;
  int64_t columns = 0;
  for (const Table& part : parts) columns += part.columns();
  if (columns > kMaxColumns)
    return Error(Reason::kTooLarge, "{}: more than {} columns", state.Title(), kMaxColumns);
  outputs.transform = Table::Concat(parts);
  if (outputs.transform->columns() == 0) return state.Unsupported("no column is left");
  const auto& matrices = outputs.transform->parts();
  if (std::none_of(matrices.begin(), matrices.end(), [](const Matrix& m) { return m.sparse; }))
    return outputs;
  ASSIGN_OR_RETURN(Matrix whole, outputs.transform->Numbers(graph, state.Title()));
  whole.sparse = stays_sparse;
  outputs.transform = Table(whole);
  return outputs;
}

StatusOr<Outputs> FeatureUnion(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Value list, state.List("transformer_list"));
  std::vector<Table> parts;
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "transformer_list", list, i, 2));
    ASSIGN_OR_RETURN(Table part, Part(writer, state, entry.at(0), entry.at(1),
                                      fmt::format("transformer_list[{}]", i), x));
    parts.push_back(std::move(part));
  }
  return Joined(writer.graph(), state, parts, true);
}

StatusOr<State> FirstOfUnion(const State& state) {
  ASSIGN_OR_RETURN(const Value list, state.List("transformer_list"));
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "transformer_list", list, i, 2));
    if (entry.at(1).is(Kind::kObject))
      return state.NestedAt(entry.at(1), fmt::format("transformer_list[{}]", i));
  }
  return state.Bad("transformer_list: expected at least one estimator, got none");
}

/// The position of one column that is given by position (from the end when negative) or by name.
StatusOr<int64_t> ColumnPosition(const State& state, const Value& column, const Table& x,
                                 const StringMap<int64_t>& names) {
  if (const auto name = AsText(column)) {
    const auto found = names.find(*name);
    if (found == names.end())
      return state.Bad("transformers_: column \"{}\" is not among its columns", *name);
    return found->second;
  }
  const auto position = AsInteger(column);
  if (!position || *position < -x.columns() || *position >= x.columns())
    return state.Expected("transformers_", fmt::format("a column below {}", x.columns()),
                          Describe(column));
  return *position < 0 ? *position + x.columns() : *position;
}

std::vector<int64_t> PositionsWhere(const auto& elements) {
  std::vector<int64_t> positions;
  for (size_t i = 0; i < elements.size(); ++i)
    if (*AsNumber(elements[i]) != 0) positions.push_back(static_cast<int64_t>(i));
  return positions;
}

bool IsSlice(const Value& value) {
  return value.is(Kind::kObject) && value.name() == "slice" && value.args().size() == 3;
}

/// One end of a slice as Python reads it: positions are clamped; a name is counted with its column.
StatusOr<int64_t> SliceEnd(const State& state, const Value& end, int64_t otherwise,
                           int64_t past_name, const Table& x) {
  if (end.is(Kind::kNone)) return otherwise;
  if (AsText(end)) {
    ASSIGN_OR_RETURN(const int64_t position, ColumnPosition(state, end, x, x.Positions()));
    return position + past_name;
  }
  const auto position = AsInteger(end);
  if (!position)
    return state.Expected("transformers_", "a slice of names or positions", Describe(end));
  return std::clamp(*position < 0 ? *position + x.columns() : *position, int64_t{0}, x.columns());
}

/// The columns of slice(begin, end), which scikit-learn kept as such before 1.0.
StatusOr<std::vector<int64_t>> ReadSlice(const State& state, const Value& slice, const Table& x) {
  const Value ends = slice.args();
  if (!ends.at(2).is(Kind::kNone) && AsNumber(ends.at(2)) != 1)
    return state.Unsupported("transformers_: a slice whose step is not 1");
  ASSIGN_OR_RETURN(const int64_t begin, SliceEnd(state, ends.at(0), 0, 0, x));
  ASSIGN_OR_RETURN(const int64_t end, SliceEnd(state, ends.at(1), x.columns(), 1, x));
  std::vector<int64_t> positions;
  for (int64_t i = begin; i < end; ++i) positions.push_back(i);
  return positions;
}

/// The columns of one entry of transformers_: a name, a position, a slice, or a list or array of
/// names, positions or truth values.
StatusOr<std::vector<int64_t>> ReadColumns(const State& state, const Value& columns,
                                           const Table& x) {
  if (IsSlice(columns)) return ReadSlice(state, columns, x);
  std::vector<Value> elements;
  if (columns.is(Kind::kArray) && columns.array().shape.size() == 1) {
    if (columns.array().type.kind == 'O') {
      elements = columns.array().objects;
    } else {
      ASSIGN_OR_RETURN(const auto numbers, state.IntegersAt(columns, "transformers_"));
      if (columns.array().type.kind != 'b') return numbers;
      std::vector<int64_t> positions;
      for (size_t i = 0; i < numbers.size(); ++i)
        if (numbers[i] != 0) positions.push_back(static_cast<int64_t>(i));
      return positions;
    }
  } else if (columns.is(Kind::kList) || columns.is(Kind::kTuple)) {
    for (size_t i = 0; i < columns.size(); ++i) elements.push_back(columns.at(i));
  } else {
    elements.push_back(columns);
  }
  const bool is_mask =
      !elements.empty() && std::all_of(elements.begin(), elements.end(),
                                       [](const Value& value) { return value.is(Kind::kBool); });
  if (is_mask) return PositionsWhere(elements);
  const bool is_named = std::any_of(elements.begin(), elements.end(),
                                    [](const Value& value) { return AsText(value).has_value(); });
  const StringMap<int64_t> names = is_named ? x.Positions() : StringMap<int64_t>();
  std::vector<int64_t> positions;
  for (const Value& element : elements) {
    ASSIGN_OR_RETURN(const int64_t position, ColumnPosition(state, element, x, names));
    positions.push_back(position);
  }
  return positions;
}

/// The columns that a part is given. scikit-learn keeps them as positions since 1.0, whatever they
/// were given as: slices, callables.
StatusOr<std::vector<int64_t>> ColumnsOf(const State& state, const Value& name,
                                         const Value& columns, const Table& x) {
  const auto resolved = state.Find("_transformer_to_input_indices");
  const auto key = AsText(name);
  const bool is_resolved = resolved && resolved->is(Kind::kDict) && key;
  const auto positions = is_resolved ? resolved->Find(*key) : std::nullopt;
  ASSIGN_OR_RETURN(std::vector<int64_t> found, ReadColumns(state, positions.value_or(columns), x));
  for (const int64_t position : found)
    if (position < 0 || position >= x.columns())
      return state.Expected("transformers_", fmt::format("columns below {}", x.columns()),
                            fmt::format("{}", position));
  return found;
}

StatusOr<Outputs> ColumnTransformer(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Value list, state.List("transformers_"));
  std::vector<Table> parts;
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(const Value entry, EntryAt(state, "transformers_", list, i, 3));
    if (AsText(entry.at(1)) == "drop") continue;
    ASSIGN_OR_RETURN(const std::vector<int64_t> columns,
                     ColumnsOf(state, entry.at(0), entry.at(2), x));
    if (columns.empty()) continue;
    ASSIGN_OR_RETURN(Table part,
                     Part(writer, state, entry.at(0), entry.at(1),
                          fmt::format("transformers_[{}]", i), x.Select(writer.graph(), columns)));
    parts.push_back(std::move(part));
  }
  // Dense unless few enough of its numbers were not 0 when it was fitted (sparse_threshold).
  ASSIGN_OR_RETURN(const bool stays_sparse, state.BoolOr("sparse_output_", false));
  return Joined(writer.graph(), state, parts, stays_sparse);
}

StatusOr<State> BestEstimator(const State& state) {
  if (!state.Has("best_estimator_"))
    return state.Unsupported("expected best_estimator_, which refit=True keeps");
  return state.Nested("best_estimator_");
}

StatusOr<Outputs> Search(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State best, BestEstimator(state));
  return writer.Write(best, x);
}

/// The regressor that was fitted on the inliers.
StatusOr<Outputs> Ransac(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State estimator, state.Nested("estimator_"));
  return writer.Write(estimator, x);
}

}  // namespace

std::span<const Estimator> Compositions() {
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  constexpr EstimatorKind kMeta = EstimatorKind::kMeta;
  static constexpr Estimator kRows[] = {
      {"sklearn.compose", "ColumnTransformer", kTransforms, ColumnTransformer},
      {"sklearn.linear_model", "RANSACRegressor", EstimatorKind::kRegressor, Ransac},
      {"sklearn.model_selection", "GridSearchCV", kMeta, Search, BestEstimator},
      {"sklearn.model_selection", "HalvingGridSearchCV", kMeta, Search, BestEstimator},
      {"sklearn.model_selection", "HalvingRandomSearchCV", kMeta, Search, BestEstimator},
      {"sklearn.model_selection", "RandomizedSearchCV", kMeta, Search, BestEstimator},
      {"sklearn.pipeline", "FeatureUnion", kTransforms, FeatureUnion, FirstOfUnion},
      {"sklearn.pipeline", "Pipeline", kMeta, Pipeline, FirstStep},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
