#include "train/linear/linear_svm.h"

#include <fmt/format.h>
#include <Eigen/Cholesky>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "train/algebra/columns.h"
#include "train/kinds.h"
#include "train/linear/row_blocks.h"
#include "train/linear/svm_dual.h"

namespace slipway::train {
namespace {

using Eigen::MatrixXd;
using Eigen::VectorXd;

/// One border or one tube: what is learnt of it.
struct Problem {
  const Samples& samples;
  const SvmOptions& options;
  bool tube;
  std::vector<double> targets;  // [rows]: ±1, or answers
  std::vector<double> costs;    // [rows]: c · weight

  size_t size() const { return samples.features.size() + (options.fit_intercept ? 1 : 0); }
};

/// The objective at some coefficients, its gradient and its second derivatives where it has them.
struct Quadratic {
  double value = 0;
  VectorXd gradient;
  MatrixXd hessian;  // its lower triangle
};

/// Scales of rows (0: the loss is 0) and what is left of their targets, both times √cost.
double ResidualsOf(const Problem& problem, size_t begin, size_t rows, const double* scores,
                   double* scales, double* residuals) {
  double loss = 0;
  for (size_t i = 0; i < rows; ++i) {
    const double target = problem.targets[begin + i];
    double left = scores[i] - target;
    bool counts = target * scores[i] < 1;
    if (problem.tube) {
      counts = std::fabs(left) > problem.options.epsilon;
      left -= std::copysign(problem.options.epsilon, left);
    }
    scales[i] = counts ? std::sqrt(problem.costs[begin + i]) : 0;
    residuals[i] = scales[i] * left;
    loss += residuals[i] * residuals[i];
  }
  return loss;
}

/// @param with_hessian  else the value alone.
Quadratic QuadraticAt(const Problem& problem, const VectorXd& at, bool with_hessian, Team& team) {
  const size_t count = problem.samples.features.size(), size = problem.size();
  const size_t columns = size + 1, block = BlockRows(columns);
  const auto add = [&](std::vector<double>& sums, size_t begin, size_t end) {
    const size_t rows = end - begin;
    thread_local std::vector<double> packed, scores, scales;
    packed.resize(columns * block);
    scores.assign(block, problem.options.fit_intercept ? at[static_cast<Eigen::Index>(count)] : 0);
    scales.resize(block);
    const double* values = problem.samples.values.data() + begin;
    AddScores({values, problem.samples.rows, count}, rows, at.data(), scores.data());
    double* residuals = &packed[size * block];
    sums.back() += ResidualsOf(problem, begin, rows, scores.data(), scales.data(), residuals);
    if (!with_hessian) return;
    for (size_t j = 0; j < count; ++j)
      Centre(values + j * problem.samples.rows, rows, 0, scales.data(), &packed[j * block]);
    if (problem.options.fit_intercept) std::copy_n(scales.data(), rows, &packed[count * block]);
    AddGram({packed.data(), block, columns}, rows, sums.data());
  };
  const std::vector<double> sums =
      SumOverRows(team, problem.samples.rows, block, columns * columns + 1, add);
  const Eigen::Map<const MatrixXd> products(sums.data(), static_cast<Eigen::Index>(columns),
                                            static_cast<Eigen::Index>(columns));
  Quadratic quadratic;
  quadratic.value = at.squaredNorm() / 2 + sums.back();
  const auto n = static_cast<Eigen::Index>(size);
  quadratic.gradient = at + 2 * products.row(n).head(n).transpose();
  quadratic.hessian = 2 * products.topLeftCorner(n, n);
  quadratic.hessian.diagonal().array() += 1;
  return quadratic;
}

struct Solved {
  std::vector<double> coefficients;
  int64_t iterations = 0;
};

/// Newton's method: the loss is quadratic as long as the same rows count.
StatusOr<Solved> SolveNewton(const Problem& problem, Team& team, const SvmReport& report) {
  VectorXd at = VectorXd::Zero(static_cast<Eigen::Index>(problem.size()));
  Quadratic quadratic = QuadraticAt(problem, at, true, team);
  const double first = quadratic.gradient.norm();
  Solved solved;
  while (solved.iterations < problem.options.max_iterations) {
    if (!std::isfinite(quadratic.value) || !quadratic.gradient.allFinite()) return DivergedError();
    if (quadratic.gradient.norm() <= problem.options.tolerance * 1e-2 * first) break;
    const VectorXd step =
        quadratic.hessian.selfadjointView<Eigen::Lower>().llt().solve(-quadratic.gradient);
    const double slope = step.dot(quadratic.gradient);
    double length = 1;
    constexpr double kEnoughFall = 1e-4, kShortest = 1e-10;
    while (length > kShortest && QuadraticAt(problem, at + length * step, false, team).value >
                                     quadratic.value + kEnoughFall * length * slope)
      length /= 2;
    if (length <= kShortest) break;  // no lower place that numbers can tell
    at += length * step;
    quadratic = QuadraticAt(problem, at, true, team);
    if (!report(++solved.iterations, quadratic.gradient.norm())) break;
  }
  solved.coefficients.assign(at.begin(), at.end());
  return solved;
}

/// @param k  the class against the rest; of two classes the second.
Problem ProblemOf(const Samples& samples, const Classes* classes, size_t k,
                  const SvmOptions& options) {
  Problem problem{samples, options, classes == nullptr, {}, {}};
  problem.targets.resize(samples.rows);
  problem.costs.resize(samples.rows);
  for (size_t row = 0; row < samples.rows; ++row) {
    problem.costs[row] = options.c * samples.weight(row);
    problem.targets[row] = problem.tube ? samples.target.values[row]
                           : classes->places[samples.target.classes[row]] == static_cast<int32_t>(k)
                               ? 1.0
                               : -1.0;
  }
  return problem;
}

}  // namespace

StatusOr<SvmFit> FitLinearSvm(const Samples& samples, const Classes* classes,
                              const SvmOptions& options, const FitOptions& fit_options) {
  constexpr size_t kMostFeatures = 500;  // more make second derivatives dearer than walks over rows
  RETURN_IF_ERROR(TotalWeight(samples).status());
  const size_t outputs = classes == nullptr || classes->count() == 2 ? 1 : classes->count();
  const size_t count = samples.features.size();
  const bool newton = options.squared && count <= kMostFeatures;
  const std::optional<SvmRows> rows =
      newton ? std::nullopt : std::optional<SvmRows>(std::in_place, samples, options.fit_intercept);
  SvmFit fit;
  fit.model.features = count;
  int64_t iterations = 0;
  bool stopped = false;
  for (size_t k = 0; k < outputs; ++k) {
    const Problem problem = ProblemOf(samples, classes, outputs == 1 ? 1 : k, options);
    const SvmReport report = [&](int64_t iteration, double violation) {
      ++iterations;
      if (fit_options.watch == nullptr) return true;
      const double within =
          static_cast<double>(iteration) / static_cast<double>(options.max_iterations);
      stopped = !fit_options.watch->Report(
          {.share = (static_cast<double>(k) + within) / static_cast<double>(outputs),
           .iteration = iterations,
           .metric = "violation",
           .training = violation,
           .validation = std::numeric_limits<double>::quiet_NaN()});
      return !stopped;
    };
    std::vector<double> coefficients;
    if (newton) {
      ASSIGN_OR_RETURN(Solved solved, SolveNewton(problem, *fit_options.team, report));
      coefficients = std::move(solved.coefficients);
    } else {
      coefficients =
          DescendDual(*rows, problem.targets, problem.costs, problem.tube, options, report);
    }
    fit.model.weights.insert(fit.model.weights.end(), coefficients.begin(),
                             coefficients.begin() + static_cast<std::ptrdiff_t>(count));
    fit.model.intercepts.push_back(options.fit_intercept ? coefficients[count] : 0);
    if (stopped && classes != nullptr && k + 1 < outputs)
      return Error(Reason::kCancelled,
                   "linear-svm: stopped before each class had its border ({} of {})", k + 1,
                   outputs);
  }
  RETURN_IF_ERROR(CheckConverged(fit.model));
  fit.summary = fmt::format("{}, {} iterations{}", newton ? "Newton" : "dual coordinate descent",
                            iterations, stopped ? ", stopped" : "");
  return fit;
}

namespace {

using Type = ParameterSpec::Type;

StatusOr<std::unique_ptr<Fitted>> FitLinearSvm(const Samples& samples, const Parameters& parameters,
                                               const FitOptions& fit_options) {
  const bool regression = samples.target.task == data::Task::kRegression;
  const std::string& loss = parameters.Word("loss");
  const SvmOptions options = {.c = parameters.Number("C"),
                              .squared = loss == "squared" || (loss == "auto" && !regression),
                              .epsilon = parameters.Number("epsilon"),
                              .fit_intercept = parameters.Flag("fit_intercept"),
                              .tolerance = parameters.Number("tol"),
                              .max_iterations = parameters.Count("max_iter"),
                              .seed = fit_options.seed};
  if (regression) {
    ASSIGN_OR_RETURN(SvmFit fit, FitLinearSvm(samples, nullptr, options, fit_options));
    return MakeRegressor(std::move(fit.model), std::move(fit.summary));
  }
  ASSIGN_OR_RETURN(Classes classes, OccurringClasses(samples));
  ASSIGN_OR_RETURN(SvmFit fit, FitLinearSvm(samples, &classes, options, fit_options));
  return MakeClassifier(std::move(fit.model), std::move(classes), Link::kNone,
                        std::move(fit.summary));
}

}  // namespace

const EstimatorKind kLinearSvm = {
    .name = "linear-svm",
    .summary = "Linear support vector machine: classes without probabilities, or numbers.",
    .regresses = true,
    .classifies = true,
    .needs = {.wants_scaling = true},
    .parameters = {{.name = "C",
                    .otherwise = 1,
                    .min = 1e-12,
                    .max = 1e12,
                    .help = "Weight of the losses against the penalty."},
                   {.name = "loss",
                    .type = Type::kWord,
                    .words = {"auto", "squared", "linear"},
                    .help = "What the margin or the tube lacks counts so; auto: squared for a "
                            "classification, linear for a regression."},
                   {.name = "epsilon",
                    .otherwise = 0,
                    .min = 0,
                    .max = 1e300,
                    .help = "Regression: errors up to this are none."},
                   {.name = "tol",
                    .otherwise = 1e-4,
                    .min = 0,
                    .max = 1,
                    .help = "Done once optimality is violated by no more."},
                   {.name = "max_iter",
                    .type = Type::kCount,
                    .otherwise = 1000,
                    .min = 1,
                    .max = 1e9,
                    .help = "Iterations at most."},
                   FitInterceptParameter()},
    .search = {{"C", {"0.001", "0.01", "0.1", "1", "10", "100"}}},
    .fit = FitLinearSvm};

}  // namespace slipway::train
