#include "import/catboost/catboost.h"

#include <algorithm>
#include <cmath>

#include "import/catboost/model.h"
#include "import/document.h"
#include "import/graph.h"
#include "import/predictions.h"
#include "import/trees.h"

namespace slipway::importing {
namespace catboost {
namespace {

bool IsBinary(std::span<const std::byte> bytes) {
  return !bytes.empty() && bytes[0] == std::byte{'C'};
}

enum class Link { kIdentity, kExponential, kClasses, kOneVsAll, kManyLabels };

StatusOr<Link> LinkOf(std::string_view loss) {
  static constexpr std::pair<std::string_view, Link> kLinks[] = {
      {"RMSE", Link::kIdentity},
      {"MAE", Link::kIdentity},
      {"Quantile", Link::kIdentity},
      {"MultiQuantile", Link::kIdentity},
      {"Expectile", Link::kIdentity},
      {"LogLinQuantile", Link::kIdentity},
      {"MAPE", Link::kIdentity},
      {"Huber", Link::kIdentity},
      {"Lq", Link::kIdentity},
      {"LogCosh", Link::kIdentity},
      {"MultiRMSE", Link::kIdentity},
      {"MultiRMSEWithMissingValues", Link::kIdentity},
      {"QueryRMSE", Link::kIdentity},
      {"QuerySoftMax", Link::kIdentity},
      {"QueryCrossEntropy", Link::kIdentity},
      {"GroupQuantile", Link::kIdentity},
      {"YetiRank", Link::kIdentity},
      {"YetiRankPairwise", Link::kIdentity},
      {"PairLogit", Link::kIdentity},
      {"PairLogitPairwise", Link::kIdentity},
      {"LambdaMart", Link::kIdentity},
      {"StochasticRank", Link::kIdentity},
      {"Poisson", Link::kExponential},
      {"Tweedie", Link::kExponential},
      {"Logloss", Link::kClasses},
      {"CrossEntropy", Link::kClasses},
      {"MultiClass", Link::kClasses},
      {"MultiClassOneVsAll", Link::kOneVsAll},
      {"MultiLogloss", Link::kManyLabels},
      {"MultiCrossEntropy", Link::kManyLabels},
  };
  const auto known = std::ranges::find(kLinks, loss, &std::pair<std::string_view, Link>::first);
  if (known != std::end(kLinks)) return known->second;
  return Error(Reason::kUnsupported, "CatBoost model: loss function \"{}\" is not supported",
               loss.substr(0, 80));
}

/// What trees see: FP64 [n, features], hashes where they are categories, and statistics behind.
struct Columns {
  Matrix numbers;
  std::vector<Matrix> hashes;  // INT64 [n, 1] by column; an empty value where it is no category
};

/// scale · sum of the trees + bias: [n, outputs].
/// @param x  FP64
StatusOr<Matrix> AddScores(Graph& graph, Model& model, const Matrix& x) {
  TreeEnsemble ensemble{.name = "CatBoost model",
                        .targets = model.outputs,
                        .leaf_width = model.outputs,
                        .trees = std::move(model.trees)};
  if (ensemble.trees.empty())
    ensemble.trees.push_back({.leaves = std::vector<double>(static_cast<size_t>(model.outputs))});
  ASSIGN_OR_RETURN(Matrix score, AddTrees(graph, ensemble, x));
  if (model.scale != 1)
    score.value = graph.Add("Mul", {score.value, graph.Scalar<double>(model.scale)});
  std::vector<double> bias = model.bias;
  if (bias.size() == 1) bias.assign(static_cast<size_t>(model.outputs), bias.front());
  if (bias.size() != static_cast<size_t>(model.outputs))
    return Error(Reason::kBadModel, "CatBoost model: expected {} biases, got {}", model.outputs,
                 bias.size());
  score.value = graph.Add("Add", {score.value, graph.Constant<double>({1, model.outputs}, bias)});
  return score;
}

/// 1 where the probability of a score is above `threshold`, as CatBoost compares them: INT64.
std::string IsAbove(Graph& graph, const Matrix& score, double threshold) {
  const double logit = -std::log(1 / threshold - 1);
  const std::string above = graph.Add("Greater", {score.value, graph.Scalar<double>(logit)});
  return graph.CastTo({above, DType::kBool, score.columns}, DType::kInt64).value;
}

Predictions ManyLabels(Graph& graph, const Matrix& score, double threshold) {
  const Matrix p = {graph.Add("Sigmoid", {score.value}), DType::kFp64, score.columns};
  return {.label = IsAbove(graph, score, threshold), .labels = score.columns, .proba = p};
}

/// A score of one column is that of the second of two classes.
Predictions OneOfClasses(Graph& graph, Link link, const Matrix& score, double threshold) {
  Matrix p = score;
  if (score.columns == 1) {
    const std::string second = graph.Add("Sigmoid", {score.value});
    const std::string first = graph.Add("Sub", {graph.Scalar<double>(1), second});
    p = {graph.Add("Concat", {first, second}, {{"axis", 1}}), DType::kFp64, 2};
  } else if (link == Link::kOneVsAll) {
    p.value = graph.Add("Sigmoid", {score.value});
  } else {
    p.value = graph.Add("Softmax", {score.value}, {{"axis", 1}});
  }
  const bool by_threshold = score.columns == 1 && threshold != 0.5;
  const std::string best = by_threshold
                               ? AsVector(graph, IsAbove(graph, score, threshold))
                               : graph.Add("ArgMax", {p.value}, {{"axis", 1}, {"keepdims", 0}});
  return {.label = best, .proba = p};
}

Predictions PredictionsOf(Graph& graph, Link link, const Matrix& score, double threshold) {
  switch (link) {
    case Link::kManyLabels:
      return ManyLabels(graph, score, threshold);
    case Link::kClasses:
    case Link::kOneVsAll:
      return OneOfClasses(graph, link, score, threshold);
    case Link::kExponential:
      return {.value = Matrix{graph.Add("Exp", {score.value}), DType::kFp64, score.columns}};
    case Link::kIdentity:
      break;
  }
  return {.value = score};
}

/// Those of the file, or 0, 1, …
StatusOr<CatboostClasses> ClassesOf(CatboostClasses classes, int64_t count) {
  for (const double number : classes.numbers) {
    if (!(std::abs(number) < 0x1p62))
      return Error(Reason::kBadModel, "CatBoost model: class_names: expected numbers, got {}",
                   number);
  }
  if (classes.size() == 0)
    for (int64_t i = 0; i < count; ++i) classes.numbers.push_back(static_cast<double>(i));
  if (classes.size() == static_cast<size_t>(count)) return classes;
  return Error(Reason::kBadModel, "CatBoost model: expected {} class_names, got {}", count,
               classes.size());
}

/// @param max_bytes  of the statistics' tables
StatusOr<CatboostAnswers> AddModel(Graph& graph, Model model, const Columns& columns,
                                   size_t max_bytes) {
  ASSIGN_OR_RETURN(const Link link, LinkOf(model.loss));
  Matrix x = columns.numbers;
  if (!model.statistics.empty()) {
    ASSIGN_OR_RETURN(const Matrix statistics, AddStatistics(graph, model.statistics, model.tables,
                                                            x, columns.hashes, max_bytes));
    x = graph.Concat(std::vector{x, statistics});
  }
  CatboostAnswers answers;
  ASSIGN_OR_RETURN(answers.score, AddScores(graph, model, x));
  answers.predictions = PredictionsOf(graph, link, answers.score, model.threshold);
  if (link != Link::kClasses && link != Link::kOneVsAll) return answers;
  ASSIGN_OR_RETURN(answers.classes,
                   ClassesOf(std::move(model.classes), answers.predictions.proba->columns));
  return answers;
}

std::string Constant(Graph& graph, const CatboostClasses& classes) {
  const Shape shape = {static_cast<int64_t>(classes.size())};
  if (classes.dtype == DType::kBytes) return graph.Strings(shape, classes.texts);
  if (classes.dtype == DType::kInt64) {
    const std::vector<int64_t> whole(classes.numbers.begin(), classes.numbers.end());
    return graph.Constant<int64_t>(shape, whole);
  }
  const std::string numbers = graph.Constant<double>(shape, classes.numbers);
  if (classes.dtype == DType::kFp64) return numbers;
  return graph.Add("Cast", {numbers}, {{"to", OnnxType(DType::kBool)}});
}

/// An input for each column where some hold categories: BYTES for these, else FP32.
StatusOr<Columns> AddColumns(Graph& graph, const Model& model) {
  if (model.categories.empty()) {
    const Matrix x = graph.Input("input", DType::kFp32, model.features);
    return Columns{graph.CastTo(x, DType::kFp64), {}};
  }
  ModelColumns named{model.features, model.feature_names};
  if (named.names.empty())
    for (int64_t i = 0; i < model.features; ++i) named.names.push_back(std::to_string(i));
  RETURN_IF_ERROR(CheckNames(named));
  std::vector<bool> is_category(named.names.size());
  for (const int64_t column : model.categories) is_category[column] = true;
  Columns columns{.hashes = std::vector<Matrix>(named.names.size())};
  std::vector<Matrix> parts;
  for (size_t i = 0; i < named.names.size(); ++i) {
    Matrix column = graph.Input(named.names[i], is_category[i] ? DType::kBytes : DType::kFp32, 1);
    if (is_category[i]) {
      column = {graph.AddOwn("CategoryHash", {column.value}, {}), DType::kInt64, 1};
      columns.hashes[i] = column;
    }
    parts.push_back(graph.CastTo(column, DType::kFp64));
  }
  columns.numbers = graph.Concat(parts);
  return columns;
}

/// As WriteOutputs, and `predict` of one class is its label.
void WriteAnswers(Graph& graph, const CatboostAnswers& answers) {
  Predictions rest = answers.predictions;
  if (answers.classes.size() != 0) {
    const std::string labels = Constant(graph, answers.classes);
    graph.Output("predict", graph.Add("Gather", {labels, rest.label}, {{"axis", 0}}),
                 answers.classes.dtype, {-1});
    rest.label.clear();
  }
  WriteOutputs(graph, rest);
}

StatusOr<Model> Read(std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "CatBoost model: {} bytes, the limit is {}", bytes.size(),
                 limits.max_file_bytes);
  Model model;
  if (IsBinary(bytes)) {
    ASSIGN_OR_RETURN(model, ReadBinary(bytes, limits));
  } else {
    ASSIGN_OR_RETURN(const Value document, ReadJson(bytes, {.name = "CatBoost model"}, limits));
    ASSIGN_OR_RETURN(model, ReadDocument(document));
  }
  if (model.features < 1 || model.features > kMaxFeatures)
    return Error(Reason::kBadModel, "CatBoost model: expected at least 1 feature, got {}",
                 model.features);
  if (std::ranges::all_of(model.feature_names, &std::string::empty)) model.feature_names.clear();
  return model;
}

}  // namespace
}  // namespace catboost

