#include "import/lightgbm/lightgbm.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "import/document.h"
#include "import/graph.h"
#include "import/lightgbm/model.h"
#include "import/trees.h"

namespace slipway::importing {
namespace lightgbm {
namespace {

enum class Link { kIdentity, kSignedSquare, kLogistic, kExponential, kLogOnePlusExp, kSoftmax };

struct Objective {
  std::string_view name;
  Link link = Link::kIdentity;
  bool classifies = false;
  double sigmoid = 1;  // scales the scores of a logistic link
};

/// "multiclassova num_class:3 sigmoid:1": a name and what it was trained with.
StatusOr<Objective> ObjectiveOf(std::string_view text) {
  static constexpr Objective kObjectives[] = {
      {"regression"},
      {"regression_l1"},
      {"huber"},
      {"fair"},
      {"quantile"},
      {"mape"},
      {"poisson", Link::kExponential},
      {"gamma", Link::kExponential},
      {"tweedie", Link::kExponential},
      {"binary", Link::kLogistic, true},
      {"multiclass", Link::kSoftmax, true},
      {"multiclassova", Link::kLogistic, true},
      {"cross_entropy", Link::kLogistic},
      {"cross_entropy_lambda", Link::kLogOnePlusExp},
      {"lambdarank"},
      {"rank_xendcg"},
      {"custom"},
      {""},
  };
  const std::string_view name = text.substr(0, text.find(' '));
  const auto known = std::ranges::find(kObjectives, name, &Objective::name);
  if (known == std::end(kObjectives))
    return Error(Reason::kUnsupported, "LightGBM model: objective \"{}\" is not supported",
                 name.substr(0, 80));
  Objective objective = *known;
  text.remove_prefix(name.size());
  while (!text.empty()) {
    text.remove_prefix(1);
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    constexpr std::string_view kSigmoid = "sigmoid:";
    if (word == "sqrt" && objective.link == Link::kIdentity) objective.link = Link::kSignedSquare;
    if (!word.starts_with(kSigmoid)) continue;
    const char* end = word.data() + word.size();
    const auto read = std::from_chars(word.data() + kSigmoid.size(), end, objective.sigmoid);
    if (read.ec != std::errc() || read.ptr != end || !(objective.sigmoid > 0))
      return Error(Reason::kBadModel,
                   "LightGBM model: objective: expected a number above 0 as sigmoid, got \"{}\"",
                   word.substr(kSigmoid.size(), 24));
  }
  return objective;
}

/// [n, outputs] scores → predictions of the same shape.
std::string Apply(Graph& graph, const Objective& objective, const std::string& score) {
  switch (objective.link) {
    case Link::kIdentity:
      return score;
    case Link::kSignedSquare:
      return graph.Add("Mul", {graph.Add("Abs", {score}), score});
    case Link::kLogistic: {
      const std::string scaled =
          objective.sigmoid == 1
              ? score
              : graph.Add("Mul", {score, graph.Scalar<double>(objective.sigmoid)});
      return graph.Add("Sigmoid", {scaled});
    }
    case Link::kExponential:
      return graph.Add("Exp", {score});
    case Link::kLogOnePlusExp:
      return graph.Add("Log",
                       {graph.Add("Add", {graph.Scalar<double>(1), graph.Add("Exp", {score})})});
    case Link::kSoftmax:
      return graph.Add("Softmax", {score}, {{"axis", 1}});
  }
  return score;
}

Predictions PredictionsOf(Graph& graph, const Objective& objective, const Matrix& value) {
  if (!objective.classifies) return {.value = value};
  Matrix proba = value;
  if (value.columns == 1) {
    const std::string other = graph.Add("Sub", {graph.Scalar<double>(1), value.value});
    proba = {graph.Add("Concat", {other, value.value}, {{"axis", 1}}), DType::kFp64, 2};
  }
  return {.label = graph.Add("ArgMax", {proba.value}, {{"axis", 1}, {"keepdims", 0}}),
          .proba = proba};
}

/// The lists of pandas_categorical, one for each column of categories; nullopt for what is no list
/// of words or numbers.
std::optional<std::vector<Categories>> ListsOf(const std::string& json, const Limits& limits) {
  const auto bytes = std::as_bytes(std::span(json));
  const auto document = ReadJson(bytes, {.name = "LightGBM model"}, limits);
  if (!document.ok()) return std::nullopt;
  const auto lists = Node("pandas_categorical", *document).AsNodes();
  if (!lists.ok()) return std::nullopt;
  std::vector<Categories> all;
  for (const Node& list : *lists) {
    Categories categories;
    if (const auto numbers = list.AsNumbers(); numbers.ok()) {
      categories.numbers = **numbers;
    } else {
      const auto words = list.AsNodes();
      if (!words.ok()) return std::nullopt;
      for (const Node& each : *words) {
        const auto word = each.AsString();
        if (!word.ok()) return std::nullopt;
        categories.words.emplace_back(*word);
      }
    }
    all.push_back(std::move(categories));
  }
  return all;
}

/// Names that LightGBM made up are none.
bool AreMadeUp(const std::vector<std::string>& names) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] != fmt::format("Column_{}", i)) return false;
  }
  return true;
}

