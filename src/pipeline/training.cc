#include "pipeline/training.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>

#include "evaluate/evaluation.h"
#include "evaluate/gate.h"
#include "io/digest.h"
#include "io/durable_write.h"
#include "io/file.h"
#include "pipeline/latency.h"
#include "pipeline/trained_bundle.h"
#include "pipeline/training_rows.h"
#include "train/selection/automatic.h"
#include "train/selection/choice.h"
#include "train/selection/search.h"

namespace slipway::pipeline {
namespace {

constexpr std::string_view kAutomatic = "auto";
constexpr double kUnknownShare = -1;

Status CheckFree(const std::string& out) {
  struct stat found;
  if (::lstat(out.c_str(), &found) != 0) return OkStatus();
  return Error(Reason::kAlreadyExists, "\"{}\" exists already: remove it or name another", out);
}

/// One training; its report grows as it goes on.
class Training {
 public:
  Training(const TrainingOptions& options, const evaluate::LoadModel& load,
           const TrainingWatch& watch)
      : options_(options), load_(load), watch_(watch), team_(options.threads) {}

  StatusOr<TrainingReport> Run() &&;

 private:
  bool searches() const { return options_.search != Search::kNone || options_.model == kAutomatic; }
  int stop_requests() const { return watch_.stop_requests ? watch_.stop_requests() : 0; }
  void Tell(std::string_view what, double share) const {
    if (watch_.progress) watch_.progress(what, share);
  }

  StatusOr<std::vector<train::Recipe>> Recipes() const;
  Status Choose();
  StatusOr<std::vector<train::Trial>> Try(const std::vector<train::Recipe>& recipes,
                                          const train::Experiment& experiment,
                                          const train::Control& control);
  StatusOr<train::Trained> Fit();
  StatusOr<evaluate::Gate> ReadGate() const;
  StatusOr<std::vector<evaluate::GateLine>> JudgeBy(const evaluate::Gate& gate,
                                                    const evaluate::Runner& runner,
                                                    const data::Table& inputs,
                                                    const evaluate::Predictions& predictions);
  Status Judge(const evaluate::Gate& gate, const evaluate::Runner& runner,
               const train::Trained& trained);
  train::TrainOptions CommonOptions();
  /// What a checkpoint belongs to: a digest of all that the fit follows from.
  std::string Identity() const;

