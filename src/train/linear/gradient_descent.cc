#include "train/linear/gradient_descent.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/random.h"
#include "train/algebra/row_kernels.h"
#include "train/checkpoint.h"
#include "train/linear/descent_loss.h"

namespace slipway::train {
namespace {

using Optimiser = DescentOptions::Optimiser;
using Schedule = DescentOptions::Schedule;

/// All that changes from round to round.
struct State {
  std::vector<double> at;                // [outputs][stride], the intercepts' last
  std::vector<double> velocity, square;  // of momentum and Adam
  std::vector<double> best;              // early stopping: `at` of the least validation loss
  double eta = 0, least = std::numeric_limits<double>::infinity();
  double training = 0, validation = std::numeric_limits<double>::quiet_NaN();
  int64_t steps = 0, round = 0, waited = 0;
};

class Descent {
 public:
  Descent(const DescentRows& rows, const DescentRows* validation, const DescentOptions& options,
          const FitOptions& fit_options)
      : rows_(rows),
        validation_(validation),
        options_(options),
        fit_options_(fit_options),
        batch_(options.batch == 0 ? rows.count() : std::min(options.batch, rows.count())),
        order_(rows.count()),
        gradient_(rows.size()) {
    state_.at.assign(rows.size(), 0);
    state_.eta = options.eta0;
    if (options.optimiser != Optimiser::kPlain) state_.velocity.assign(rows.size(), 0);
    if (options.optimiser == Optimiser::kAdam) state_.square.assign(rows.size(), 0);
    if (validation != nullptr) state_.best = state_.at;
  }

  StatusOr<DescentFit> Run();

 private:
  Status Resume();
  std::string Checkpoint() const;
  std::string Name() const;
  double Rate() const;

  void DrawOrder();
  Status Round();
  /// One row, no memory of earlier ones. @return its loss.
  double StepPlain(size_t row);
  double StepBatch(std::span<const uint32_t> rows);
  void Move(double rate);
  void ShrinkSizes(double by);
  /// Counts rounds without a fall of the loss. The adaptive schedule takes smaller steps before it
  /// is over.
  void Judge();
  /// As the state alone tells: a fit that goes on from its last checkpoint ends there too.
  bool IsOver() const { return state_.waited >= options_.patience; }
  StatusOr<bool> Report();

