// HistGradientBoosting*: trees over columns as they are, numbers or categories.

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/trees.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Value;

constexpr int64_t kCategories = 256;
constexpr int64_t kWordsPerSet = kCategories / 32;

/// The structured array of nodes of one tree.
struct Nodes {
  std::vector<double> value, threshold;
  std::vector<int64_t> feature, missing_left, left, right, is_leaf, is_categorical, set;
  Dense left_sets;  // [sets, 8]: words of 32 categories

  size_t size() const { return left.size(); }
};

/// Whether `category` is a bit of row `set`.
bool IsIn(const Dense& sets, int64_t set, int64_t category) {
  const auto word = static_cast<uint32_t>(sets.values[set * kWordsPerSet + category / 32]);
  return (word >> (category % 32) & 1) != 0;
}

bool HasField(const pickle::Array& nodes, std::string_view name) {
  const auto& fields = nodes.type.fields;
  return std::any_of(fields.begin(), fields.end(),
                     [&](const auto& field) { return field.name == name; });
}

/// One field, by the first of its names that is there.
StatusOr<pickle::Array> FieldOf(const State& state, const pickle::Array& nodes,
                                std::initializer_list<std::string_view> names) {
  RETURN_IF_ERROR(state.Charge(nodes.count() * sizeof(double), *names.begin()));
  for (const std::string_view name : names)
    if (HasField(nodes, name)) return nodes.Field(name);
  return state.Bad("nodes: expected a field {}, got none", *names.begin());
}

Status ReadIntegers(const State& state, const pickle::Array& nodes, std::string_view name,
                    std::vector<int64_t>* out) {
  ASSIGN_OR_RETURN(const pickle::Array field, FieldOf(state, nodes, {name}));
  ASSIGN_OR_RETURN(*out, field.Integers());
  return OkStatus();
}

/// Numbers of one tree's nodes; those of categories are absent before scikit-learn 0.24.
StatusOr<Nodes> ReadNodes(const State& tree) {
  ASSIGN_OR_RETURN(const Value raw, tree.Get("nodes"));
  if (!raw.is(pickle::Kind::kArray) || raw.array().type.kind != 'V' ||
      raw.array().shape.size() != 1 || raw.array().shape[0] < 1)
    return tree.Expected("nodes", "a structured array [-1]", Describe(raw));
  const pickle::Array& array = raw.array();
  Nodes nodes;
  ASSIGN_OR_RETURN(const pickle::Array value, FieldOf(tree, array, {"value"}));
  ASSIGN_OR_RETURN(nodes.value, value.Doubles());
  ASSIGN_OR_RETURN(const pickle::Array threshold,
                   FieldOf(tree, array, {"num_threshold", "threshold"}));
  ASSIGN_OR_RETURN(nodes.threshold, threshold.Doubles());
  RETURN_IF_ERROR(ReadIntegers(tree, array, "feature_idx", &nodes.feature));
  RETURN_IF_ERROR(ReadIntegers(tree, array, "missing_go_to_left", &nodes.missing_left));
  RETURN_IF_ERROR(ReadIntegers(tree, array, "left", &nodes.left));
  RETURN_IF_ERROR(ReadIntegers(tree, array, "right", &nodes.right));
  RETURN_IF_ERROR(ReadIntegers(tree, array, "is_leaf", &nodes.is_leaf));
  nodes.is_categorical.resize(nodes.size());
  if (!HasField(array, "is_categorical")) return nodes;
  RETURN_IF_ERROR(ReadIntegers(tree, array, "is_categorical", &nodes.is_categorical));
  RETURN_IF_ERROR(ReadIntegers(tree, array, "bitset_idx", &nodes.set));
  ASSIGN_OR_RETURN(nodes.left_sets, tree.Array("raw_left_cat_bitsets", {-1, kWordsPerSet}));
  return nodes;
}

/// By column, the categories that were seen when the model was fitted; empty: a column of numbers.
using KnownCategories = std::vector<std::vector<int64_t>>;

/// A split by category. What is missing or was never seen goes where NaN goes: the members are the
/// known ones that go the other way.
Status SetMembers(const State& tree, const Nodes& nodes, size_t node, const KnownCategories& known,
                  Split& split) {
  const int64_t set = nodes.set[node];
  if (set < 0 || set >= nodes.left_sets.rows())
    return tree.Bad("nodes[{}]: expected a category set below {}, got {}", node,
                    nodes.left_sets.rows(), set);
  if (split.feature < 0 || split.feature >= static_cast<int64_t>(known.size()))
    return tree.Bad("nodes[{}]: expected a feature below {}, got {}", node, known.size(),
                    split.feature);
  RETURN_IF_ERROR(tree.Charge(known[split.feature].size() * sizeof(double), "nodes"));
  const bool missing_left = nodes.missing_left[node] != 0;
  const bool members_left = !missing_left;
  for (const int64_t category : known[split.feature])
    if (IsIn(nodes.left_sets, set, category) == members_left)
      split.members.push_back(static_cast<double>(category));
  if (missing_left) std::swap(split.on_true, split.on_false);
  split.missing_is_true = false;
  split.mode = SplitMode::kMember;
  if (!split.members.empty()) return OkStatus();
  split.mode = SplitMode::kLess;  // no number is below
  split.threshold = -std::numeric_limits<double>::infinity();
  return OkStatus();
}

