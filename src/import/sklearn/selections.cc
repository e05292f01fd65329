// Transformers that keep some of the columns.

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "import/sklearn/importances.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

using Mask = std::vector<bool>;

StatusOr<Table> Keep(Writer& writer, const State& state, const Table& x, const Mask& mask) {
  std::vector<int64_t> kept;
  for (size_t i = 0; i < mask.size(); ++i)
    if (mask[i]) kept.push_back(static_cast<int64_t>(i));
  if (kept.empty()) return state.Unsupported("no column is selected");
  return x.Select(writer.graph(), kept);
}

Mask Where(const std::vector<double>& values, const auto& condition) {
  Mask mask;
  for (const double value : values) mask.push_back(condition(value));
  return mask;
}

/// Scores with NaN below all others, as scikit-learn ranks them.
StatusOr<std::vector<double>> ReadScores(const State& state, int64_t columns) {
  ASSIGN_OR_RETURN(std::vector<double> scores, state.Vector("scores_", columns));
  for (double& score : scores)
    if (std::isnan(score)) score = std::numeric_limits<double>::lowest();
  return scores;
}

StatusOr<Mask> BestByNumber(const State& state, std::string_view key, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<double> scores, ReadScores(state, columns));
  const auto raw = state.Find(key);
  if (raw && AsText(*raw) == "all") return Mask(scores.size(), true);
  ASSIGN_OR_RETURN(const int64_t k, state.Integer(key));
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  Mask mask(scores.size(), false);
  const size_t count = std::min(static_cast<size_t>(std::max<int64_t>(k, 0)), order.size());
  for (size_t i = order.size() - count; i < order.size(); ++i) mask[order[i]] = true;
  return mask;
}

/// numpy.percentile with linear interpolation.
double Percentile(std::vector<double> values, double percent) {
  std::sort(values.begin(), values.end());
  const double at = percent / 100 * static_cast<double>(values.size() - 1);
  const auto below =
      static_cast<size_t>(std::clamp(std::floor(at), 0.0, static_cast<double>(values.size() - 1)));
  const size_t above = std::min(below + 1, values.size() - 1);
  const double share = at - std::floor(at);
  const double width = values[above] - values[below];
  return share >= 0.5 ? values[above] - width * (1 - share) : values[below] + width * share;
}

StatusOr<Mask> BestByPercentile(const State& state, std::string_view key, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<double> scores, ReadScores(state, columns));
  ASSIGN_OR_RETURN(const double percentile, state.NumberOr(key, 10));
  if (!(percentile >= 0 && percentile <= 100))
    return state.Expected(key, "0 to 100", fmt::format("{}", percentile));
  if (percentile == 100) return Mask(scores.size(), true);
  if (percentile == 0) return Mask(scores.size(), false);
  const double threshold = Percentile(scores, 100 - percentile);
  Mask mask = Where(scores, [&](double score) { return score > threshold; });
  auto room = static_cast<int64_t>(static_cast<double>(scores.size()) * percentile / 100) -
              std::count(mask.begin(), mask.end(), true);
  for (size_t i = 0; i < scores.size() && room > 0; ++i) {
    if (scores[i] != threshold) continue;
    mask[i] = true;
    --room;
  }
  return mask;
}

StatusOr<Mask> ByFalsePositives(const State& state, std::string_view key, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<double> p, state.Vector("pvalues_", columns));
  ASSIGN_OR_RETURN(const double alpha, state.NumberOr(key, 0.05));
  return Where(p, [&](double value) { return value < alpha; });
}

/// The procedure of Benjamini and Hochberg.
StatusOr<Mask> ByFalseDiscoveries(const State& state, std::string_view key, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<double> p, state.Vector("pvalues_", columns));
  ASSIGN_OR_RETURN(const double alpha, state.NumberOr(key, 0.05));
  std::vector<double> sorted = p;
  std::sort(sorted.begin(), sorted.end());
  double most = -1;
  for (size_t i = 0; i < sorted.size(); ++i)
    if (sorted[i] <= alpha / static_cast<double>(p.size()) * static_cast<double>(i + 1))
      most = sorted[i];
  return Where(p, [&](double value) { return value <= most; });
}