StatusOr<Imported> ImportCatboost(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(catboost::Model model, catboost::Read(bytes, limits));
  Imported imported{.format = catboost::IsBinary(bytes) ? "CatBoost binary" : "CatBoost JSON",
                    .framework = "catboost",
                    .framework_version = model.version,
                    .features = model.feature_names};
  if (model.classes.dtype == DType::kBytes) imported.labels["predict_proba"] = model.classes.texts;
  if (!model.categories.empty()) imported.features.clear();  // they are inputs of their own
  const size_t allowance = limits.AllowanceFor(bytes.size());
  Graph graph(allowance);
  ASSIGN_OR_RETURN(const catboost::Columns columns, catboost::AddColumns(graph, model));
  ASSIGN_OR_RETURN(const CatboostAnswers answers,
                   catboost::AddModel(graph, std::move(model), columns, allowance));
  catboost::WriteAnswers(graph, answers);
  ASSIGN_OR_RETURN(imported.model, graph.Serialize());
  return imported;
}

StatusOr<ModelColumns> CatboostColumns(std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(catboost::Model model, catboost::Read(bytes, limits));
  return ModelColumns{model.features, std::move(model.feature_names)};
}

StatusOr<CatboostAnswers> AddCatboost(Graph& graph, const Matrix& x,
                                      std::span<const std::byte> bytes, const Limits& limits) {
  ASSIGN_OR_RETURN(catboost::Model model, catboost::Read(bytes, limits));
  if (!model.categories.empty())
    return Error(Reason::kUnsupported,
                 "CatBoost model: categorical features are not supported within another file: save "
                 "the model alone, with save_model");
  if (x.columns != model.features)
    return Error(Reason::kBadModel, "CatBoost model: expected {} features, got {}", x.columns,
                 model.features);
  const Matrix numbers = graph.CastTo(graph.CastTo(x, DType::kFp32), DType::kFp64);
  return catboost::AddModel(graph, std::move(model), {numbers, {}},
                            limits.AllowanceFor(bytes.size()));
}

}  // namespace slipway::importing
