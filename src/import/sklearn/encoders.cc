// Categories and labels become numbers.

#include <algorithm>
#include <limits>

#include "import/columns.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using pickle::Kind;
using pickle::Value;

/// codes[i] where a column equals category i, else `unknown`: FP64 [n, 1]. Where the categories of
/// text have a missing one, the empty string stands for it.
StatusOr<Matrix> Encode(Writer& writer, const State& state, const Table& x, int64_t column,
                        const Labels& categories, const std::vector<double>& codes,
                        double unknown) {
  Graph& graph = writer.graph();
  if (categories.is_text()) {
    ASSIGN_OR_RETURN(const Matrix text, x.Text(graph, column, state.Title()));
    return LookUp(graph, text, categories.texts, codes, unknown);
  }
  const std::vector<int64_t> one = {column};
  ASSIGN_OR_RETURN(const Matrix number, x.Select(graph, one).Numbers(graph, state.Title()));
  return LookUp(graph, number, categories.AsNumbers(), codes, unknown);
}

StatusOr<std::vector<Labels>> ReadCategories(const State& state, int64_t columns) {
  ASSIGN_OR_RETURN(const Value list, state.List("categories_"));
  if (list.size() != static_cast<size_t>(columns))
    return state.Expected("categories_", fmt::format("{} arrays", columns),
                          fmt::format("{}", list.size()));
  std::vector<Labels> categories;
  for (size_t i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(Labels labels, state.LabelsAt(list.at(i), fmt::format("categories_[{}]", i)));
    if (labels.size() == 0) return state.Bad("categories_[{}]: expected one or more, got none", i);
    categories.push_back(std::move(labels));
  }
  return categories;
}

/// How categories that were seen seldom are grouped (min_frequency, max_categories).
struct Groups {
  std::vector<int64_t> group;         // by category
  std::optional<int64_t> infrequent;  // the group of the seldom ones
};

/// The groups of column `index`; each category its own when none was grouped.
StatusOr<Groups> ReadGroups(const State& state, size_t index, const Labels& categories) {
  Groups groups;
  const auto mappings = state.Find("_default_to_infrequent_mappings");
  const bool grouped = mappings && mappings->is(Kind::kList) && index < mappings->size() &&
                       !mappings->at(index).is(Kind::kNone);
  for (int64_t i = 0; i < categories.size(); ++i) groups.group.push_back(i);
  if (!grouped) return groups;
  const std::string what = fmt::format("_default_to_infrequent_mappings[{}]", index);
  ASSIGN_OR_RETURN(std::vector<int64_t> mapping, state.IntegersAt(mappings->at(index), what));
  // An OrdinalEncoder's leaves out the missing category.
  const bool without_missing = categories.missing && state.name() == "OrdinalEncoder";
  if (static_cast<int64_t>(mapping.size()) != categories.size() - (without_missing ? 1 : 0))
    return state.Expected(what, fmt::format("{} groups", categories.size()),
                          fmt::format("{}", mapping.size()));
  for (const int64_t group : mapping)
    if (group < 0 || group >= categories.size())
      return state.Expected(what, "positions of categories", fmt::format("{}", group));
  if (mapping.empty()) return groups;
  groups.infrequent = *std::max_element(mapping.begin(), mapping.end());
  if (without_missing) mapping.insert(mapping.begin() + *categories.missing, 0);
  groups.group = std::move(mapping);
  return groups;
}

/// The group of column `index` that drop= leaves out.
StatusOr<std::optional<int64_t>> ReadDropped(const State& state, size_t index) {
  const std::string_view key =
      state.Find("_drop_idx_after_grouping") ? "_drop_idx_after_grouping" : "drop_idx_";
  const auto dropped = state.Find(key);
  if (!dropped) return std::nullopt;
  std::optional<Value> one;
  if (dropped->is(Kind::kArray) && dropped->array().type.kind == 'O' &&
      index < dropped->array().objects.size()) {
    one = dropped->array().objects[index];
    if (one->is(Kind::kNone)) return std::nullopt;
    if (const auto position = AsInteger(*one)) return *position;
  } else if (dropped->is(Kind::kArray)) {
    ASSIGN_OR_RETURN(const std::vector<int64_t> all, state.Integers(key));
    if (index < all.size()) return all[index];
  }
  return state.Expected(key, "a position for each column", Describe(*dropped));
}

