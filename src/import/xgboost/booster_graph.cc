#include "import/xgboost/booster_graph.h"

#include <charconv>
#include <cmath>
#include <vector>

#include "import/trees.h"
#include "import/xgboost/objective.h"

namespace slipway::importing::xgboost {
namespace {

Status Bad(std::string_view what) { return Error(Reason::kBadModel, "XGBoost model: {}", what); }

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

/// Makes predictions of the margins [n, outputs].
class Linking {
 public:
  Linking(Graph& graph, const Matrix& margins) : graph_(graph), margins_(margins) {}

  Predictions Run(const Objective& objective) {
    switch (objective.link) {
      case Link::kSoftmax:
        return Classes();
      case Link::kThreshold:
        return Labels(margins_.value, 0);
      case Link::kLogistic: {
        const std::string p = graph_.Add("Sigmoid", {margins_.value});
        return objective.classifies ? Probabilities(p) : Values(p);
      }
      case Link::kExponential:
        return Values(graph_.Add("Exp", {margins_.value}));
      case Link::kSorted:
        return Values(Sorted());
      case Link::kIdentity:
        break;
    }
    return Values(margins_.value);
  }

 private:
  Predictions Classes() {
    const std::string p = graph_.Add("Softmax", {margins_.value}, {{"axis", 1}});
    return {.label = graph_.Add("ArgMax", {p}, {{"axis", 1}, {"keepdims", 0}}),
            .proba = Matrix{p, DType::kFp32, margins_.columns}};
  }

  /// One margin is that of the second of two classes; several are labels of their own.
  Predictions Probabilities(const std::string& p) {
    Predictions predictions = Labels(p, 0.5F);
    if (margins_.columns > 1) {
      predictions.proba = Matrix{p, DType::kFp32, margins_.columns};
      return predictions;
    }
    const std::string other = graph_.Add("Sub", {graph_.Scalar<float>(1), p});
    predictions.proba = Matrix{graph_.Add("Concat", {other, p}, {{"axis", 1}}), DType::kFp32, 2};
    return predictions;
  }

  Predictions Labels(const std::string& value, float threshold) {
    const std::string above = graph_.Add("Greater", {value, graph_.Scalar<float>(threshold)});
    const std::string label = graph_.Add("Cast", {above}, {{"to", OnnxType(DType::kInt64)}});
    return {.label = margins_.columns > 1 ? label : AsVector(graph_, label),
            .labels = margins_.columns};
  }

  Predictions Values(const std::string& value) {
    return {.value = Matrix{value, DType::kFp32, margins_.columns}};
  }

  std::string Sorted() {
    const std::string k = graph_.Constant<int64_t>({1}, std::vector<int64_t>{margins_.columns});
    return graph_.AddMany("TopK", {margins_.value, k}, 2, {{"axis", 1}, {"largest", 0}}).front();
  }

  Graph& graph_;
  const Matrix& margins_;
};

/// Since 3.4 the quantiles of a row are sorted, so that they do not cross.
/// Source: QuantileRegression::PredTransform, src/objective/quantile_obj.cu of XGBoost 3.4.0.
bool SortsQuantiles(const Booster& booster) {
  int major = 0, minor = 0;
  const char* end = booster.version.data() + booster.version.size();
  const auto read = std::from_chars(booster.version.data(), end, major);
  if (read.ptr != end) std::from_chars(read.ptr + 1, end, minor);
  return booster.objective == "reg:quantileerror" && (major > 3 || (major == 3 && minor >= 4));
}

}  // namespace

StatusOr<Predictions> AddBooster(Graph& graph, Booster booster, const Matrix& x) {
  ASSIGN_OR_RETURN(Objective objective, ObjectiveOf(booster.objective));
  if (SortsQuantiles(booster)) objective.link = Link::kSorted;
  if (booster.features == 0) return Bad("num_feature: expected at least 1, got 0");
  if (booster.features != x.columns)
    return Bad(fmt::format("num_feature: expected {}, got {}", x.columns, booster.features));
  if (booster.classes == 0 && objective.link == Link::kSoftmax)
    return Bad("num_class: expected at least 1, got 0");
  ASSIGN_OR_RETURN(const std::vector<float> base, Margins(booster, objective.link));
  ASSIGN_OR_RETURN(Matrix margins, AddScores(graph, booster, x));
  margins.value =
      graph.Add("Add", {margins.value, graph.Constant<float>({1, margins.columns}, base)});
  return Linking(graph, margins).Run(objective);
}

}  // namespace slipway::importing::xgboost