  const DescentRows& rows_;
  const DescentRows* validation_;
  const DescentOptions& options_;
  const FitOptions& fit_options_;
  const size_t batch_;
  std::vector<uint32_t> order_;
  std::vector<double> gradient_;
  State state_;
};

std::string Descent::Name() const {
  const DescentOptions& o = options_;
  return fmt::format(
      "gradient descent of {} rows, {} coefficients: loss {} {}, optimiser {} {}, schedule {} {} "
      "{}, "
      "batch {}, penalty {} {}, intercept {}, rounds {} {} {}, {} rows judge, seed {}",
      rows_.count(), rows_.size(), static_cast<int>(o.loss), o.epsilon,
      static_cast<int>(o.optimiser), o.momentum, static_cast<int>(o.schedule), o.eta0, o.power,
      o.batch, o.alpha, o.l1_ratio, o.fit_intercept, o.max_iterations, o.tolerance, o.patience,
      validation_ == nullptr ? 0 : validation_->count(), o.seed);
}

std::string Descent::Checkpoint() const {
  CheckpointWriter writer(Name());
  for (const auto* numbers : {&state_.at, &state_.velocity, &state_.square, &state_.best})
    writer.Add(*numbers);
  for (const double number : {state_.eta, state_.least, state_.training, state_.validation})
    writer.Add(number);
  for (const int64_t count : {state_.steps, state_.round, state_.waited})
    writer.Add(static_cast<double>(count));
  return std::move(writer).Take();
}

Status Descent::Resume() {
  if (fit_options_.checkpoint.empty()) return OkStatus();
  constexpr int64_t kMost = int64_t{1} << 53;
  CheckpointReader reader(fit_options_.checkpoint, Name());
  for (auto* numbers : {&state_.at, &state_.velocity, &state_.square, &state_.best})
    *numbers = reader.Numbers(numbers->size());
  for (double* number : {&state_.eta, &state_.least, &state_.training, &state_.validation})
    *number = reader.Number();
  for (int64_t* count : {&state_.steps, &state_.round, &state_.waited})
    *count = reader.Count(kMost);
  return reader.Finish();
}

double Descent::Rate() const {
  switch (options_.schedule) {
    case Schedule::kInverseScaling:
      return options_.eta0 / std::pow(static_cast<double>(state_.steps), options_.power);
    case Schedule::kCosine:
      return options_.eta0 / 2 *
             (1 + std::cos(M_PI * static_cast<double>(state_.round) /
                           static_cast<double>(options_.max_iterations)));
    case Schedule::kConstant:
    case Schedule::kAdaptive:
      break;
  }
  return state_.eta;
}

double Descent::StepPlain(size_t row) {
  const double rate = Rate();
  const double shrink = 1 - rate * options_.alpha * (1 - options_.l1_ratio);
  thread_local std::vector<double> slopes;
  slopes.resize(rows_.outputs());
  const double loss = rows_.Loss(row, state_.at, slopes.data());
  const double* x = rows_.row(row);
  for (size_t k = 0; k < rows_.outputs(); ++k) {
    double* weights = &state_.at[k * rows_.stride()];
    RowUpdate(std::max(shrink, 0.0), -rate * slopes[k], x, rows_.stride(), weights);
    if (options_.fit_intercept) state_.at[rows_.outputs() * rows_.stride() + k] -= rate * slopes[k];
  }
  ShrinkSizes(rate * options_.alpha * options_.l1_ratio);
  return loss;
}

double Descent::StepBatch(std::span<const uint32_t> rows) {
  const double loss =
      rows_.Gradient(*fit_options_.team, rows, state_.at, options_.fit_intercept, gradient_);
  const double l2 = options_.alpha * (1 - options_.l1_ratio);
  for (size_t i = 0; i < rows_.outputs() * rows_.stride(); ++i) gradient_[i] += l2 * state_.at[i];
  const double rate = Rate();
  Move(rate);
  ShrinkSizes(rate * options_.alpha * options_.l1_ratio);
  return loss;
}

void Descent::Move(double rate) {
  constexpr double kFirst = 0.9, kSecond = 0.999, kLeast = 1e-8;  // Adam's
  std::vector<double>& at = state_.at;
  switch (options_.optimiser) {
    case Optimiser::kPlain:
      for (size_t i = 0; i < at.size(); ++i) at[i] -= rate * gradient_[i];
      break;
    case Optimiser::kMomentum:
      for (size_t i = 0; i < at.size(); ++i) {
        double& velocity = state_.velocity[i];
        velocity = options_.momentum * velocity - rate * gradient_[i];
        at[i] += velocity;
      }
      break;
    case Optimiser::kAdam: {
      const auto steps = static_cast<double>(state_.steps);
      const double corrected =
          rate * std::sqrt(1 - std::pow(kSecond, steps)) / (1 - std::pow(kFirst, steps));
      for (size_t i = 0; i < at.size(); ++i) {
        double &first = state_.velocity[i], &second = state_.square[i];
        first = kFirst * first + (1 - kFirst) * gradient_[i];
        second = kSecond * second + (1 - kSecond) * gradient_[i] * gradient_[i];
        at[i] -= corrected * first / (std::sqrt(second) + kLeast);
      }
      break;
    }
  }
}

void Descent::ShrinkSizes(double by) {
  if (by == 0) return;
  for (size_t i = 0; i < rows_.outputs() * rows_.stride(); ++i) {
    double& value = state_.at[i];
    value = std::copysign(std::max(std::fabs(value) - by, 0.0), value);
  }
}

/// Anew for each round. Scattered rows are taken in runs, which memory reads ahead.
void Descent::DrawOrder() {
  constexpr size_t kRun = 64;
  std::iota(order_.begin(), order_.end(), 0);
  if (batch_ >= order_.size()) return;
  Random random(options_.seed, static_cast<uint64_t>(state_.round));
  if (!rows_.scattered()) return random.Shuffle(std::span(order_));
  auto next = order_.begin();
  for (const uint32_t run : random.Order((order_.size() + kRun - 1) / kRun)) {
    const size_t begin = run * kRun, size = std::min(kRun, order_.size() - begin);
    std::iota(next, next + static_cast<std::ptrdiff_t>(size), static_cast<uint32_t>(begin));
    next += static_cast<std::ptrdiff_t>(size);
  }
}

Status Descent::Round() {
  constexpr size_t kAhead = 8;  // rows that memory is told of
  DrawOrder();
  const std::span<const uint32_t> order = order_;
  double loss = 0;
  const bool plain = batch_ == 1 && options_.optimiser == Optimiser::kPlain;
  for (size_t begin = 0; begin < order.size(); begin += batch_) {
    ++state_.steps;
    if (plain) {
      rows_.Prefetch(order[std::min(begin + kAhead, order.size() - 1)]);
      loss += StepPlain(order[begin]);
    } else {
      const auto some = order.subspan(begin, std::min(batch_, order.size() - begin));
      loss += StepBatch(some) * static_cast<double>(some.size());
    }
  }
  ++state_.round;
  state_.training = loss / static_cast<double>(order.size());
  const auto finite = [](double value) { return std::isfinite(value); };
  if (!finite(loss) || !std::all_of(state_.at.begin(), state_.at.end(), finite))
    return DivergedError();
  if (validation_ == nullptr) return OkStatus();
  state_.validation = validation_->MeanLoss(state_.at);
  return finite(state_.validation) ? OkStatus() : DivergedError();
}

void Descent::Judge() {
  constexpr double kLeastRate = 1e-3, kSlowDown = 5;
  const double loss = validation_ != nullptr ? state_.validation : state_.training;
  state_.waited = loss > state_.least - options_.tolerance ? state_.waited + 1 : 0;
  if (loss < state_.least) {
    state_.least = loss;
    if (validation_ != nullptr) state_.best = state_.at;
  }
  if (!IsOver() || options_.schedule != Schedule::kAdaptive || state_.eta <= kLeastRate) return;
  state_.eta /= kSlowDown;
  state_.waited = 0;
}

StatusOr<bool> Descent::Report() {
  Watch* watch = fit_options_.watch;
  if (watch == nullptr) return true;
  if (watch->WantsCheckpoint()) RETURN_IF_ERROR(watch->SaveCheckpoint(Checkpoint()));
  return watch->Report(
      {.share = static_cast<double>(state_.round) / static_cast<double>(options_.max_iterations),
       .iteration = state_.round,
       .metric = NameOf(options_.loss),
       .training = state_.training,
       .validation = state_.validation});
}

StatusOr<DescentFit> Descent::Run() {
  RETURN_IF_ERROR(Resume());
  bool goes_on = true;
  while (goes_on && !IsOver() && state_.round < options_.max_iterations) {
    RETURN_IF_ERROR(Round());
    Judge();
    ASSIGN_OR_RETURN(goes_on, Report());
  }
  const std::string_view end = !goes_on                 ? "stopped"
                               : !IsOver()              ? "not converged: the most allowed"
                               : validation_ != nullptr ? "stopped early"
                                                        : "converged";
  DescentFit fit;
  fit.model = rows_.ModelOf(validation_ != nullptr ? state_.best : state_.at);
  fit.summary = fmt::format("gradient descent, {} rounds, {}", state_.round, end);
  return fit;
}

}  // namespace

StatusOr<DescentFit> FitByDescent(const Samples& samples, const Classes* classes,
                                  const DescentOptions& options, const FitOptions& fit_options) {
  RETURN_IF_ERROR(TotalWeight(samples).status());
  const DescentRows rows(samples, classes, options);
  if (fit_options.validation == nullptr) return Descent(rows, nullptr, options, fit_options).Run();
  const DescentRows validation(*fit_options.validation, classes, options);
  return Descent(rows, &validation, options, fit_options).Run();
}

}  // namespace slipway::train