void WarnOfUnknown(Writer& writer, const State& state, std::string_view instead) {
  writer.Warn(
      fmt::format("{}: a category that was not seen in training becomes {}; scikit-learn "
                  "raises an error (handle_unknown=\"error\").",
                  state.Title(), instead));
}

StatusOr<Outputs> OneHotEncoder(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const std::vector<Labels> categories, ReadCategories(state, x.columns()));
  ASSIGN_OR_RETURN(const std::string unknown, state.TextOr("handle_unknown", "error"));
  if (unknown == "error") WarnOfUnknown(writer, state, "zeros");
  constexpr double kNowhere = -1;
  std::vector<Matrix> parts;
  for (size_t i = 0; i < categories.size(); ++i) {
    ASSIGN_OR_RETURN(const Groups groups, ReadGroups(state, i, categories[i]));
    ASSIGN_OR_RETURN(const std::optional<int64_t> dropped, ReadDropped(state, i));
    const auto place = [&](int64_t group) {
      if (!dropped || group < *dropped) return static_cast<double>(group);
      return group == *dropped ? kNowhere : static_cast<double>(group - 1);
    };
    std::vector<double> codes;
    for (const int64_t group : groups.group) codes.push_back(place(group));
    const bool to_infrequent = unknown != "ignore" && unknown != "error" && groups.infrequent;
    ASSIGN_OR_RETURN(const Matrix code,
                     Encode(writer, state, x, static_cast<int64_t>(i), categories[i], codes,
                            to_infrequent ? place(*groups.infrequent) : kNowhere));
    const double last = *std::max_element(codes.begin(), codes.end());
    std::vector<double> places;
    for (double at = 0; at <= last; ++at) places.push_back(at);
    if (places.empty()) continue;
    const Matrix hit = {MapWith(graph, "Equal", code, places).value, DType::kBool,
                        static_cast<int64_t>(places.size())};
    parts.push_back(graph.CastTo(hit, DType::kFp64));
  }
  if (parts.empty()) return state.Bad("drop: expected a column that is left, got none");
  Matrix whole = graph.Concat(parts);
  const char* const key = state.Has("sparse_output") ? "sparse_output" : "sparse";  // before 1.2
  ASSIGN_OR_RETURN(whole.sparse, state.BoolOr(key, true));
  return Transforming(whole);
}

StatusOr<Outputs> OrdinalEncoder(Writer& writer, const State& state, const Table& x) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  ASSIGN_OR_RETURN(const std::vector<Labels> categories, ReadCategories(state, x.columns()));
  ASSIGN_OR_RETURN(const std::string handling, state.TextOr("handle_unknown", "error"));
  if (handling == "error") WarnOfUnknown(writer, state, "NaN");
  ASSIGN_OR_RETURN(const double unknown, state.NumberOr("unknown_value", kNan));
  ASSIGN_OR_RETURN(const double missing, state.NumberOr("encoded_missing_value", kNan));
  std::vector<Matrix> parts;
  for (size_t i = 0; i < categories.size(); ++i) {
    ASSIGN_OR_RETURN(const Groups groups, ReadGroups(state, i, categories[i]));
    std::vector<double> codes(groups.group.begin(), groups.group.end());
    if (categories[i].missing) codes[*categories[i].missing] = missing;
    ASSIGN_OR_RETURN(const Matrix code, Encode(writer, state, x, static_cast<int64_t>(i),
                                               categories[i], codes, unknown));
    parts.push_back(code);
  }
  return Transforming(writer.graph().Concat(parts));
}

