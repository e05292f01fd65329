// GradientBoosting*: an initial estimator, and trees that add to it.

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"
#include "import/sklearn/tree_sums.h"

namespace slipway::importing::sklearn {
namespace {

enum class Link : uint8_t { kIdentity, kLogit, kHalfLogit, kLog };

/// learning_rate times the sum of the trees, stage by stage: [n, outputs].
StatusOr<Matrix> AddStages(Writer& writer, const State& state, const Matrix& x, int64_t outputs) {
  ASSIGN_OR_RETURN(const double rate, state.Number("learning_rate"));
  ASSIGN_OR_RETURN(const std::vector<State> members, Members(state, "estimators_"));
  if (members.size() % static_cast<size_t>(outputs) != 0)
    return state.Bad("estimators_: expected {} trees a stage, got {} trees", outputs,
                     members.size());
  std::vector<TreeMember> trees;
  trees.reserve(members.size());
  for (const State& member : members)
    trees.push_back({member, {}, static_cast<int64_t>(trees.size()) % outputs});
  return AddTreeSum(writer.graph(), state, x, trees, {.targets = outputs, .values_width = 1},
                    [rate](size_t, const TreeNodes& nodes, size_t node, auto& leaves) {
                      leaves.push_back(rate * nodes.ValuesOf(node)[0]);
                    });
}

/// What differs between versions of scikit-learn.
struct Version {
  double epsilon;  // how far initial probabilities are kept from 0 and 1
  /// Losses are sklearn._loss's, as since 1.4: logarithms are centred over classes, and 0 means the
  /// second class.
  bool has_loss_module;
};

StatusOr<Version> VersionOf(const State& state) {
  ASSIGN_OR_RETURN(const bool before_1_8, IsBefore(state, 1, 8));
  ASSIGN_OR_RETURN(const State loss, state.Nested(state.Has("_loss") ? "_loss" : "loss_"));
  return Version{before_1_8 ? double{std::numeric_limits<float>::epsilon()}
                            : std::numeric_limits<double>::epsilon(),
                 loss.module().starts_with("sklearn._loss")};
}

/// The initial estimator's answers as raw predictions: probabilities through the link.
Matrix Linked(Graph& graph, const Matrix& answers, Link link, const Version& version) {
  const double epsilon = version.epsilon;
  if (link == Link::kIdentity) return answers;
  const auto log = [&](const Matrix& p) { return Map(graph, "Log", p); };
  const Matrix p = {graph.Add("Clip", {answers.value, graph.Scalar<double>(epsilon),
                                       graph.Scalar<double>(1 - epsilon)}),
                    DType::kFp64, answers.columns};
  if (link == Link::kLog) {
    const Matrix logs = log(p);
    if (!version.has_loss_module) return logs;
    return {graph.Add("Sub", {logs.value, Reduce(graph, "ReduceMean", logs).value}), DType::kFp64,
            p.columns};
  }
  const Matrix rest = {graph.Add("Sub", {graph.Scalar<double>(1), p.value}), DType::kFp64, 1};
  const Matrix logit = {graph.Add("Log", {graph.Add("Div", {p.value, rest.value})}), DType::kFp64,
                        1};
  return link == Link::kHalfLogit ? MapWith(graph, "Mul", logit, {0.5}) : logit;
}

/// What Linked gives for the same probabilities in every row.
std::vector<double> LinkedConstants(std::vector<double> p, Link link, const Version& version) {
  const double epsilon = version.epsilon;
  for (double& each : p) each = std::clamp(each, epsilon, 1 - epsilon);
  if (link != Link::kLog) {
    const double logit = std::log(p[1] / (1 - p[1]));
    return {link == Link::kHalfLogit ? 0.5 * logit : logit};
  }
  double mean = 0;
  for (double& each : p) {
    each = std::log(each);
    mean += each / static_cast<double>(p.size());
  }
  if (version.has_loss_module)
    for (double& each : p) each -= mean;
  return p;
}

bool IsPrior(const State& init) {
  return init.name() == "DummyClassifier" && init.Has("class_prior_") &&
         init.TextOr("_strategy", "").value_or("") == "prior";
}

/// What the initial estimators of scikit-learn before 0.21 add to every row, as it stands in them.
StatusOr<std::optional<std::vector<double>>> OldConstants(const State& init, int64_t outputs) {
  constexpr std::pair<std::string_view, const char*> kAttributes[] = {
      {"LogOddsEstimator", "prior"},
      {"ScaledLogOddsEstimator", "prior"},
      {"PriorProbabilityEstimator", "priors"},
      {"MeanEstimator", "mean"},
      {"QuantileEstimator", "quantile"}};
  for (const auto& [name, attribute] : kAttributes) {
    if (init.name() != name) continue;
    ASSIGN_OR_RETURN(std::vector<double> constants, init.Broadcast(attribute, outputs));
    return constants;
  }
  return std::nullopt;
}

/// Raw predictions: the initial estimator's, plus the stages.
StatusOr<Matrix> RawPredictions(Writer& writer, const State& state, const Table& table,
                                int64_t outputs, Link link, const Version& version) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(const Matrix stages, AddStages(writer, state, x, outputs));
  ASSIGN_OR_RETURN(const pickle::Value raw, state.Get("init_"));
  if (AsText(raw) == "zero") return stages;
  ASSIGN_OR_RETURN(const State init, state.Nested("init_"));
  const bool predicts = link == Link::kIdentity;
  const int64_t width = predicts ? 1 : std::max<int64_t>(outputs, 2);
  if (!predicts && IsPrior(init)) {
    ASSIGN_OR_RETURN(std::vector<double> prior, init.Vector("class_prior_", width));
    return MapWith(graph, "Add", stages, LinkedConstants(std::move(prior), link, version));
  }
  if (init.name() == "DummyRegressor") {
    ASSIGN_OR_RETURN(const Dense constant, init.Array("constant_", {1, 1}));
    return MapWith(graph, "Add", stages, constant.values);
  }
  ASSIGN_OR_RETURN(const auto constants, OldConstants(init, outputs));
  if (constants) return MapWith(graph, "Add", stages, *constants);
  ASSIGN_OR_RETURN(const Outputs first, writer.Write(init, Table(RoundedToFloat(graph, x))));
  const auto& answers = predicts ? first.predict : first.proba;
  if (!answers || answers->columns != width)
    return init.Unsupported("expected an initial estimator that has {}",
                            predicts ? "one output" : "predict_proba of every class");
  const bool two_classes = link == Link::kLogit || link == Link::kHalfLogit;
  const Matrix start = two_classes ? graph.Select(*answers, std::vector<int64_t>{1}) : *answers;
  return Matrix{graph.Add("Add", {Linked(graph, start, link, version).value, stages.value}),
                DType::kFp64, outputs};
}

StatusOr<Outputs> GradientBoostingRegressor(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const Version version, VersionOf(state));
  ASSIGN_OR_RETURN(const Matrix raw, RawPredictions(writer, state, x, 1, Link::kIdentity, version));
  return Predicting(raw, true);
}

