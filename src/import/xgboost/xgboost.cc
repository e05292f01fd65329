#include "import/xgboost/xgboost.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "import/document.h"
#include "import/graph.h"
#include "import/trees.h"
#include "import/xgboost/booster.h"
#include "import/xgboost/objective.h"
#include "import/xgboost/ubjson.h"

namespace slipway::importing {
namespace xgboost {
namespace {

Status Bad(std::string_view what) { return Error(Reason::kBadModel, "XGBoost model: {}", what); }

struct Source {
  Booster booster;
  std::string_view format;
};

bool IsSpace(std::byte b) {
  return b == std::byte{' '} || b == std::byte{'\n'} || b == std::byte{'\r'} ||
         b == std::byte{'\t'};
}

constexpr std::string_view kUnread[] = {"Config",  "cats",        "loss_changes",
                                        "parents", "sum_hessian", "metrics"};
constexpr JsonOptions kDocument = {.name = "XGBoost model", .float32 = true, .unread = kUnread};

/// An object of UBJSON begins with a key's length, "{L"; one of JSON with a quoted key.
StatusOr<Source> Read(std::span<const std::byte> bytes, const Limits& limits) {
  const auto first = std::find_if_not(bytes.begin(), bytes.end(), IsSpace);
  if (first == bytes.end() || *first != std::byte{'{'}) {
    ASSIGN_OR_RETURN(Booster booster, ReadBinary(bytes));
    return Source{std::move(booster), "XGBoost binary"};
  }
  if (first == bytes.begin() && bytes.size() > 1 && bytes[1] == std::byte{'L'}) {
    ASSIGN_OR_RETURN(const Value document, ReadUbjson(bytes, kDocument, limits));
    ASSIGN_OR_RETURN(Booster booster, BoosterOf(document));
    return Source{std::move(booster), "XGBoost UBJSON"};
  }
  ASSIGN_OR_RETURN(const Value document, ReadJson(bytes, kDocument, limits));
  ASSIGN_OR_RETURN(Booster booster, BoosterOf(document));
  return Source{std::move(booster), "XGBoost JSON"};
}

/// Early stopping leaves the trees after the best round in the file.
Status KeepBestRounds(Booster& booster, std::vector<std::string>& warnings) {
  const auto best = booster.attributes.find("best_iteration");
  if (best == booster.attributes.end() || booster.linear) return OkStatus();
  const std::string& text = best->second;
  int64_t round = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), round);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || round < 0)
    return Bad(fmt::format("best_iteration: expected a whole number, got \"{}\"", text));
  const auto trees = static_cast<int64_t>(booster.trees.size());
  round = std::min(round, trees);  // a round has at least one tree
  const int64_t each = booster.parallel_trees * (booster.leaf_width > 1 ? 1 : booster.outputs());
  const auto rounds = static_cast<int64_t>(booster.rounds.size());
  const int64_t kept = round + 1 < rounds     ? booster.rounds[round + 1]
                       : round < trees / each ? (round + 1) * each
                                              : trees;
  if (kept < 0 || kept >= trees) return OkStatus();
  warnings.push_back(fmt::format(
      "training was stopped early: the best {} rounds answer, as in XGBoost's scikit-learn "
      "wrapper; Booster.predict uses all {} trees",
      round + 1, trees));
  booster.trees.resize(static_cast<size_t>(kept));
  return OkStatus();
}

/// base_score as a row of margins, one for each output. A linear model adds the first one to every
/// output: so XGBoost does.
StatusOr<std::vector<float>> Margins(const Booster& booster, Link link) {
  std::vector<float> base = booster.base;
  const auto outputs = static_cast<size_t>(booster.outputs());
  if (base.size() == 1 || (booster.linear && base.size() == outputs))
    base.assign(outputs, base.front());
  if (base.size() != outputs)
    return Bad(fmt::format("base_score: expected 1 or {} values, got {}", outputs, base.size()));
  for (float& value : base) {
    const float margin = booster.base_is_margin ? value : MarginOf(link, value);
    if (!std::isfinite(margin))
      return Bad(fmt::format("base_score: {} has no finite margin", value));
    value = margin;
  }
  return base;
}

/// Missing values add nothing to a linear model.
StatusOr<Matrix> AddLinear(Graph& graph, const Booster& booster, const Matrix& x) {
  const int64_t outputs = booster.outputs();
  if (static_cast<uint64_t>(booster.weights.size()) !=
      static_cast<uint64_t>(booster.features + 1) * static_cast<uint64_t>(outputs))
    return Bad(fmt::format("expected {} weights of each output, got {} in all",
                           booster.features + 1, booster.weights.size()));
  const auto bias = booster.weights.end() - outputs;
  const std::string known =
      graph.Add("Where", {graph.Add("IsNaN", {x.value}), graph.Scalar<float>(0), x.value});
  const std::string product = graph.Add(
      "MatMul", {known, graph.Constant<float>({booster.features, outputs},
                                              std::vector<float>(booster.weights.begin(), bias))});
  const std::string sum = graph.Add(
      "Add", {product, graph.Constant<float>({1, outputs},
                                             std::vector<float>(bias, booster.weights.end()))});
  return Matrix{sum, DType::kFp32, outputs};
}

