#pragma once
// One recipe, judged by cross-validation.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "data/split.h"
#include "evaluate/metrics.h"
#include "evaluate/runner.h"
#include "train/trainer.h"

namespace slipway::train {

/// Rows, how they are split, and what counts. Everything is borrowed.
struct Experiment {
  const Dataset& rows;
  std::span<const data::Split> folds;
  const evaluate::NamedMetric& metric;
  const evaluate::LoadModel& load;
};

/// How a recipe did.
struct Trial {
  Recipe recipe;
  std::vector<double> scores;  // of each fold
  double mean = 0;             // of scores
  double error = 0;            // the mean's standard error: deviation / √folds
  Duration time{};             // of all folds: preprocessing, fitting, judging
  size_t model_bytes = 0;      // of the largest fold's
  size_t rows = 0;             // learned from, in the largest fold
  Status status;               // why there are no scores: it was stopped, or could not be trained

  bool ok() const { return status.ok(); }
};
/// Mean and error of the scores, of which there is one at least.
void Summarise(Trial& trial);

/// When to stop, and who is told how far it is. All may be left out.
struct Control {
  std::function<bool()> stopped;      // asked once an iteration; true: stop for good
  std::optional<TimePoint> deadline;  // as `stopped`, from then on
  std::function<void(double share)> progress;
  /// A trial that was done before, if it was: it is not done again.
  std::function<std::optional<Trial>(const Recipe& recipe, size_t max_rows)> recall;
  std::function<void(const Trial& trial, size_t max_rows)> done;

  mutable bool has_stopped = false;  // whether something was cut short

  bool ShouldStop() const {
    has_stopped =
        has_stopped || (stopped && stopped()) || (deadline && SteadyClock().Now() >= *deadline);
    return has_stopped;
  }
};

/// @param max_rows  of each fold's rows to learn from: the first of an order that follows from the
/// seed.
/// @return a trial with a status when the recipe cannot be trained, or `control` stopped it
/// (kDeadlineExceeded).
Trial RunTrial(const Experiment& experiment, const Recipe& recipe, const TrainOptions& options,
               const Control& control, size_t max_rows = SIZE_MAX);

/// Whether `left` has the better mean.
bool IsBetter(const evaluate::NamedMetric& metric, const Trial& left, const Trial& right);

/// The score of a trained model on rows it has not seen.
StatusOr<double> Judge(const Trained& trained, const evaluate::LoadModel& load, const Dataset& rows,
                       const evaluate::NamedMetric& metric);

}  // namespace slipway::train