StatusOr<Mask> ByFamilywiseErrors(const State& state, std::string_view key, int64_t columns) {
  ASSIGN_OR_RETURN(const std::vector<double> p, state.Vector("pvalues_", columns));
  ASSIGN_OR_RETURN(const double alpha, state.NumberOr(key, 0.05));
  const double limit = alpha / static_cast<double>(p.size());
  return Where(p, [&](double value) { return value < limit; });
}

/// Univariate selectors differ in the rule, and in what their parameter is called.
using Rule = StatusOr<Mask> (*)(const State& state, std::string_view key, int64_t columns);

StatusOr<Outputs> Univariate(Writer& writer, const State& state, const Table& x, Rule rule,
                             std::string_view key) {
  ASSIGN_OR_RETURN(const Mask mask, rule(state, key, x.columns()));
  Outputs outputs;
  ASSIGN_OR_RETURN(outputs.transform, Keep(writer, state, x, mask));
  return outputs;
}

StatusOr<Outputs> SelectKBest(Writer& writer, const State& state, const Table& x) {
  return Univariate(writer, state, x, BestByNumber, "k");
}
StatusOr<Outputs> SelectPercentile(Writer& writer, const State& state, const Table& x) {
  return Univariate(writer, state, x, BestByPercentile, "percentile");
}
StatusOr<Outputs> SelectFpr(Writer& writer, const State& state, const Table& x) {
  return Univariate(writer, state, x, ByFalsePositives, "alpha");
}
StatusOr<Outputs> SelectFdr(Writer& writer, const State& state, const Table& x) {
  return Univariate(writer, state, x, ByFalseDiscoveries, "alpha");
}
StatusOr<Outputs> SelectFwe(Writer& writer, const State& state, const Table& x) {
  return Univariate(writer, state, x, ByFamilywiseErrors, "alpha");
}

StatusOr<Outputs> GenericUnivariateSelect(Writer& writer, const State& state, const Table& x) {
  constexpr std::pair<std::string_view, Rule> kModes[] = {
      {"percentile", BestByPercentile}, {"k_best", BestByNumber},    {"fpr", ByFalsePositives},
      {"fdr", ByFalseDiscoveries},      {"fwe", ByFamilywiseErrors},
  };
  ASSIGN_OR_RETURN(const std::string mode, state.TextOr("mode", "percentile"));
  for (const auto& [name, rule] : kModes)
    if (name == mode) return Univariate(writer, state, x, rule, "param");
  return state.Unsupported("mode: \"{}\" is not known", mode);
}

StatusOr<Outputs> VarianceThreshold(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<double> variances, state.Vector("variances_", x.columns()));
  ASSIGN_OR_RETURN(const double threshold, state.NumberOr("threshold", 0));
  Outputs outputs;
  ASSIGN_OR_RETURN(
      outputs.transform,
      Keep(writer, state, x, Where(variances, [&](double v) { return v > threshold; })));
  return outputs;
}

double Mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// Estimators whose L1 penalty makes coefficients 0.
StatusOr<bool> IsSparse(const State& estimator) {
  const std::string_view name = estimator.name();
  if (name.find("Lasso") != std::string_view::npos) return true;
  const auto penalty = estimator.Find("penalty");
  if (penalty && AsText(*penalty) == "l1") return true;
  const auto is_one = [&](std::string_view key) -> StatusOr<bool> {
    ASSIGN_OR_RETURN(const double ratio, estimator.NumberOr(key, 0));
    return std::abs(ratio - 1) <= 1e-8 + 1e-5;
  };
  if (name == "ElasticNet" || name == "LogisticRegression") return is_one("l1_ratio");
  if (name == "ElasticNetCV") return is_one("l1_ratio_");
  return false;
}