StatusOr<Tree> ReadTree(const State& state, const KnownCategories& known) {
  ASSIGN_OR_RETURN(const Nodes nodes, ReadNodes(state));
  const auto count = static_cast<int64_t>(nodes.size());
  std::vector<int32_t> place(nodes.size());  // of a node as a child: see trees.h
  int32_t splits = 0, leaves = 0;
  for (size_t i = 0; i < nodes.size(); ++i) place[i] = nodes.is_leaf[i] != 0 ? ~leaves++ : splits++;
  Tree tree;
  for (size_t i = 0; i < nodes.size(); ++i) {
    if (nodes.is_leaf[i] != 0) {
      tree.leaves.push_back(nodes.value[i]);
      continue;
    }
    if (nodes.left[i] < 0 || nodes.left[i] >= count || nodes.right[i] < 0 ||
        nodes.right[i] >= count)
      return state.Bad("nodes[{}]: expected children below {}, got {} and {}", i, count,
                       nodes.left[i], nodes.right[i]);
    Split split = {.feature = nodes.feature[i],
                   .threshold = nodes.threshold[i],
                   .missing_is_true = nodes.missing_left[i] != 0,
                   .on_true = place[nodes.left[i]],
                   .on_false = place[nodes.right[i]]};
    if (nodes.is_categorical[i] != 0) RETURN_IF_ERROR(SetMembers(state, nodes, i, known, split));
    tree.splits.push_back(std::move(split));
  }
  return tree;
}

/// _bin_mapper.bin_thresholds_ of a categorical column are its categories.
StatusOr<KnownCategories> ReadKnownCategories(const State& state, int64_t columns) {
  KnownCategories known(static_cast<size_t>(columns));
  if (!state.Has("_bin_mapper")) return known;  // before scikit-learn 0.24
  ASSIGN_OR_RETURN(const State mapper, state.Nested("_bin_mapper"));
  if (!mapper.Has("is_categorical_")) return known;
  ASSIGN_OR_RETURN(const std::vector<int64_t> flags, mapper.Integers("is_categorical_", columns));
  ASSIGN_OR_RETURN(const std::vector<Value> thresholds, Elements(mapper, "bin_thresholds_"));
  if (thresholds.size() != known.size())
    return mapper.Bad("bin_thresholds_: expected {} arrays, got {}", columns, thresholds.size());
  for (size_t i = 0; i < known.size(); ++i) {
    if (flags[i] == 0) continue;
    ASSIGN_OR_RETURN(const Dense categories,
                     mapper.ArrayAt(thresholds[i], fmt::format("bin_thresholds_[{}]", i), {-1}));
    for (const double category : categories.values) {
      if (!(category >= 0 && category < kCategories && category == std::floor(category)))
        return mapper.Bad("bin_thresholds_[{}]: expected categories 0 to {}, got {}", i,
                          kCategories - 1, category);
      known[i].push_back(static_cast<int64_t>(category));
    }
  }
  return known;
}

/// Since scikit-learn 1.4, columns of categories come first and hold their ordinals.
StatusOr<Matrix> Preprocessed(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  if (!state.Has("_preprocessor")) return table.Numbers(graph, state.Title());
  ASSIGN_OR_RETURN(const std::vector<int64_t> is_categorical,
                   state.Integers("is_categorical_", table.columns()));
  std::vector<int64_t> categories, numbers;
  for (int64_t i = 0; i < table.columns(); ++i)
    (is_categorical[i] != 0 ? categories : numbers).push_back(i);
  ASSIGN_OR_RETURN(const State preprocessor, state.Nested("_preprocessor"));
  ASSIGN_OR_RETURN(const std::vector<Value> steps, Elements(preprocessor, "transformers_"));
  if (steps.empty() || !steps[0].is(pickle::Kind::kTuple) || steps[0].size() != 3)
    return preprocessor.Bad("transformers_: expected an encoder and its columns first");
  std::vector<Table> parts;
  if (!categories.empty()) {
    ASSIGN_OR_RETURN(const State encoder,
                     preprocessor.NestedAt(steps[0].at(1), "transformers_[0]"));
    ASSIGN_OR_RETURN(const Table encoded,
                     writer.WriteTransform(encoder, table.Select(graph, categories)));
    parts.push_back(encoded);
  }
  if (!numbers.empty()) parts.push_back(table.Select(graph, numbers));
  return Table::Concat(parts).Numbers(graph, state.Title());
}