/// The text does not say which columns the lists belong to: to those that it split by category, in
/// their order, when they are as many.
ModelColumns ColumnsOf(const Model& model, const Limits& limits) {
  ModelColumns columns{.count = model.features};
  if (!AreMadeUp(model.feature_names)) columns.names = model.feature_names;
  auto lists = ListsOf(model.pandas_categorical, limits);
  const auto categorical = std::ranges::count(model.categorical, true);
  if (!lists || lists->empty() || categorical != std::ssize(*lists) ||
      model.categorical.size() != static_cast<size_t>(model.features))
    return columns;
  auto list = lists->begin();
  for (const bool is_categorical : model.categorical)
    columns.categories.push_back(is_categorical ? std::move(*list++) : Categories{});
  if (!columns.HasWords()) columns.categories.clear();
  return columns;
}

StatusOr<Predictions> AddModel(Graph& graph, Model model, const Matrix& x) {
  if (x.columns != model.features)
    return Error(Reason::kBadModel, "LightGBM model: expected {} features, got {}", x.columns,
                 model.features);
  ASSIGN_OR_RETURN(const Objective objective, ObjectiveOf(model.objective));
  const auto trees = static_cast<double>(model.trees.size());
  TreeEnsemble ensemble{
      .name = "LightGBM model", .targets = model.outputs, .trees = std::move(model.trees)};
  if (ensemble.trees.empty()) ensemble.trees.push_back({.leaves = {0}});
  ASSIGN_OR_RETURN(Matrix score, AddTrees(graph, ensemble, x));
  if (model.averages && trees > 0) {
    const double rounds = trees / static_cast<double>(model.outputs);
    score.value = graph.Add("Div", {score.value, graph.Scalar<double>(rounds)});
  }
  score.value = Apply(graph, objective, score.value);
  return PredictionsOf(graph, objective, score);
}

StatusOr<Model> Read(std::string_view text, const Limits& limits, const LightgbmOptions& options) {
  if (text.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "LightGBM model: {} bytes, the limit is {}", text.size(),
                 limits.max_file_bytes);
  ASSIGN_OR_RETURN(Model model, ReadText(text, limits));
  const auto rounds = static_cast<int64_t>(model.trees.size()) / model.outputs;
  if (options.rounds > 0 && options.rounds < rounds)
    model.trees.resize(static_cast<size_t>(options.rounds * model.outputs));
  return model;
}

}  // namespace
}  // namespace lightgbm

StatusOr<Imported> ImportLightgbm(std::string_view text, const Limits& limits) {
  ASSIGN_OR_RETURN(lightgbm::Model model, lightgbm::Read(text, limits, {}));
  const ModelColumns columns = lightgbm::ColumnsOf(model, limits);
  Imported imported{.format = "LightGBM text", .framework = "lightgbm"};
  if (!columns.HasWords()) imported.features = columns.names;
  if (columns.categories.empty() && !model.pandas_categorical.empty() &&
      model.pandas_categorical != "null" && model.pandas_categorical != "[]")
    imported.warnings.push_back(fmt::format(
        "it was trained on a table with columns of categories: such a column's input is the "
        "category's place in its list, from 0, NaN for any other value; the lists: {}",
        std::string_view(model.pandas_categorical).substr(0, 500)));
  Graph graph(limits.AllowanceFor(text.size()));
  ASSIGN_OR_RETURN(const Matrix x, AddInput(graph, columns, DType::kFp64));
  ASSIGN_OR_RETURN(const Predictions predictions, lightgbm::AddModel(graph, std::move(model), x));
  WriteOutputs(graph, predictions);
  ASSIGN_OR_RETURN(imported.model, graph.Serialize());
  return imported;
}

StatusOr<ModelColumns> LightgbmColumns(std::string_view text, const Limits& limits) {
  ASSIGN_OR_RETURN(const lightgbm::Model model, lightgbm::Read(text, limits, {}));
  return lightgbm::ColumnsOf(model, limits);
}

StatusOr<Predictions> AddLightgbm(Graph& graph, const ColumnSource& source, std::string_view text,
                                  const Limits& limits, const LightgbmOptions& options) {
  ASSIGN_OR_RETURN(lightgbm::Model model, lightgbm::Read(text, limits, options));
  ASSIGN_OR_RETURN(const Matrix x, source(graph, lightgbm::ColumnsOf(model, limits)));
  return lightgbm::AddModel(graph, std::move(model), graph.CastTo(x, DType::kFp64));
}

}  // namespace slipway::importing
