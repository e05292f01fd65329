#include "import/catboost/catboost.h"

#include <algorithm>
#include <cmath>

#include "import/catboost/model.h"
#include "import/document.h"
#include "import/graph.h"
#include "import/trees.h"

namespace slipway::importing {
namespace catboost {
namespace {

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

/// scale · sum of the trees + bias: [n, outputs].
StatusOr<Matrix> AddScores(Graph& graph, Model& model, const Matrix& x) {
  TreeEnsemble ensemble{.name = "CatBoost model",
                        .targets = model.outputs,
                        .leaf_width = model.outputs,
                        .trees = std::move(model.trees)};
  if (ensemble.trees.empty())
    ensemble.trees.push_back({.leaves = std::vector<double>(static_cast<size_t>(model.outputs))});
  ASSIGN_OR_RETURN(Matrix score, AddTrees(graph, ensemble, graph.CastTo(x, DType::kFp64)));
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

/// `predict` [n] or [n, columns].
void WriteNumbers(Graph& graph, const std::string& value, int64_t columns) {
  if (columns > 1) return graph.Output("predict", value, DType::kFp64, {-1, columns});
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  graph.Output("predict", graph.Add("Squeeze", {value, axis}), DType::kFp64, {-1});
}

void WriteManyLabels(Graph& graph, const Matrix& score) {
  const std::string p = graph.Add("Sigmoid", {score.value});
  const std::string above = graph.Add("Greater", {p, graph.Scalar<double>(0.5)});
  graph.Output("predict", graph.Add("Cast", {above}, {{"to", OnnxType(DType::kInt64)}}),
               DType::kInt64, {-1, score.columns});
  graph.Output("predict_proba", p, DType::kFp64, {-1, score.columns});
}

struct LabelTable {
  std::string value;
  DType dtype;
};

LabelTable AddLabels(Graph& graph, const Labels& labels) {
  const Shape shape = {static_cast<int64_t>(labels.size())};
  switch (labels.type) {
    case LabelType::kTexts:
      return {graph.Strings(shape, labels.texts), DType::kBytes};
    case LabelType::kNumbers:
      return {graph.Constant<double>(shape, labels.numbers), DType::kFp64};
    case LabelType::kTruths: {
      const std::string numbers = graph.Constant<double>(shape, labels.numbers);
      return {graph.Add("Cast", {numbers}, {{"to", OnnxType(DType::kBool)}}), DType::kBool};
    }
    case LabelType::kIntegers:
      break;
  }
  const std::vector<int64_t> whole(labels.numbers.begin(), labels.numbers.end());
  return {graph.Constant<int64_t>(shape, whole), DType::kInt64};
}

/// A score of one column is that of the second of two classes.
Status WriteClasses(Graph& graph, Link link, const Matrix& score, Labels labels) {
  std::string p;
  int64_t classes = score.columns;
  if (classes == 1) {
    const std::string second = graph.Add("Sigmoid", {score.value});
    const std::string first = graph.Add("Sub", {graph.Scalar<double>(1), second});
    p = graph.Add("Concat", {first, second}, {{"axis", 1}});
    classes = 2;
  } else if (link == Link::kOneVsAll) {
    p = graph.Add("Sigmoid", {score.value});
  } else {
    p = graph.Add("Softmax", {score.value}, {{"axis", 1}});
  }
  if (labels.size() == 0) {
    for (int64_t i = 0; i < classes; ++i) labels.numbers.push_back(static_cast<double>(i));
  }
  if (labels.size() != static_cast<size_t>(classes))
    return Error(Reason::kBadModel, "CatBoost model: expected {} class_names, got {}", classes,
                 labels.size());
  const std::string best = graph.Add("ArgMax", {p}, {{"axis", 1}, {"keepdims", 0}});
  const LabelTable table = AddLabels(graph, labels);
  graph.Output("predict", graph.Add("Gather", {table.value, best}, {{"axis", 0}}), table.dtype,
               {-1});
  graph.Output("predict_proba", p, DType::kFp64, {-1, classes});
  return OkStatus();
}

StatusOr<std::string> WriteModel(Model& model) {
  ASSIGN_OR_RETURN(const Link link, LinkOf(model.loss));
  if (model.features < 1 || model.features > kMaxFeatures)
    return Error(Reason::kBadModel, "CatBoost model: expected at least 1 feature, got {}",
                 model.features);
  for (const double number : model.labels.numbers) {
    if (!(std::abs(number) < 0x1p62))
      return Error(Reason::kBadModel, "CatBoost model: class_names: expected numbers, got {}",
                   number);
  }
  Graph graph;
  const Matrix x = graph.Input("input", DType::kFp32, model.features);
  ASSIGN_OR_RETURN(const Matrix score, AddScores(graph, model, x));
  if (link == Link::kIdentity) WriteNumbers(graph, score.value, score.columns);
  if (link == Link::kExponential)
    WriteNumbers(graph, graph.Add("Exp", {score.value}), score.columns);
  if (link == Link::kManyLabels) WriteManyLabels(graph, score);
  if (link == Link::kClasses || link == Link::kOneVsAll)
    RETURN_IF_ERROR(WriteClasses(graph, link, score, model.labels));
  return graph.Serialize();
}

}  // namespace
}  // namespace catboost

StatusOr<Imported> ImportCatboost(std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "CatBoost model: {} bytes, the limit is {}", bytes.size(),
                 limits.max_file_bytes);
  const bool binary = !bytes.empty() && bytes[0] == std::byte{'C'};
  catboost::Model model;
  if (binary) {
    ASSIGN_OR_RETURN(model, catboost::ReadBinary(bytes, limits));
  } else {
    ASSIGN_OR_RETURN(const Value document, ReadJson(bytes, {.name = "CatBoost model"}, limits));
    ASSIGN_OR_RETURN(model, catboost::ReadDocument(document));
  }
  Imported imported{.format = binary ? "CatBoost binary" : "CatBoost JSON",
                    .framework = "catboost",
                    .framework_version = model.version};
  if (!std::ranges::all_of(model.feature_names, &std::string::empty))
    imported.features = model.feature_names;
  if (model.labels.type == catboost::LabelType::kTexts)
    imported.labels["predict_proba"] = model.labels.texts;
  ASSIGN_OR_RETURN(imported.model, catboost::WriteModel(model));
  return imported;
}

}  // namespace slipway::importing
