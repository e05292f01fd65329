#include "train/linear/naive_bayes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "import/sklearn/operators.h"
#include "train/kinds.h"

namespace slipway::train {
namespace {

using Numbers = NaiveBayesOptions::Numbers;

/// The rows' classes and weights; rows of classes without weight have weight 0.
struct Rows {
  std::vector<int32_t> classes;
  std::vector<double> weights;   // empty: 1
  std::vector<double> of_class;  // sums of weights
};

Rows RowsOf(const Samples& samples, const Classes& classes) {
  Rows rows{std::vector<int32_t>(samples.rows), samples.weights,
            std::vector<double>(classes.count(), 0)};
  for (size_t row = 0; row < samples.rows; ++row) {
    rows.classes[row] = std::max(classes.places[samples.target.classes[row]], 0);
    rows.of_class[rows.classes[row]] += samples.weight(row);
  }
  return rows;
}

/// By class, the weighted sum of value(row). Four sums take turns: one would wait for itself.
template <typename Value>
std::vector<double> SumByClass(const Rows& rows, const Value& value) {
  constexpr size_t kTurns = 4;
  const size_t count = rows.of_class.size();
  std::vector<double> sums(kTurns * count, 0);
  for (size_t row = 0; row < rows.classes.size(); ++row) {
    const double weight = rows.weights.empty() ? 1 : rows.weights[row];
    sums[row % kTurns * count + static_cast<size_t>(rows.classes[row])] += weight * value(row);
  }
  for (size_t turn = 1; turn < kTurns; ++turn)
    for (size_t k = 0; k < count; ++k) sums[k] += sums[turn * count + k];
  sums.resize(count);
  return sums;
}

/// Of a column, not of its classes; rows count alike.
double VarianceOf(std::span<const double> column) {
  double mean = 0, squares = 0;
  for (const double x : column) mean += x;
  mean /= static_cast<double>(column.size());
  for (const double x : column) squares += (x - mean) * (x - mean);
  return squares / static_cast<double>(column.size());
}

void FitGaussian(const Samples& samples, const Rows& rows, const NaiveBayesOptions& options,
                 Team& team, NaiveBayesModel& model) {
  const size_t count = model.numbers.size(), classes = rows.of_class.size();
  std::vector<double> whole(count);
  model.means.resize(classes * count);
  model.variances.resize(classes * count);
  team.ForEach(count, [&](size_t i) {
    const auto column = samples.column(static_cast<size_t>(model.numbers[i]));
    whole[i] = VarianceOf(column);
    std::vector<double> means = SumByClass(rows, [&](size_t row) { return column[row]; });
    for (size_t k = 0; k < classes; ++k) means[k] /= rows.of_class[k];
    const std::vector<double> squares = SumByClass(rows, [&](size_t row) {
      const double difference = column[row] - means[static_cast<size_t>(rows.classes[row])];
      return difference * difference;
    });
    for (size_t k = 0; k < classes; ++k) {
      model.means[k * count + i] = means[k];
      model.variances[k * count + i] = squares[k] / rows.of_class[k];
    }
  });
  const double added =
      options.var_smoothing * (count > 0 ? *std::max_element(whole.begin(), whole.end()) : 0);
  for (size_t i = 0; i < model.variances.size(); ++i) {
    double& variance = model.variances[i];
    variance += added;
    const double rounding = 8 * std::numeric_limits<double>::epsilon() * model.means[i];
    if (variance <= rounding * rounding) variance = 1;  // all columns are constant: nothing is said
  }
}

/// ln p and ln (1 − p) of being above the threshold, as a slope and an addition to the prior.
void FitBernoulli(const Samples& samples, const Rows& rows, const NaiveBayesOptions& options,
                  NaiveBayesModel& model) {
  const size_t count = model.numbers.size(), classes = rows.of_class.size();
  model.binarize = options.binarize;
  model.slopes.resize(classes * count);
  for (size_t i = 0; i < count; ++i) {
    const auto column = samples.column(static_cast<size_t>(model.numbers[i]));
    const std::vector<double> above =
        SumByClass(rows, [&](size_t row) { return column[row] > options.binarize ? 1.0 : 0.0; });
    for (size_t k = 0; k < classes; ++k) {
      const double all = rows.of_class[k] + 2 * options.alpha;
      const double absent = std::log((all - above[k] - options.alpha) / all);
      model.slopes[k * count + i] = std::log((above[k] + options.alpha) / all) - absent;
      model.priors[k] += absent;
    }
  }
}

Status FitMultinomial(const Samples& samples, const Rows& rows, const NaiveBayesOptions& options,
                      NaiveBayesModel& model) {
  const size_t count = model.numbers.size(), classes = rows.of_class.size();
  model.slopes.resize(classes * count);
  std::vector<double> totals(classes, options.alpha * static_cast<double>(count));
  for (size_t i = 0; i < count; ++i) {
    const auto feature = static_cast<size_t>(model.numbers[i]);
    const auto column = samples.column(feature);
    const auto least = std::min_element(column.begin(), column.end());
    if (*least < 0)
      return Error(Reason::kBadRequest,
                   "feature {}, row {}: multinomial naive Bayes expects counts, got {}",
                   samples.features[feature].name,
                   samples.number(static_cast<size_t>(least - column.begin())), *least);
    const std::vector<double> sums = SumByClass(rows, [&](size_t row) { return column[row]; });
    for (size_t k = 0; k < classes; ++k) {
      totals[k] += sums[k];
      model.slopes[k * count + i] = std::log(sums[k] + options.alpha);
    }
  }
  for (size_t k = 0; k < classes; ++k)
    for (size_t i = 0; i < count; ++i) model.slopes[k * count + i] -= std::log(totals[k]);
  return OkStatus();
}

/// [categories][classes]: the logarithms of the shares of a feature's categories.
std::vector<double> LogsOfCategories(const Samples& samples, size_t feature, const Rows& rows,
                                     double alpha) {
  const auto categories = static_cast<size_t>(samples.features[feature].categories);
  const size_t classes = rows.of_class.size();
  const auto column = samples.column(feature);
  std::vector<double> counts(categories * classes, alpha);
  std::vector<double> totals(classes, alpha * static_cast<double>(categories));
  for (size_t row = 0; row < samples.rows; ++row) {
    if (std::isnan(column[row])) continue;
    const auto k = static_cast<size_t>(rows.classes[row]);
    counts[static_cast<size_t>(column[row]) * classes + k] += samples.weight(row);
    totals[k] += samples.weight(row);
  }
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = std::log(counts[i] / totals[i % classes]);
  return counts;
}

}  // namespace

StatusOr<NaiveBayesModel> FitNaiveBayes(const Samples& samples, const NaiveBayesOptions& options,
                                        Team& team) {
  ASSIGN_OR_RETURN(const double total, TotalWeight(samples));
  NaiveBayesModel model;
  ASSIGN_OR_RETURN(model.classes, OccurringClasses(samples));
  const Rows rows = RowsOf(samples, model.classes);
  for (const double weight : rows.of_class) model.priors.push_back(std::log(weight / total));
  for (size_t j = 0; j < samples.features.size(); ++j)
    (samples.features[j].categories > 0 ? model.categorical : model.numbers)
        .push_back(static_cast<int64_t>(j));
  switch (options.numbers) {
    case Numbers::kGaussian:
      FitGaussian(samples, rows, options, team, model);
      break;
    case Numbers::kBernoulli:
      FitBernoulli(samples, rows, options, model);
      break;
    case Numbers::kMultinomial:
      RETURN_IF_ERROR(FitMultinomial(samples, rows, options, model));
      break;
  }
  for (const int64_t feature : model.categorical)
    model.logs.push_back(
        LogsOfCategories(samples, static_cast<size_t>(feature), rows, options.alpha));
  return model;
}

namespace {

namespace operators = importing::sklearn;
using importing::Graph;
using importing::Matrix;

/// What the numbers say, [n, classes], and the priors.
Matrix NumbersJoint(Graph& graph, const Matrix& features, const NaiveBayesModel& model) {
  Matrix x = graph.Select(features, model.numbers);
  if (model.slopes.empty())
    return operators::GaussianJoint(graph, x, model.means, model.variances, model.priors);
  if (model.binarize) {
    const std::string above =
        graph.Add("Greater", {x.value, graph.Scalar<double>(*model.binarize)});
    x = graph.CastTo({above, DType::kBool, x.columns}, DType::kFp64);
  }
  const auto classes = static_cast<int64_t>(model.classes.count());
  return operators::Affine(graph, x, operators::Transposed(model.slopes, classes, x.columns),
                           model.priors);
}

/// What the categories say, [n, classes]: nothing where they are missing or new.
Matrix CategoriesJoint(Graph& graph, const Matrix& features, const NaiveBayesModel& model) {
  const auto classes = static_cast<int64_t>(model.classes.count());
  const Matrix x = graph.Select(features, model.categorical);
  std::vector<double> table, first, highest;
  for (const std::vector<double>& logs : model.logs) {
    first.push_back(static_cast<double>(table.size()) / static_cast<double>(classes));
    highest.push_back(static_cast<double>(logs.size()) / static_cast<double>(classes) - 1);
    table.insert(table.end(), logs.begin(), logs.end());
  }
  table.insert(table.end(), static_cast<size_t>(classes), 0);
  const auto last = static_cast<int64_t>(table.size()) / classes - 1;
  const auto row = [&](const std::vector<double>& values) {
    return graph.Constant<double>({x.columns}, values);
  };
  const std::string known =
      graph.Add("And", {graph.Add("GreaterOrEqual", {x.value, graph.Scalar<double>(0)}),
                        graph.Add("LessOrEqual", {x.value, row(highest)})});
  const std::string place = graph.Add("Where", {known, graph.Add("Add", {x.value, row(first)}),
                                                graph.Scalar<double>(static_cast<double>(last))});
  const Matrix index = graph.CastTo({place, DType::kFp64, x.columns}, DType::kInt64);
  const std::string logs =
      graph.Add("Gather", {graph.Constant<double>({last + 1, classes}, table), index.value});
  const std::string axis = graph.Constant<int64_t>({1}, std::vector<int64_t>{1});
  return {graph.Add("ReduceSum", {logs, axis}, {{"keepdims", 0}}), DType::kFp64, classes};
}

class NaiveBayes : public Fitted {
 public:
  explicit NaiveBayes(NaiveBayesModel model) : model_(std::move(model)) {}

