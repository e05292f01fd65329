// Naive Bayes: log priors plus log likelihoods, column by column.

#include <cmath>
#include <limits>

#include "import/sklearn/members.h"
#include "import/sklearn/operators.h"
#include "import/sklearn/registry.h"

namespace slipway::importing::sklearn {
namespace {

/// Classes by their joint log likelihoods [n, classes].
Outputs MostLikely(Graph& graph, Labels classes, const Matrix& joint) {
  Outputs outputs;
  outputs.classes = std::move(classes);
  outputs.label = ArgMax(graph, joint);
  outputs.proba = Softmax(graph, joint);
  return outputs;
}

/// The classes, and with them the numbers of class_log_prior_.
struct Prior {
  Labels classes;
  std::vector<double> logs;
};

StatusOr<Prior> ReadPrior(const State& state) {
  Prior prior;
  ASSIGN_OR_RETURN(prior.classes, state.LabelArray("classes_"));
  ASSIGN_OR_RETURN(prior.logs, state.Vector("class_log_prior_", prior.classes.size()));
  return prior;
}

StatusOr<Outputs> GaussianNB(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Labels classes, state.LabelArray("classes_"));
  const int64_t count = classes.size();
  ASSIGN_OR_RETURN(const Dense mean, state.Rows("theta_", count, x.columns));
  // sigma_ before scikit-learn 1.0
  ASSIGN_OR_RETURN(const Dense variance,
                   state.Rows(state.Has("var_") ? "var_" : "sigma_", count, x.columns));
  ASSIGN_OR_RETURN(std::vector<double> priors, state.Vector("class_prior_", count));
  for (double& prior : priors) prior = std::log(prior);
  const Matrix joint = GaussianJoint(graph, x, mean.values, variance.values, std::move(priors));
  return MostLikely(graph, std::move(classes), joint);
}

StatusOr<Outputs> MultinomialNB(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Prior prior, ReadPrior(state));
  const int64_t count = prior.classes.size();
  ASSIGN_OR_RETURN(const Dense logs, state.Rows("feature_log_prob_", count, x.columns));
  const Matrix joint = Affine(graph, x, Transposed(logs.values, count, x.columns), prior.logs);
  return MostLikely(graph, std::move(prior.classes), joint);
}

/// The prior counts only where there is nothing to choose.
StatusOr<Outputs> ComplementNB(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Prior prior, ReadPrior(state));
  const int64_t count = prior.classes.size();
  ASSIGN_OR_RETURN(const Dense logs, state.Rows("feature_log_prob_", count, x.columns));
  if (count > 1) prior.logs.assign(prior.logs.size(), 0);
  const Matrix joint = Affine(graph, x, Transposed(logs.values, count, x.columns), prior.logs);
  return MostLikely(graph, std::move(prior.classes), joint);
}

StatusOr<Outputs> BernoulliNB(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Prior prior, ReadPrior(state));
  const int64_t count = prior.classes.size();
  ASSIGN_OR_RETURN(Dense logs, state.Rows("feature_log_prob_", count, x.columns));
  if (state.Has("binarize")) {
    ASSIGN_OR_RETURN(const double threshold, state.Number("binarize"));
    const std::string above = graph.Add("Greater", {x.value, graph.Scalar<double>(threshold)});
    x = graph.CastTo({above, DType::kBool, x.columns}, DType::kFp64);
  }
  // log p for what is there, log(1 − p) for what is not
  for (int64_t k = 0; k < count; ++k)
    for (int64_t i = 0; i < x.columns; ++i) {
      double& log = logs.values[k * x.columns + i];
      const double absent = std::log(1 - std::exp(log));
      log -= absent;
      prior.logs[k] += absent;
    }
  const Matrix joint = Affine(graph, x, Transposed(logs.values, count, x.columns), prior.logs);
  return MostLikely(graph, std::move(prior.classes), joint);
}