/// What remains of x where a category is read as a byte: below 0 it counts as missing.
Matrix WithWholeCategories(Graph& graph, const Matrix& x, const KnownCategories& known) {
  std::vector<double> is_category(known.size());
  bool any = false;
  for (size_t i = 0; i < known.size(); ++i) {
    is_category[i] = known[i].empty() ? 0 : 1;
    any |= !known[i].empty();
  }
  if (!any) return x;
  const Matrix flags = graph.CastTo(
      {graph.Constant<double>({x.columns}, is_category), DType::kFp64, x.columns}, DType::kBool);
  const Matrix whole = Map(graph, "Floor", x);  // −0.5 is below 0 and stays so
  return {graph.Add("Where", {flags.value, whole.value, x.value}), DType::kFp64, x.columns};
}

/// The baseline and the trees of every iteration: [n, outputs].
StatusOr<Matrix> RawPredictions(Writer& writer, const State& state, const Table& table,
                                int64_t outputs) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix columns, Preprocessed(writer, state, table));
  ASSIGN_OR_RETURN(const KnownCategories known, ReadKnownCategories(state, columns.columns));
  const Matrix x =
      state.Has("_preprocessor") ? columns : WithWholeCategories(graph, columns, known);
  ASSIGN_OR_RETURN(const std::vector<Value> iterations, Elements(state, "_predictors"));
  TreeEnsemble ensemble{.name = state.Title(), .targets = outputs};
  for (size_t i = 0; i < iterations.size(); ++i) {
    const std::string place = fmt::format("_predictors[{}]", i);
    ASSIGN_OR_RETURN(const std::vector<Value> trees, ElementsOf(state, iterations[i], place));
    if (static_cast<int64_t>(trees.size()) != outputs)
      return state.Bad("{}: expected {} trees, got {}", place, outputs, trees.size());
    for (size_t k = 0; k < trees.size(); ++k) {
      ASSIGN_OR_RETURN(const State predictor,
                       state.NestedAt(trees[k], fmt::format("{}[{}]", place, k)));
      ASSIGN_OR_RETURN(Tree tree, ReadTree(predictor, known));
      tree.target = static_cast<int64_t>(k);
      ensemble.trees.push_back(std::move(tree));
    }
  }
  ASSIGN_OR_RETURN(const Matrix sum, AddTrees(graph, ensemble, x));
  ASSIGN_OR_RETURN(const Value raw, state.Get("_baseline_prediction"));
  if (const auto number = AsNumber(raw)) return MapWith(graph, "Add", sum, {*number});
  // [1, outputs]; [outputs, 1] before scikit-learn 1.1
  const bool is_column = raw.is(pickle::Kind::kArray) && raw.array().shape.size() == 2 &&
                         raw.array().shape[0] == outputs;
  ASSIGN_OR_RETURN(const Dense baseline,
                   state.ArrayAt(raw, "_baseline_prediction",
                                 is_column ? Shape{outputs, 1} : Shape{1, outputs}));
  return MapWith(graph, "Add", sum, baseline.values);
}

StatusOr<Outputs> HistogramBoostingClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const int64_t outputs = classes.size() == 2 ? 1 : classes.size();
  ASSIGN_OR_RETURN(const Matrix raw, RawPredictions(writer, state, x, outputs));
  Outputs answers = Deciding(graph, std::move(classes), raw);
  answers.proba =
      outputs == 1 ? WithComplement(graph, Map(graph, "Sigmoid", raw)) : Softmax(graph, raw);
  return answers;
}

StatusOr<Outputs> HistogramBoostingRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Matrix raw, RawPredictions(writer, state, x, 1));
  ASSIGN_OR_RETURN(const std::string loss, state.TextOr("loss", "squared_error"));
  if (loss == "poisson" || loss == "gamma")
    return Predicting(Map(writer.graph(), "Exp", raw), true);
  if (loss == "squared_error" || loss == "least_squares" || loss == "absolute_error" ||
      loss == "least_absolute_deviation" || loss == "quantile")
    return Predicting(raw, true);
  return state.Unsupported("loss: expected one of scikit-learn's, got \"{}\"", loss);
}

}  // namespace

std::span<const Estimator> HistogramBoosting() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "HistGradientBoostingClassifier", EstimatorKind::kClassifier,
       HistogramBoostingClassifier},
      {kEnsemble, "HistGradientBoostingRegressor", EstimatorKind::kRegressor,
       HistogramBoostingRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