StatusOr<Matrix> AddScores(Graph& graph, Booster& booster, const Matrix& x) {
  if (booster.linear) return AddLinear(graph, booster, x);
  TreeEnsemble ensemble{.name = "XGBoost model",
                        .dtype = DType::kFp32,
                        .targets = booster.outputs(),
                        .leaf_width = booster.leaf_width,
                        .trees = std::move(booster.trees)};
  if (ensemble.trees.empty())
    ensemble.trees.push_back({.leaves = std::vector<double>(ensemble.leaf_width)});
  return AddTrees(graph, ensemble, x);
}

/// Writes the outputs of `objective` from the margins [n, outputs].
class Outputs {
 public:
  Outputs(Graph& graph, const Matrix& margins) : graph_(graph), margins_(margins) {}

  void Write(const Objective& objective) {
    switch (objective.link) {
      case Link::kSoftmax:
        return WriteClasses();
      case Link::kThreshold:
        return WriteLabels(margins_.value, 0);
      case Link::kLogistic: {
        const std::string p = graph_.Add("Sigmoid", {margins_.value});
        return objective.classifies ? WriteProbabilities(p) : WriteNumbers(p);
      }
      case Link::kExponential:
        return WriteNumbers(graph_.Add("Exp", {margins_.value}));
      case Link::kSorted:
        return WriteNumbers(Sorted());
      case Link::kIdentity:
        return WriteNumbers(margins_.value);
    }
  }

 private:
  void WriteClasses() {
    const std::string p = graph_.Add("Softmax", {margins_.value}, {{"axis", 1}});
    const std::string label = graph_.Add("ArgMax", {p}, {{"axis", 1}, {"keepdims", 0}});
    graph_.Output("predict", label, DType::kInt64, {-1});
    graph_.Output("predict_proba", p, DType::kFp32, {-1, margins_.columns});
  }

  void WriteProbabilities(const std::string& p) {
    WriteLabels(p, 0.5F);
    if (margins_.columns > 1)
      return graph_.Output("predict_proba", p, DType::kFp32, {-1, margins_.columns});
    const std::string other = graph_.Add("Sub", {graph_.Scalar<float>(1), p});
    graph_.Output("predict_proba", graph_.Add("Concat", {other, p}, {{"axis", 1}}), DType::kFp32,
                  {-1, 2});
  }

  void WriteLabels(const std::string& value, float threshold) {
    const std::string above = graph_.Add("Greater", {value, graph_.Scalar<float>(threshold)});
    WriteRows(graph_.Add("Cast", {above}, {{"to", OnnxType(DType::kInt64)}}), DType::kInt64);
  }

  void WriteNumbers(const std::string& value) { WriteRows(value, DType::kFp32); }

  /// `predict`: [n] for one output, else [n, outputs].
  void WriteRows(const std::string& value, DType dtype) {
    if (margins_.columns > 1) return graph_.Output("predict", value, dtype, {-1, margins_.columns});
    const std::string axis = graph_.Constant<int64_t>({1}, std::vector<int64_t>{1});
    graph_.Output("predict", graph_.Add("Squeeze", {value, axis}), dtype, {-1});
  }

  std::string Sorted() {
    const std::string k = graph_.Constant<int64_t>({1}, std::vector<int64_t>{margins_.columns});
    return graph_.AddMany("TopK", {margins_.value, k}, 2, {{"axis", 1}, {"largest", 0}}).front();
  }

  Graph& graph_;
  const Matrix& margins_;
};

/// Since 3.4 the quantiles of a row are sorted, so that they do not cross.
bool SortsQuantiles(const Booster& booster) {
  int major = 0, minor = 0;
  const char* end = booster.version.data() + booster.version.size();
  const auto read = std::from_chars(booster.version.data(), end, major);
  if (read.ptr != end) std::from_chars(read.ptr + 1, end, minor);
  return booster.objective == "reg:quantileerror" && (major > 3 || (major == 3 && minor >= 4));
}

StatusOr<std::string> WriteModel(Booster& booster) {
  ASSIGN_OR_RETURN(Objective objective, ObjectiveOf(booster.objective));
  if (SortsQuantiles(booster)) objective.link = Link::kSorted;
  if (booster.features == 0) return Bad("num_feature: expected at least 1, got 0");
  if (booster.classes == 0 && objective.link == Link::kSoftmax)
    return Bad("num_class: expected at least 1, got 0");
  ASSIGN_OR_RETURN(const std::vector<float> base, Margins(booster, objective.link));
  Graph graph;
  const Matrix x = graph.Input("input", DType::kFp32, booster.features);
  ASSIGN_OR_RETURN(Matrix margins, AddScores(graph, booster, x));
  margins.value =
      graph.Add("Add", {margins.value, graph.Constant<float>({1, margins.columns}, base)});
  Outputs(graph, margins).Write(objective);
  return graph.Serialize();
}

}  // namespace
}  // namespace xgboost

StatusOr<Imported> ImportXgboost(std::span<const std::byte> bytes, const Limits& limits) {
  if (bytes.size() > limits.max_file_bytes)
    return Error(Reason::kTooLarge, "XGBoost model: {} bytes, the limit is {}", bytes.size(),
                 limits.max_file_bytes);
  ASSIGN_OR_RETURN(xgboost::Source source, xgboost::Read(bytes, limits));
  xgboost::Booster& booster = source.booster;
  Imported imported{.format = std::string(source.format),
                    .framework = "xgboost",
                    .framework_version = booster.version,
                    .features = booster.feature_names};
  RETURN_IF_ERROR(xgboost::KeepBestRounds(booster, imported.warnings));
  ASSIGN_OR_RETURN(imported.model, xgboost::WriteModel(booster));
  return imported;
}

}  // namespace slipway::importing