  StatusOr<importing::Predictions> Write(Graph& graph, const Matrix& features) const override {
    const Matrix joint = WriteJoint(graph, features, model_);
    return OverLabels(graph, model_.classes, operators::ArgMax(graph, joint),
                      operators::Softmax(graph, joint));
  }
  std::string Summary() const override {
    return fmt::format("{} classes, {} numbers, {} categories", model_.classes.count(),
                       model_.numbers.size(), model_.categorical.size());
  }

 private:
  const NaiveBayesModel model_;
};

StatusOr<std::unique_ptr<Fitted>> FitNaiveBayes(const Samples& samples,
                                                const Parameters& parameters,
                                                const FitOptions& fit_options) {
  const std::string& numbers = parameters.Word("numbers");
  const NaiveBayesOptions options = {.numbers = numbers == "gaussian"    ? Numbers::kGaussian
                                                : numbers == "bernoulli" ? Numbers::kBernoulli
                                                                         : Numbers::kMultinomial,
                                     .var_smoothing = parameters.Number("var_smoothing"),
                                     .alpha = parameters.Number("alpha"),
                                     .binarize = parameters.Number("binarize")};
  ASSIGN_OR_RETURN(NaiveBayesModel model, FitNaiveBayes(samples, options, *fit_options.team));
  return std::make_unique<NaiveBayes>(std::move(model));
}

}  // namespace

Matrix WriteJoint(Graph& graph, const Matrix& features, const NaiveBayesModel& model) {
  if (model.categorical.empty()) return NumbersJoint(graph, features, model);
  const Matrix categories = CategoriesJoint(graph, features, model);
  if (model.numbers.empty()) return operators::MapWith(graph, "Add", categories, model.priors);
  const Matrix numbers = NumbersJoint(graph, features, model);
  return {graph.Add("Add", {numbers.value, categories.value}), DType::kFp64, numbers.columns};
}

const EstimatorKind kNaiveBayes = {
    .name = "naive-bayes",
    .summary = "Classes by Bayes' rule, as if features were independent of each other.",
    .classifies = true,
    .needs = {.takes_categories = true},
    .parameters =
        {{.name = "numbers",
          .type = ParameterSpec::Type::kWord,
          .words = {"gaussian", "bernoulli", "multinomial"},
          .help = "What numbers are drawn from: a normal distribution, being above `binarize` or "
                  "not, or counts."},
         {.name = "var_smoothing",
          .otherwise = 1e-9,
          .min = 0,
          .max = 1,
          .help = "gaussian: the share of the largest variance that is added to all."},
         {.name = "alpha",
          .otherwise = 1,
          .min = 1e-10,
          .max = 1e6,
          .help = "Added to the counts of categories, and of bernoulli and multinomial."},
         {.name = "binarize",
          .otherwise = 0,
          .min = -1e300,
          .max = 1e300,
          .help = "bernoulli: numbers above are ones."}},
    .search = {{"var_smoothing", {"1e-9", "1e-6", "1e-3"}}},
    .fit = FitNaiveBayes};

}  // namespace slipway::train