/// The tables of all columns below one another, a row for each category.
struct CategoryTables {
  std::vector<double> rows;     // [categories + 1][classes]; the last is NaN
  std::vector<double> first;    // by column: its first row
  std::vector<double> highest;  // by column: its highest category
};

StatusOr<CategoryTables> ReadCategoryTables(const State& state, int64_t columns, int64_t classes) {
  CategoryTables tables;
  ASSIGN_OR_RETURN(const auto arrays, Elements(state, "feature_log_prob_"));
  if (static_cast<int64_t>(arrays.size()) != columns)
    return state.Bad("feature_log_prob_: expected {} arrays, got {}", columns, arrays.size());
  for (size_t i = 0; i < arrays.size(); ++i) {
    ASSIGN_OR_RETURN(
        const Dense logs,
        state.ArrayAt(arrays[i], fmt::format("feature_log_prob_[{}]", i), {classes, -1}));
    tables.first.push_back(static_cast<double>(tables.rows.size()) / static_cast<double>(classes));
    tables.highest.push_back(static_cast<double>(logs.columns() - 1));
    const std::vector<double> rows = Transposed(logs.values, classes, logs.columns());
    tables.rows.insert(tables.rows.end(), rows.begin(), rows.end());
  }
  tables.rows.insert(tables.rows.end(), static_cast<size_t>(classes),
                     std::numeric_limits<double>::quiet_NaN());
  return tables;
}

/// Where scikit-learn refuses a category that it has not seen, the answers are NaN.
StatusOr<Outputs> CategoricalNB(Writer& writer, const State& state, const Table& table) {
  Graph& graph = writer.graph();
  ASSIGN_OR_RETURN(const Matrix x, table.Numbers(graph, state.Title()));
  ASSIGN_OR_RETURN(Prior prior, ReadPrior(state));
  const int64_t count = prior.classes.size();
  ASSIGN_OR_RETURN(const CategoryTables tables, ReadCategoryTables(state, x.columns, count));
  const auto row = [&](const std::vector<double>& values) {
    return graph.Constant<double>({x.columns}, values);
  };
  const auto last = static_cast<int64_t>(tables.rows.size()) / count - 1;
  const std::string category = graph.Add("Floor", {x.value});
  const std::string known =
      graph.Add("And", {graph.Add("GreaterOrEqual", {category, graph.Scalar<double>(0)}),
                        graph.Add("LessOrEqual", {category, row(tables.highest)})});
  const std::string place =
      graph.Add("Where", {known, graph.Add("Add", {category, row(tables.first)}),
                          graph.Scalar<double>(static_cast<double>(last))});
  const Matrix index = graph.CastTo({place, DType::kFp64, x.columns}, DType::kInt64);
  const std::string logs =
      graph.Add("Gather", {graph.Constant<double>({last + 1, count}, tables.rows), index.value});
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  const Matrix sum = {graph.Add("ReduceSum", {logs, axis}, {{"keepdims", 0}}), DType::kFp64, count};
  return MostLikely(graph, std::move(prior.classes), MapWith(graph, "Add", sum, prior.logs));
}

}  // namespace

std::span<const Estimator> NaiveBayes() {
  constexpr std::string_view kNaiveBayes = "sklearn.naive_bayes";
  constexpr EstimatorKind kClassifies = EstimatorKind::kClassifier;
  static constexpr Estimator kRows[] = {
      {kNaiveBayes, "BernoulliNB", kClassifies, BernoulliNB},
      {kNaiveBayes, "CategoricalNB", kClassifies, CategoricalNB},
      {kNaiveBayes, "ComplementNB", kClassifies, ComplementNB},
      {kNaiveBayes, "GaussianNB", kClassifies, GaussianNB},
      {kNaiveBayes, "MultinomialNB", kClassifies, MultinomialNB},
  };
  return kRows;
}

}  // namespace slipway::importing::sklearn
