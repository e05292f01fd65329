#include "train/linear/logistic.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <utility>

#include "train/checkpoint.h"
#include "train/kinds.h"
#include "train/linear/lbfgs.h"
#include "train/linear/logistic_loss.h"

namespace slipway::train {
namespace {

/// Adds the penalty l2 · |b|² / 2 of the coefficients before the intercepts.
double AddPenalty(double l2, size_t count, const std::vector<double>& at,
                  std::vector<double>& gradient) {
  double squares = 0;
  for (size_t i = 0; i < count; ++i) {
    squares += at[i] * at[i];
    gradient[i] += l2 * at[i];
  }
  return l2 * squares / 2;
}

std::string SummaryOf(LbfgsEnd end, int64_t iterations) {
  const std::string_view how = end == LbfgsEnd::kConverged ? "converged"
                               : end == LbfgsEnd::kStopped ? "stopped"
                                                           : "not converged: the most allowed";
  return fmt::format("L-BFGS, {} iterations, {}", iterations, how);
}

std::string TrainingName(const LogisticLoss& loss, const Samples& samples,
                         const LogisticOptions& options) {
  return fmt::format("logistic regression of {} rows, {} coefficients: C {}, penalised {}, tol {}",
                     samples.rows, loss.size(), options.c, options.penalised, options.tolerance);
}

std::string CheckpointOf(const LbfgsState& state, std::string_view training) {
  CheckpointWriter writer(training);
  writer.Add(state.at);
  writer.Add(state.gradient);
  writer.Add(state.value);
  writer.Add(static_cast<double>(state.iteration));
  writer.Add(static_cast<double>(state.pairs.size()));
  for (const LbfgsState::Pair& pair : state.pairs) {
    writer.Add(pair.step);
    writer.Add(pair.change);
  }
  return std::move(writer).Take();
}

StatusOr<LbfgsState> StateOf(std::string_view checkpoint, std::string_view training, size_t size) {
  LbfgsState state;
  CheckpointReader reader(checkpoint, training);
  state.at = reader.Numbers(size);
  state.gradient = reader.Numbers(size);
  state.value = reader.Number();
  state.iteration = reader.Count(int64_t{1} << 53);
  const int64_t pairs = reader.Count(static_cast<int64_t>(LbfgsOptions().memory));
  for (int64_t i = 0; i < pairs; ++i) {
    LbfgsState::Pair& pair = state.pairs.emplace_back();
    pair.step = reader.Numbers(size);
    pair.change = reader.Numbers(size);
  }
  RETURN_IF_ERROR(reader.Finish());
  return state;
}

}  // namespace

StatusOr<LogisticFit> FitLogistic(const Samples& samples, const LogisticOptions& options,
                                  const FitOptions& fit_options) {
  LogisticFit fit;
  ASSIGN_OR_RETURN(fit.classes, OccurringClasses(samples));
  ASSIGN_OR_RETURN(
      const LogisticLoss loss,
      LogisticLoss::Create(samples, fit.classes, options.fit_intercept, *fit_options.team));
  std::optional<LogisticLoss> validation;
  if (fit_options.validation != nullptr) {
    ASSIGN_OR_RETURN(validation, LogisticLoss::Create(*fit_options.validation, fit.classes,
                                                      options.fit_intercept, *fit_options.team));
  }
  const double l2 = options.penalised ? 1 / (options.c * loss.total_weight()) : 0;
  const size_t penalised = loss.outputs() * loss.features();
  const std::string training = TrainingName(loss, samples, options);
  const auto function = [&](const std::vector<double>& at, std::vector<double>& gradient) {
    const double value = loss.Evaluate(at, gradient);
    return value + AddPenalty(l2, penalised, at, gradient);
  };
  const auto report = [&](const LbfgsState& state) -> StatusOr<bool> {
    if (fit_options.watch == nullptr) return true;
    if (fit_options.watch->WantsCheckpoint())
      RETURN_IF_ERROR(fit_options.watch->SaveCheckpoint(CheckpointOf(state, training)));
    Progress progress;
    progress.share = static_cast<double>(state.iteration) / options.max_iterations;
    progress.iteration = state.iteration;
    progress.metric = "log loss";
    progress.training = state.value;
    progress.validation =
        validation ? validation->Evaluate(state.at) : std::numeric_limits<double>::quiet_NaN();
    return fit_options.watch->Report(progress);
  };
  LbfgsState state;
  state.at.assign(loss.size(), 0);
  if (!fit_options.checkpoint.empty()) {
    ASSIGN_OR_RETURN(state, StateOf(fit_options.checkpoint, training, loss.size()));
  }
  ASSIGN_OR_RETURN(const LbfgsEnd end, MinimiseLbfgs(function,
                                                     {.max_iterations = options.max_iterations,
                                                      .tolerance = options.tolerance},
                                                     report, state));
  fit.model = loss.ModelOf(state.at);
  fit.summary = SummaryOf(end, state.iteration);
  RETURN_IF_ERROR(CheckConverged(fit.model));
  return fit;
}

namespace {

StatusOr<std::unique_ptr<Fitted>> FitLogistic(const Samples& samples, const Parameters& parameters,
                                              const FitOptions& fit_options) {
  const LogisticOptions options = {.c = parameters.Number("C"),
                                   .penalised = parameters.Word("penalty") != "none",
                                   .fit_intercept = parameters.Flag("fit_intercept"),
                                   .tolerance = parameters.Number("tol"),
                                   .max_iterations = parameters.Count("max_iter")};
  ASSIGN_OR_RETURN(LogisticFit fit, FitLogistic(samples, options, fit_options));
  return MakeClassifier(std::move(fit.model), std::move(fit.classes), Link::kLogistic,
                        std::move(fit.summary));
}

}  // namespace

const EstimatorKind kLogistic = {
    .name = "logistic",
    .summary = "Logistic regression of two or more classes.",
    .classifies = true,
    .needs = {.wants_scaling = true},
    .saves_checkpoints = true,
    .parameters = {{.name = "C",
                    .otherwise = 1,
                    .min = 1e-12,
                    .max = 1e12,
                    .help = "The inverse of the penalty's weight."},
                   {.name = "penalty",
                    .type = ParameterSpec::Type::kWord,
                    .words = {"l2", "none"},
                    .help = "What large coefficients cost."},
                   {.name = "tol",
                    .otherwise = 1e-4,
                    .min = 0,
                    .max = 1,
                    .help = "Done once no part of the mean loss's gradient is larger."},
                   {.name = "max_iter",
                    .type = ParameterSpec::Type::kCount,
                    .otherwise = 100,
                    .min = 1,
                    .max = 1e6,
                    .help = "Iterations at most."},
                   FitInterceptParameter()},
    .search = {{"C", {"0.001", "0.01", "0.1", "1", "10", "100"}}},
    .fit = FitLogistic};

}  // namespace slipway::train
