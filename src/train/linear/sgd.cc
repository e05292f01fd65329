// The kind `sgd`: linear models by gradient descent.

#include <utility>

#include "train/kinds.h"
#include "train/linear/gradient_descent.h"

namespace slipway::train {
namespace {

using Optimiser = DescentOptions::Optimiser;
using Schedule = DescentOptions::Schedule;

/// @return kBadRequest when the loss is none for the task.
StatusOr<DescentLoss> LossOf(const std::string& word, data::Task task) {
  const bool regression = task == data::Task::kRegression;
  if (word == "auto") return regression ? DescentLoss::kSquared : DescentLoss::kLog;
  if (regression && word == "squared") return DescentLoss::kSquared;
  if (regression && word == "huber") return DescentLoss::kHuber;
  if (!regression && word == "log") return DescentLoss::kLog;
  if (!regression && word == "hinge") return DescentLoss::kHinge;
  return Error(Reason::kBadRequest, "parameter loss: expected {} for a {}, got \"{}\"",
               regression ? "squared or huber" : "log or hinge",
               regression ? "regression" : "classification", word);
}

/// By default, what was best of what was tried on scaled features: a classification takes long
/// steps and shortens them, a regression's are limited by the squares of the features.
void SetRate(const Parameters& parameters, data::Task task, DescentOptions& options) {
  const bool regression = task == data::Task::kRegression;
  const std::string& schedule = parameters.Word("learning_rate");
  options.schedule = schedule == "auto" && regression ? Schedule::kInverseScaling
                     : schedule == "auto"             ? Schedule::kAdaptive
                     : schedule == "constant"         ? Schedule::kConstant
                     : schedule == "invscaling"       ? Schedule::kInverseScaling
                     : schedule == "adaptive"         ? Schedule::kAdaptive
                                                      : Schedule::kCosine;
  options.eta0 = parameters.Number("eta0");
  const bool adam = options.optimiser == Optimiser::kAdam;
  if (options.eta0 == 0) options.eta0 = regression || adam ? 0.01 : 0.1;
  options.power = parameters.Number("power_t");
}

DescentOptions OptionsOf(const Parameters& parameters, uint64_t seed) {
  DescentOptions options;
  const std::string& optimiser = parameters.Word("optimiser");
  options.optimiser = optimiser == "plain"      ? Optimiser::kPlain
                      : optimiser == "momentum" ? Optimiser::kMomentum
                                                : Optimiser::kAdam;
  const std::string& penalty = parameters.Word("penalty");
  options.l1_ratio = penalty == "l2" ? 0 : penalty == "l1" ? 1 : parameters.Number("l1_ratio");
  options.alpha = penalty == "none" ? 0 : parameters.Number("alpha");
  options.batch = static_cast<size_t>(parameters.Count("batch_size"));
  options.fit_intercept = parameters.Flag("fit_intercept");
  options.epsilon = parameters.Number("epsilon");
  options.momentum = parameters.Number("momentum");
  options.max_iterations = parameters.Count("max_iter");
  options.tolerance = parameters.Number("tol");
  options.patience = parameters.Count("n_iter_no_change");
  options.seed = seed;
  return options;
}

StatusOr<std::unique_ptr<Fitted>> FitSgd(const Samples& samples, const Parameters& parameters,
                                         const FitOptions& fit_options) {
  DescentOptions options = OptionsOf(parameters, fit_options.seed);
  SetRate(parameters, samples.target.task, options);
  ASSIGN_OR_RETURN(options.loss, LossOf(parameters.Word("loss"), samples.target.task));
  if (samples.target.task == data::Task::kRegression) {
    ASSIGN_OR_RETURN(DescentFit fit, FitByDescent(samples, nullptr, options, fit_options));
    return MakeRegressor(std::move(fit.model), std::move(fit.summary));
  }
  ASSIGN_OR_RETURN(Classes classes, OccurringClasses(samples));
  ASSIGN_OR_RETURN(DescentFit fit, FitByDescent(samples, &classes, options, fit_options));
  const Link link = options.loss == DescentLoss::kLog ? Link::kOneVsRest : Link::kNone;
  return MakeClassifier(std::move(fit.model), std::move(classes), link, std::move(fit.summary));
}

using Type = ParameterSpec::Type;

std::vector<ParameterSpec> SgdParameters() {
  return {
      {.name = "loss",
       .type = Type::kWord,
       .words = {"auto", "squared", "huber", "log", "hinge"},
       .help = "auto: squared for a regression, log for a classification."},
      {.name = "penalty",
       .type = Type::kWord,
       .words = {"l2", "l1", "elasticnet", "none"},
       .help = "What large coefficients cost."},
      {.name = "alpha", .otherwise = 1e-4, .min = 0, .max = 1e6, .help = "Weight of the penalty."},
      {.name = "l1_ratio",
       .otherwise = 0.15,
       .min = 0,
       .max = 1,
       .help = "elasticnet: share of the penalty on sizes; the rest is on squares."},
      FitInterceptParameter(),
      {.name = "optimiser",
       .type = Type::kWord,
       .words = {"plain", "momentum", "adam"},
       .help = "How a gradient becomes a step."},
      {.name = "momentum",
       .otherwise = 0.9,
       .min = 0,
       .max = 0.9999,
       .help = "momentum: share of the last step that is taken again."},
      {.name = "batch_size",
       .type = Type::kCount,
       .otherwise = 1,
       .min = 0,
       .max = 1e9,
       .help = "Rows a step; 0 for all."},
      {.name = "learning_rate",
       .type = Type::kWord,
       .words = {"auto", "invscaling", "constant", "adaptive", "cosine"},
       .help =
           "How the length of steps changes; auto: invscaling for a regression, else adaptive."},
      {.name = "eta0",
       .otherwise = 0,
       .min = 0,
       .max = 1e6,
       .help = "Length of the first steps; 0: 0.01 for a regression or adam, else 0.1."},
      {.name = "power_t",
       .otherwise = 0.25,
       .min = 0,
       .max = 10,
       .help = "invscaling: step t is eta0 / t^power_t long."},
      {.name = "epsilon",
       .otherwise = 0.1,
       .min = 0,
       .max = 1e300,
       .help = "huber: errors beyond count by their size."},
      {.name = "max_iter",
       .type = Type::kCount,
       .otherwise = 1000,
       .min = 1,
       .max = 1e9,
       .help = "Rounds over the rows at most."},
      {.name = "tol",
       .otherwise = 1e-3,
       .min = 0,
       .max = 1e300,
       .help = "What the loss must fall by to go on."},
      {.name = "n_iter_no_change",
       .type = Type::kCount,
       .otherwise = 5,
       .min = 1,
       .max = 1e9,
       .help = "Rounds that it may fail to."},
      {.name = "early_stopping",
       .type = Type::kFlag,
       .otherwise = 0,
       .max = 1,
       .help = "Whether rows that are not learnt from judge when to stop."},
      {.name = "validation_share",
       .otherwise = 0.1,
       .min = 0.001,
       .max = 0.9,
       .help = "early_stopping: share of the rows that judge."}};
}

}  // namespace

const EstimatorKind kSgd = {.name = "sgd",
                            .summary = "Linear regression or classification by gradient descent.",
                            .regresses = true,
                            .classifies = true,
                            .needs = {.wants_scaling = true},
                            .saves_checkpoints = true,
                            .parameters = SgdParameters(),
                            .search = {{"alpha", {"1e-6", "1e-5", "1e-4", "1e-3", "1e-2"}},
                                       {"penalty", {"l2", "l1", "elasticnet"}}},
                            .fit = FitSgd};

}  // namespace slipway::train