  const TrainingOptions& options_;
  const evaluate::LoadModel& load_;
  const TrainingWatch& watch_;
  Team team_;
  TrainingRows rows_;
  TrainingReport report_;
};

StatusOr<TrainingReport> Training::Run() && {
  RETURN_IF_ERROR(CheckFree(options_.out));
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  ASSIGN_OR_RETURN(rows_, ReadTrainingRows(options_, searches()));
  report_.facts = rows_.facts;
  report_.cleaned = rows_.cleaned;
  report_.task = rows_.train_target.task;
  report_.labels = rows_.train_target.labels;
  report_.train_rows = rows_.train.rows;
  report_.test_rows = rows_.test.rows;
  report_.split = NameOf(rows_.kind);
  ASSIGN_OR_RETURN(const evaluate::Gate gate, ReadGate());
  const TimePoint read = clock.Now();
  report_.read_time = read - start;
  RETURN_IF_ERROR(Choose());
  report_.search_time = clock.Now() - read;

  ASSIGN_OR_RETURN(const train::Trained trained, Fit());
  ASSIGN_OR_RETURN(const std::unique_ptr<evaluate::Runner> runner, load_(trained.onnx));
  RETURN_IF_ERROR(Judge(gate, *runner, trained));
  if (!options_.html.empty() && report_.held_out)
    RETURN_IF_ERROR(io::WriteDurably(options_.html, evaluate::ToHtml(*report_.held_out)));
  if (!report_.FailedLines().empty()) return std::move(report_);
  ASSIGN_OR_RETURN(report_.packed, PackTrained(trained, *runner, rows_, report_, options_));
  if (!options_.checkpoint.empty()) ::unlink(options_.checkpoint.c_str());
  return std::move(report_);
}

StatusOr<std::vector<train::Recipe>> Training::Recipes() const {
  if (options_.model == kAutomatic) {
    if (options_.parameters.empty()) return train::AutomaticRecipes(report_.task, rows_.train.rows);
    return Error(Reason::kBadRequest,
                 "--param: of which estimator? Name it with --model; auto tries several");
  }
  ASSIGN_OR_RETURN(const train::EstimatorKind* const kind, train::FindEstimator(options_.model));
  train::Recipe base{kind, options_.parameters};
  if (!searches()) return std::vector{std::move(base)};
  const train::Choices choices = train::ChoicesOf(*kind, base.parameters);
  if (options_.search == Search::kGrid) return train::Grid(base, choices);
  return train::Sample(base, choices, options_.trials, options_.seed);
}

train::TrainOptions Training::CommonOptions() {
  std::vector<data::CleaningStep> cleaning;
  std::ranges::copy_if(options_.clean, std::back_inserter(cleaning),
                       &data::CleaningStep::training_only);
  return {.cleaning = std::move(cleaning),
          .preprocessing = {.steps = options_.steps, .seed = options_.seed},
          .seed = options_.seed,
          .team = &team_};
}

StatusOr<std::vector<train::Trial>> Training::Try(const std::vector<train::Recipe>& recipes,
                                                  const train::Experiment& experiment,
                                                  const train::Control& control) {
  if (options_.search == Search::kHalving)
    return train::Halve(experiment, recipes, options_.resource, CommonOptions(), control);
  return train::TryAll(experiment, recipes, CommonOptions(), control);
}

Status Training::Choose() {
  ASSIGN_OR_RETURN(const std::vector<train::Recipe> recipes, Recipes());
  if (!searches()) {
    report_.recipe = recipes.front();
    return OkStatus();
  }
  const data::Target& target = rows_.train_target;
  evaluate::NamedMetric metric = evaluate::DefaultScore(target, /*has_probabilities=*/false);
  if (!options_.metric.empty()) {
    ASSIGN_OR_RETURN(metric, evaluate::FindMetric(options_.metric, target));
  }
  report_.metric = metric.name;
  const train::Experiment experiment{rows_.train, target, rows_.train_weights,
                                     rows_.folds, metric, load_};
  train::Control control{.stopped = [&] { return stop_requests() > 0; },
                         .deadline = std::nullopt,
                         .progress = [&](double share) { Tell("trying estimators", share); }};
  if (options_.budget) control.deadline = SteadyClock().Now() + *options_.budget;
  ASSIGN_OR_RETURN(report_.trials, Try(recipes, experiment, control));
  report_.stopped = control.has_stopped;
  const train::Choice choice = options_.model == kAutomatic
                                   ? train::ChooseSimplest(metric, report_.trials)
                                   : train::ChooseBest(metric, report_.trials);
  if (choice.chosen == nullptr) {
    if (report_.trials.empty() || control.has_stopped)
      return Error(Reason::kDeadlineExceeded,
                   "stopped before a first estimator was tried: give it more time (--budget)");
    return report_.trials.front().status;
  }
  report_.recipe = choice.chosen->recipe;
  report_.choice = train::ExplainChoice(choice, metric);
  return OkStatus();
}

std::string Training::Identity() const {
  std::string parts;
  for (const auto& [key, value] : LineageOf(report_, options_))
    parts += fmt::format("{}={}\n", key, value);
  for (const auto& [column, type] : options_.types)
    parts += fmt::format("type {}={}\n", column, data::NameOf(type));
  for (const data::CleaningStep& step : options_.clean)
    parts += fmt::format("clean {}\n", step.text());
  for (const std::string& step : options_.steps.said()) parts += fmt::format("step {}\n", step);
  return io::Sha256Hex(parts);
}

StatusOr<train::Trained> Training::Fit() {
  const std::string identity = Identity();
  std::string checkpoint;
  if (!options_.checkpoint.empty()) {
    ASSIGN_OR_RETURN(checkpoint, ReadCheckpoint(options_.checkpoint, identity));
  }
  report_.resumed = !checkpoint.empty();
  const int asked = stop_requests();
  std::optional<TimePoint> deadline;
  if (options_.budget && !searches()) deadline = SteadyClock().Now() + *options_.budget;
  const std::string what = fmt::format("training {}", train::NameOf(report_.recipe));
  FitWatch watch({.checkpoint = options_.checkpoint,
                  .training = identity,
                  .every = options_.checkpoint_every,
                  .should_stop =
                      [&] {
                        return stop_requests() > asked ||
                               (deadline && SteadyClock().Now() >= *deadline);
                      },
                  .progress = [&](double share) { Tell(what, share); }});
  Tell(what, 0);
  train::TrainOptions options = CommonOptions();
  options.watch = &watch;
  options.checkpoint = checkpoint;
  ASSIGN_OR_RETURN(
      train::Trained trained,
      train::Train(rows_.train, rows_.train_target, rows_.train_weights, report_.recipe, options));
  report_.stopped = report_.stopped || watch.stopped();
  report_.columns = trained.inputs.size();
  report_.summary = trained.summary;
  std::ranges::copy(trained.cleaned, std::back_inserter(report_.cleaned));
  report_.steps = trained.steps;
  report_.warnings = trained.warnings;
  report_.curve_metric = trained.curve_metric;
  report_.curve = trained.curve;
  report_.preprocess_time = trained.preprocess_time;
  report_.fit_time = trained.fit_time;
  report_.model_bytes = trained.onnx.size();
  return trained;
}

StatusOr<evaluate::Gate> Training::ReadGate() const {
  if (options_.gate.empty()) return evaluate::Gate{};
  if (rows_.test.rows == 0)
    return Error(Reason::kBadRequest, "--gate: no rows are held out to decide it (--test-share 0)");
  constexpr uint64_t kMaxGateBytes = uint64_t{1} << 20;
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(options_.gate));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxGateBytes));
  ASSIGN_OR_RETURN(evaluate::Gate gate,
                   evaluate::ParseGate(bytes.text(), options_.gate, rows_.test_target));
  if (!gate.NeedsBaseline()) return gate;
  return Error(Reason::kBadRequest,
               "{}: a rule speaks of a baseline, and a training has none: `slipway evaluate` the "
               "bundle against it",
               options_.gate);
}

