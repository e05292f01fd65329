#include "train/selection/trial.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/random.h"

namespace slipway::train {
namespace {

/// Stops a fit when the search is to stop, and remembers that it did.
class TrialWatch : public Watch {
 public:
  explicit TrialWatch(const Control& control) : control_(control) {}
  bool Report(const Progress&) override {
    stopped_ = stopped_ || control_.ShouldStop();
    return !stopped_;
  }
  bool WantsCheckpoint() override { return false; }
  Status SaveCheckpoint(std::string) override { return OkStatus(); }
  bool stopped() const { return stopped_; }

 private:
  const Control& control_;
  bool stopped_ = false;
};

Status Stopped() { return Error(Reason::kDeadlineExceeded, "stopped before it was done"); }

std::vector<uint32_t> FirstRows(const std::vector<uint32_t>& rows, size_t max_rows, uint64_t seed) {
  if (rows.size() <= max_rows) return rows;
  std::vector<uint32_t> chosen = rows;
  Random(seed).Shuffle(std::span(chosen));
  chosen.resize(max_rows);
  std::ranges::sort(chosen);
  return chosen;
}

Status RunFold(const Experiment& experiment, const data::Split& fold, const TrainOptions& options,
               const Control& control, size_t max_rows, Trial& trial) {
  if (control.ShouldStop()) return Stopped();
  TrialWatch watch(control);
  TrainOptions own = options;
  own.watch = &watch;
  own.checkpoint = {};
  const std::vector<uint32_t> rows = FirstRows(fold.train, max_rows, options.seed);
  ASSIGN_OR_RETURN(const Trained trained, Train(experiment.rows.Select(rows), trial.recipe, own));
  if (watch.stopped()) return Stopped();
  ASSIGN_OR_RETURN(const double score, Judge(trained, experiment.load,
                                             experiment.rows.Select(fold.test), experiment.metric));
  trial.scores.push_back(score);
  trial.model_bytes = std::max(trial.model_bytes, trained.onnx.size());
  trial.rows = std::max(trial.rows, rows.size());
  return OkStatus();
}

}  // namespace

void Summarise(Trial& trial) {
  const auto folds = static_cast<double>(trial.scores.size());
  trial.mean = std::reduce(trial.scores.begin(), trial.scores.end()) / folds;
  double squares = 0;
  for (const double score : trial.scores) squares += (score - trial.mean) * (score - trial.mean);
  trial.error = folds > 1 ? std::sqrt(squares / (folds - 1) / folds) : 0;
}

StatusOr<double> Judge(const Trained& trained, const evaluate::LoadModel& load, const Dataset& rows,
                       const evaluate::NamedMetric& metric) {
  ASSIGN_OR_RETURN(const std::unique_ptr<evaluate::Runner> model, load(trained.onnx));
  ASSIGN_OR_RETURN(const data::Table inputs, InputsOf(trained, rows.table));
  ASSIGN_OR_RETURN(const evaluate::Predictions predictions,
                   evaluate::Predict(*model, inputs, rows.target));
  ASSIGN_OR_RETURN(const double score,
                   evaluate::Measure(metric, {rows.target, predictions}, rows.weights));
  if (!std::isfinite(score))
    return Error(Reason::kBadRequest, "{} is no finite number on {} rows of one fold: {}",
                 metric.name, rows.size(), score);
  return score;
}

Trial RunTrial(const Experiment& experiment, const Recipe& recipe, const TrainOptions& options,
               const Control& control, size_t max_rows) {
  if (control.recall)
    if (std::optional<Trial> known = control.recall(recipe, max_rows)) return *std::move(known);
  Trial trial{.recipe = recipe};
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  for (const data::Split& fold : experiment.folds) {
    trial.status = RunFold(experiment, fold, options, control, max_rows, trial);
    if (!trial.ok()) break;
  }
  trial.time = clock.Now() - start;
  if (trial.ok()) Summarise(trial);
  if (control.done) control.done(trial, max_rows);
  return trial;
}

bool IsBetter(const evaluate::NamedMetric& metric, const Trial& left, const Trial& right) {
  return metric.metric->higher_is_better ? left.mean > right.mean : left.mean < right.mean;
}

}  // namespace slipway::train
