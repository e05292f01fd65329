#include "train/linear/coordinate_descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "train/kinds.h"
#include "train/linear/moments.h"

namespace slipway::train {
namespace {

/// What is left of the target, known by its products with the columns: O(features) a step.
class ProductResidual {
 public:
  ProductResidual(Team& team, const Samples& samples, const Means& means)
      : count_(samples.features.size()), products_(CentredProducts(team, samples, means)) {
    const double* target = &products_[count_ * (count_ + 1)];
    with_target_.assign(target, target + count_);
    correlations_ = with_target_;
  }

  double Square(size_t feature) const { return products_[feature * (count_ + 2)]; }
  double TargetSquare() const { return Square(count_); }
  double Correlation(size_t feature) const { return correlations_[feature]; }
  void Move(size_t feature, double by) {
    const double less = -by;
    AddScores({&products_[feature * (count_ + 1)], 0, 1}, count_, &less, correlations_.data());
  }
  /// r·y. r·r is that less b·Xᵀr.
  double TimesTarget(const std::vector<double>& coefficients) const {
    return TargetSquare() -
           std::inner_product(coefficients.begin(), coefficients.end(), with_target_.begin(), 0.0);
  }

 private:
  const size_t count_;
  const std::vector<double> products_;  // [features + 1][features + 1]
  std::vector<double> with_target_, correlations_;
};

/// What is left of the target, row by row: O(rows) a step.
class RowResidual {
 public:
  RowResidual(const Samples& samples, const Means& means)
      : rows_(samples.rows), columns_((samples.features.size() + 1) * samples.rows) {
    CentreRows(samples, means, 0, rows_, columns_.data(), rows_);
    const double* target = &columns_[samples.features.size() * rows_];
    residual_.assign(target, target + rows_);
    target_ = residual_;
    for (size_t j = 0; j < samples.features.size(); ++j)
      squares_.push_back(Dot(&columns_[j * rows_], &columns_[j * rows_]));
  }

  double Square(size_t feature) const { return squares_[feature]; }
  double TargetSquare() const { return Dot(target_.data(), target_.data()); }
  double Correlation(size_t feature) const {
    return Dot(&columns_[feature * rows_], residual_.data());
  }
  void Move(size_t feature, double by) {
    const double less = -by;
    AddScores({&columns_[feature * rows_], 0, 1}, rows_, &less, residual_.data());
  }
  double TimesTarget(const std::vector<double>&) const {
    return Dot(target_.data(), residual_.data());
  }

 private:
  double Dot(const double* a, const double* b) const {
    double dot = 0;
    AddProducts({a, 0, 1}, {b, 0, 1}, rows_, &dot);
    return dot;
  }