/// The mean target of each category, of several classes one column each.
StatusOr<Outputs> TargetEncoder(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<Labels> categories, ReadCategories(state, x.columns()));
  ASSIGN_OR_RETURN(const std::string type, state.TextOr("target_type_", "continuous"));
  int64_t targets = 1;
  if (type == "multiclass") {
    ASSIGN_OR_RETURN(const Labels classes, state.LabelArray("classes_"));
    targets = classes.size();
  }
  ASSIGN_OR_RETURN(const std::vector<double> means, state.Broadcast("target_mean_", targets));
  ASSIGN_OR_RETURN(const Value encodings, state.List("encodings_"));
  if (encodings.size() != categories.size() * static_cast<size_t>(targets))
    return state.Expected("encodings_", fmt::format("{} arrays", categories.size() * targets),
                          fmt::format("{}", encodings.size()));
  std::vector<Matrix> parts;
  for (size_t i = 0; i < encodings.size(); ++i) {
    const auto column = static_cast<int64_t>(i) / targets;
    const Labels& known = categories[column];
    ASSIGN_OR_RETURN(
        const Dense codes,
        state.ArrayAt(encodings.at(i), fmt::format("encodings_[{}]", i), {known.size()}));
    ASSIGN_OR_RETURN(const Matrix code, Encode(writer, state, x, column, known, codes.values,
                                               means[i % means.size()]));
    parts.push_back(code);
  }
  return Transforming(writer.graph().Concat(parts));
}

StatusOr<Outputs> LabelEncoder(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Labels classes, state.LabelArray("classes_"));
  WarnOfUnknown(writer, state, "-1");
  std::vector<double> codes;
  for (int64_t i = 0; i < classes.size(); ++i) codes.push_back(static_cast<double>(i));
  ASSIGN_OR_RETURN(const Matrix code, Encode(writer, state, x, 0, classes, codes, -1));
  Outputs outputs = Transforming(writer.graph().CastTo(code, DType::kInt64));
  outputs.transform_is_vector = true;
  return outputs;
}

StatusOr<bool> HasSeveralLabels(const State& state) {
  ASSIGN_OR_RETURN(const std::string type, state.TextOr("y_type_", "multiclass"));
  return type.starts_with("multilabel");
}

/// A column; of several labels at once as many as there are labels.
StatusOr<ModelColumns> ColumnsOfLabels(const State& state) {
  ASSIGN_OR_RETURN(const bool several, HasSeveralLabels(state));
  if (!several) return ModelColumns{.count = 1};
  ASSIGN_OR_RETURN(const Labels classes, state.LabelArray("classes_"));
  return ModelColumns{.count = classes.size()};
}

StatusOr<Outputs> LabelBinarizer(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const int64_t positive, state.IntegerOr("pos_label", 1));
  ASSIGN_OR_RETURN(const int64_t negative, state.IntegerOr("neg_label", 0));
  ASSIGN_OR_RETURN(const bool several, HasSeveralLabels(state));
  const std::string yes = graph.Scalar<int64_t>(positive), no = graph.Scalar<int64_t>(negative);
  if (several) {
    ASSIGN_OR_RETURN(const Matrix flags, x.Numbers(graph, state.Title()));
    const Matrix is_set = graph.CastTo(flags, DType::kBool);
    return Transforming(
        {graph.Add("Where", {is_set.value, yes, no}), DType::kInt64, flags.columns});
  }
  std::vector<double> codes, places;
  for (int64_t i = 0; i < classes.size(); ++i) codes.push_back(static_cast<double>(i));
  places = codes;
  if (classes.size() <= 2) places = {1};  // of one class, none is the positive one
  ASSIGN_OR_RETURN(const Matrix code, Encode(writer, state, x, 0, classes, codes, -1));
  const std::string hit = MapWith(graph, "Equal", code, places).value;
  return Transforming(
      {graph.Add("Where", {hit, yes, no}), DType::kInt64, static_cast<int64_t>(places.size())});
}

}  // namespace

std::span<const Estimator> Encoders() {
  constexpr std::string_view kPreprocessing = "sklearn.preprocessing";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {kPreprocessing, "LabelBinarizer", kTransforms, LabelBinarizer, nullptr, 0, ColumnsOfLabels},
      {kPreprocessing, "LabelEncoder", kTransforms, LabelEncoder, nullptr, 1},
      {kPreprocessing, "OneHotEncoder", kTransforms, OneHotEncoder},
      {kPreprocessing, "OrdinalEncoder", kTransforms, OrdinalEncoder},
      {kPreprocessing, "TargetEncoder", kTransforms, TargetEncoder},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