/// 1 where column [n, 1] is at least `limit`, else 0: INT64 [n].
std::string IsAtLeast(Graph& graph, const Matrix& column, double limit) {
  const std::string flag = graph.Add("GreaterOrEqual", {column.value, graph.Scalar<double>(limit)});
  return Squeeze(graph, graph.CastTo({flag, DType::kBool, 1}, DType::kInt64));
}

StatusOr<Outputs> GradientBoostingClassifier(Writer& writer, const State& state, const Table& x) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(const std::string loss, state.TextOr("loss", "log_loss"));
  if (loss != "log_loss" && loss != "deviance" && loss != "exponential")
    return state.Unsupported("loss: expected \"log_loss\" or \"exponential\", got \"{}\"", loss);
  ASSIGN_OR_RETURN(const Version version, VersionOf(state));
  if (classes.size() != 2) {
    ASSIGN_OR_RETURN(const Matrix raw,
                     RawPredictions(writer, state, x, classes.size(), Link::kLog, version));
    Outputs outputs = Deciding(graph, std::move(classes), raw);
    outputs.proba = Softmax(graph, raw);
    return outputs;
  }
  const bool exponential = loss == "exponential";
  ASSIGN_OR_RETURN(
      const Matrix raw,
      RawPredictions(writer, state, x, 1, exponential ? Link::kHalfLogit : Link::kLogit, version));
  const Matrix logit = exponential ? MapWith(graph, "Mul", raw, {2}) : raw;
  Outputs outputs = Deciding(graph, std::move(classes), raw);
  if (version.has_loss_module || exponential) outputs.label = IsAtLeast(graph, raw, 0);
  outputs.proba = WithComplement(graph, Map(graph, "Sigmoid", logit));
  return outputs;
}

}  // namespace

std::span<const Estimator> GradientBoosting() {
  constexpr std::string_view kEnsemble = "sklearn.ensemble";
  static constexpr Estimator kRows[] = {
      {kEnsemble, "GradientBoostingClassifier", EstimatorKind::kClassifier,
       GradientBoostingClassifier},
      {kEnsemble, "GradientBoostingRegressor", EstimatorKind::kRegressor,
       GradientBoostingRegressor},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