/// A number, "mean", "median", or a multiple such as "1.25*mean".
StatusOr<double> ReadThreshold(const State& state, const State& estimator,
                               const std::vector<double>& importances) {
  const auto raw = state.Find("threshold");
  if (!raw) {
    ASSIGN_OR_RETURN(const bool is_sparse, IsSparse(estimator));
    return is_sparse ? 1e-5 : Mean(importances);
  }
  if (const auto number = AsNumber(*raw)) return *number;
  const std::string text = AsText(*raw).value_or("");
  const size_t star = text.find('*');
  double scale = 1;
  if (star != std::string::npos) {
    char* end = nullptr;
    scale = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) return state.Expected("threshold", "a number before \"*\"", text);
  }
  const std::string_view word =
      star == std::string::npos ? std::string_view(text) : std::string_view(text).substr(star + 1);
  const auto names = [&](std::string_view name) {
    return word.substr(std::min(word.find_first_not_of(' '), word.size())).starts_with(name);
  };
  if (names("mean")) return scale * Mean(importances);
  if (names("median")) return scale * Percentile(importances, 50);
  return state.Expected("threshold", "a number, \"mean\" or \"median\"", Describe(*raw));
}

StatusOr<State> JudgingEstimator(const State& state) {
  return state.Nested(state.Has("estimator_") ? "estimator_" : "estimator");
}

StatusOr<Outputs> SelectFromModel(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const State estimator, JudgingEstimator(state));
  ASSIGN_OR_RETURN(const std::string getter, state.TextOr("importance_getter", "auto"));
  if (getter != "auto") return state.Unsupported("importance_getter: expected \"auto\"");
  ASSIGN_OR_RETURN(const double norm_order, state.NumberOr("norm_order", 1));
  ASSIGN_OR_RETURN(const std::vector<double> importances,
                   ReadImportances(estimator, x.columns(), norm_order));
  ASSIGN_OR_RETURN(const double threshold, ReadThreshold(state, estimator, importances));
  Mask mask = Where(importances, [&](double value) { return !(value < threshold); });
  if (state.Has("max_features")) {
    ASSIGN_OR_RETURN(const int64_t most,
                     state.Integer(state.Has("max_features_") ? "max_features_" : "max_features"));
    std::vector<size_t> order(importances.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](size_t a, size_t b) { return importances[a] > importances[b]; });
    for (size_t i = static_cast<size_t>(std::max<int64_t>(most, 0)); i < order.size(); ++i)
      mask[order[i]] = false;
  }
  Outputs outputs;
  ASSIGN_OR_RETURN(outputs.transform, Keep(writer, state, x, mask));
  return outputs;
}

/// Keeps columns, and predicts with the estimator that was fitted on them.
StatusOr<Outputs> RecursiveElimination(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<double> support, state.Vector("support_", x.columns()));
  ASSIGN_OR_RETURN(const Table kept,
                   Keep(writer, state, x, Where(support, [](double value) { return value != 0; })));
  ASSIGN_OR_RETURN(const State estimator, state.Nested("estimator_"));
  ASSIGN_OR_RETURN(Outputs outputs, writer.Write(estimator, kept));
  outputs.transform = kept;
  return outputs;
}

StatusOr<Outputs> SequentialSelection(Writer& writer, const State& state, const Table& x) {
  ASSIGN_OR_RETURN(const std::vector<double> support, state.Vector("support_", x.columns()));
  Outputs outputs;
  ASSIGN_OR_RETURN(outputs.transform,
                   Keep(writer, state, x, Where(support, [](double value) { return value != 0; })));
  return outputs;
}

}  // namespace

std::span<const Estimator> Selections() {
  constexpr std::string_view kSelection = "sklearn.feature_selection";
  constexpr EstimatorKind kTransforms = EstimatorKind::kTransformer;
  static constexpr Estimator kRows[] = {
      {kSelection, "GenericUnivariateSelect", kTransforms, GenericUnivariateSelect},
      {kSelection, "RFE", EstimatorKind::kMeta, RecursiveElimination},
      {kSelection, "RFECV", EstimatorKind::kMeta, RecursiveElimination},
      {kSelection, "SelectFdr", kTransforms, SelectFdr},
      {kSelection, "SelectFpr", kTransforms, SelectFpr},
      {kSelection, "SelectFwe", kTransforms, SelectFwe},
      {kSelection, "SelectFromModel", kTransforms, SelectFromModel, JudgingEstimator},
      {kSelection, "SelectKBest", kTransforms, SelectKBest},
      {kSelection, "SelectPercentile", kTransforms, SelectPercentile},
      {kSelection, "SequentialFeatureSelector", kTransforms, SequentialSelection},
      {kSelection, "VarianceThreshold", kTransforms, VarianceThreshold},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