  const size_t rows_;
  std::vector<double> columns_;  // [features + 1][rows]
  std::vector<double> target_, residual_, squares_;
};

struct Penalty {
  double l1, l2;
};

/// How far the coefficients can at most be from the least objective, and r·r.
struct Gap {
  double gap, squares;
};
template <typename Residual>
Gap GapOf(const Residual& residual, const Penalty& penalty, const std::vector<double>& b) {
  double steepest = 0, sizes = 0, lengths = 0, along = 0;
  for (size_t j = 0; j < b.size(); ++j) {
    const double correlation = residual.Correlation(j);
    steepest = std::max(steepest, std::fabs(correlation - penalty.l2 * b[j]));
    sizes += std::fabs(b[j]);
    lengths += b[j] * b[j];
    along += b[j] * correlation;
  }
  const double times_target = residual.TimesTarget(b);
  const double squares = std::max(times_target - along, 0.0);
  const double shrink = steepest > penalty.l1 ? penalty.l1 / steepest : 1;
  const double both = (1 + shrink * shrink) / 2;
  return {both * squares + penalty.l1 * sizes - shrink * times_target + both * penalty.l2 * lengths,
          squares};
}

/// One round over the coefficients. @return the largest change as a share of the largest of them.
template <typename Residual>
double Sweep(Residual& residual, const Penalty& penalty, const std::vector<bool>& constant,
             std::vector<double>& b) {
  double largest = 0, change = 0;
  for (size_t j = 0; j < b.size(); ++j) {
    if (constant[j]) continue;
    const double square = residual.Square(j);
    const double alone = residual.Correlation(j) + b[j] * square;
    const double next =
        std::copysign(std::max(std::fabs(alone) - penalty.l1, 0.0), alone) / (square + penalty.l2);
    const double by = next - b[j];
    if (by != 0) residual.Move(j, by);
    b[j] = next;
    largest = std::max(largest, std::fabs(next));
    change = std::max(change, std::fabs(by));
  }
  return largest > 0 ? change / largest : 0;
}

/// @param b  the coefficients: zeros, overwritten. @return a sentence on how it went.
template <typename Residual>
std::string Descend(Residual residual, const Means& means, const ElasticNetOptions& options,
                    Watch* watch, std::vector<double>& b) {
  const Penalty penalty = {options.alpha * options.l1_ratio * means.weight,
                           options.alpha * (1 - options.l1_ratio) * means.weight};
  const double allowed = options.tolerance * residual.TargetSquare();
  std::vector<bool> constant;
  for (size_t j = 0; j < b.size(); ++j)
    constant.push_back(IsConstant(means, j, residual.Square(j)));
  std::string_view end = "not converged: the most allowed";
  int64_t iteration = 0;
  while (iteration < options.max_iterations) {
    const double change = Sweep(residual, penalty, constant, b);
    ++iteration;
    if (change > options.tolerance && watch == nullptr) continue;
    const Gap gap = GapOf(residual, penalty, b);
    if (change <= options.tolerance && gap.gap <= allowed) {
      end = "converged";
      break;
    }
    if (watch != nullptr &&
        !watch->Report(
            {.share = static_cast<double>(iteration) / static_cast<double>(options.max_iterations),
             .iteration = iteration,
             .metric = "squared error",
             .training = gap.squares / means.weight,
             .validation = std::numeric_limits<double>::quiet_NaN()})) {
      end = "stopped";
      break;
    }
  }
  const auto used = std::count_if(b.begin(), b.end(), [](double value) { return value != 0; });
  return fmt::format("{} of {} features used, {} iterations, {}", used, b.size(), iteration, end);
}

}  // namespace

StatusOr<ElasticNetFit> FitElasticNet(const Samples& samples, const ElasticNetOptions& options,
                                      const FitOptions& fit_options) {
  constexpr size_t kMostProducts = 1000;  // features: more cost more than sweeps over rows
  ASSIGN_OR_RETURN(const Means means, MeansOf(*fit_options.team, samples, options.fit_intercept));
  const size_t count = samples.features.size();
  std::vector<double> coefficients(count, 0);
  ElasticNetFit fit;
  if (count <= samples.rows && count <= kMostProducts) {
    fit.summary = Descend(ProductResidual(*fit_options.team, samples, means), means, options,
                          fit_options.watch, coefficients);
  } else {
    fit.summary =
        Descend(RowResidual(samples, means), means, options, fit_options.watch, coefficients);
  }
  fit.model = UncentredModel(std::move(coefficients), means);
  RETURN_IF_ERROR(CheckConverged(fit.model));
  return fit;
}

namespace {

StatusOr<std::unique_ptr<Fitted>> Fit(const Samples& samples, const Parameters& parameters,
                                      double l1_ratio, const FitOptions& fit_options) {
  const ElasticNetOptions options = {.alpha = parameters.Number("alpha"),
                                     .l1_ratio = l1_ratio,
                                     .fit_intercept = parameters.Flag("fit_intercept"),
                                     .tolerance = parameters.Number("tol"),
                                     .max_iterations = parameters.Count("max_iter")};
  ASSIGN_OR_RETURN(ElasticNetFit fit, FitElasticNet(samples, options, fit_options));
  return MakeRegressor(std::move(fit.model), std::move(fit.summary));
}

std::vector<ParameterSpec> SharedParameters() {
  return {{.name = "alpha",
           .otherwise = 1,
           .min = 1e-12,
           .max = 1e300,
           .help = "Weight of the penalty."},
          {.name = "tol",
           .otherwise = 1e-4,
           .min = 0,
           .max = 1,
           .help = "Done once the duality gap is this share of the target's squares."},
          {.name = "max_iter",
           .type = ParameterSpec::Type::kCount,
           .otherwise = 1000,
           .min = 1,
           .max = 1e9,
           .help = "Rounds over the coefficients at most."},
          FitInterceptParameter()};
}

std::vector<ParameterSpec> ElasticNetParameters() {
  std::vector<ParameterSpec> parameters = SharedParameters();
  parameters.push_back({.name = "l1_ratio",
                        .otherwise = 0.5,
                        .min = 0,
                        .max = 1,
                        .help = "Share of the penalty on sizes; the rest is on squares."});
  return parameters;
}

}  // namespace

const EstimatorKind kLasso = {
    .name = "lasso",
    .summary = "Linear regression with a penalty that leaves features out.",
    .regresses = true,
    .needs = {.wants_scaling = true},
    .parameters = SharedParameters(),
    .search = {{"alpha", {"0.001", "0.01", "0.1", "1", "10"}}},
    .fit = [](const Samples& samples, const Parameters& parameters, const FitOptions& options) {
      return Fit(samples, parameters, 1, options);
    }};

const EstimatorKind kElasticNet = {
    .name = "elastic-net",
    .summary = "Linear regression with penalties on sizes and squares of the coefficients.",
    .regresses = true,
    .needs = {.wants_scaling = true},
    .parameters = ElasticNetParameters(),
    .search = {{"alpha", {"0.001", "0.01", "0.1", "1", "10"}}, {"l1_ratio", {"0.1", "0.5", "0.9"}}},
    .fit = [](const Samples& samples, const Parameters& parameters, const FitOptions& options) {
      return Fit(samples, parameters, parameters.Number("l1_ratio"), options);
    }};

}  // namespace slipway::train