StatusOr<std::vector<evaluate::GateLine>> Training::JudgeBy(
    const evaluate::Gate& gate, const evaluate::Runner& runner, const data::Table& inputs,
    const evaluate::Predictions& predictions) {
  evaluate::GateEvidence evidence{.target = rows_.test_target,
                                  .table = rows_.test,
                                  .weights = rows_.test_weights,
                                  .candidate = {.predictions = &predictions},
                                  .bootstrap = {.seed = options_.seed, .team = &team_}};
  constexpr double kMegabyte = 1e6;
  evidence.candidate.size_mb = static_cast<double>(report_.model_bytes) / kMegabyte;
  if (gate.NeedsLatency()) {
    ASSIGN_OR_RETURN(const Call call, OneRowCall(runner, inputs));
    ASSIGN_OR_RETURN(auto rounds, MeasureLatency({&call, 1}, SteadyClock(), {}));
    evidence.candidate.latency = std::move(rounds.front());
  }
  return evaluate::JudgeGate(gate, evidence);
}

Status Training::Judge(const evaluate::Gate& gate, const evaluate::Runner& runner,
                       const train::Trained& trained) {
  if (rows_.test.rows == 0) return OkStatus();
  Tell("judging the model", kUnknownShare);
  ASSIGN_OR_RETURN(const data::Table inputs, train::InputsOf(trained, rows_.test));
  ASSIGN_OR_RETURN(const evaluate::Predictions predictions,
                   evaluate::Predict(runner, inputs, rows_.test_target));
  evaluate::EvaluateOptions evaluation{.weights = rows_.test_weights,
                                       .bootstrap = {.seed = options_.seed, .team = &team_}};
  ASSIGN_OR_RETURN(report_.held_out,
                   evaluate::Evaluate({rows_.test_target, predictions},
                                      {.model = options_.out,
                                       .data = options_.data,
                                       .data_digest = "sha256:" + report_.facts.sha256,
                                       .data_rows = report_.facts.rows,
                                       .skipped_rows = report_.facts.skipped},
                                      evaluation));
  report_.held_out->learning_metric = report_.curve_metric;
  for (const train::CurvePoint& point : report_.curve)
    report_.held_out->learning.push_back(
        {static_cast<double>(point.iteration), point.training, point.validation});
  ASSIGN_OR_RETURN(report_.held_out->gate, JudgeBy(gate, runner, inputs, predictions));
  return OkStatus();
}

}  // namespace

std::vector<evaluate::GateLine> TrainingReport::FailedLines() const {
  std::vector<evaluate::GateLine> failed;
  if (held_out)
    std::ranges::copy_if(held_out->gate, std::back_inserter(failed),
                         [](const evaluate::GateLine& line) { return !line.passed; });
  return failed;
}

StatusOr<TrainingReport> RunTraining(const TrainingOptions& options,
                                     const evaluate::LoadModel& load, const TrainingWatch& watch) {
  return Training(options, load, watch).Run();
}

}  // namespace slipway::pipeline
