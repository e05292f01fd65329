#include "pipeline/training.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iterator>

#include "evaluate/evaluation.h"
#include "io/digest.h"
#include "io/durable_write.h"
#include "pipeline/fit_watch.h"
#include "pipeline/held_out.h"
#include "pipeline/optimise_trained.h"
#include "pipeline/trained_bundle.h"
#include "pipeline/training_rows.h"
#include "train/selection/automatic.h"
#include "train/selection/choice.h"
#include "train/selection/search.h"

namespace slipway::pipeline {
namespace {

constexpr std::string_view kAutomatic = "auto";
constexpr double kUnknownShare = -1;
constexpr size_t kMaxGrid = 100'000;  // recipes

Status CheckFree(const std::string& out) {
  struct stat found;
  if (::lstat(out.c_str(), &found) != 0) return OkStatus();
  return Error(Reason::kAlreadyExists, "\"{}\" exists already: remove it or name another", out);
}

/// Whether both names lead to one file, which need not be there.
bool IsSame(const std::string& one, const std::string& other) {
  std::error_code ignored;
  if (std::filesystem::equivalent(one, other, ignored)) return true;
  const auto place = [&](const std::string& path) {
    std::error_code failed;
    const auto found = std::filesystem::weakly_canonical(path, failed);
    return failed ? std::filesystem::path(path) : found;
  };
  return place(one) == place(other);
}

/// What is written may not take the place of what is read, nor of one another.
Status CheckPlaces(const TrainingOptions& options) {
  const std::pair<std::string_view, const std::string*> named[] = {
      {"DATA", &options.data},    {"--gate", &options.gate}, {"--baseline", &options.baseline},
      {"--output", &options.out}, {"--html", &options.html}, {"--checkpoint", &options.checkpoint}};
  constexpr size_t kRead = 3;  // the others are written
  for (size_t i = kRead; i < std::size(named); ++i)
    for (size_t j = 0; j < i; ++j)
      if (!named[i].second->empty() && !named[j].second->empty() &&
          IsSame(*named[i].second, *named[j].second))
        return Error(Reason::kBadRequest, "{} and {} are one file, \"{}\": name another",
                     named[j].first, named[i].first, *named[i].second);
  return OkStatus();
}

/// A file takes the place of a file only.
Status CheckNoFolder(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) return OkStatus();
  return Error(Reason::kBadRequest, "\"{}\" cannot be written: it is a folder", path);
}

/// Known before hours of training, not after them.
Status CheckFolderOf(const std::string& path) {
  const size_t slash = path.find_last_of('/', path.find_last_not_of('/'));
  const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  if (::access(folder.c_str(), W_OK) == 0) return OkStatus();
  return Error(Reason::kBadRequest, "\"{}\" cannot be created: {}: {}", path, folder,
               std::strerror(errno));
}

/// One training; its report grows as it goes on.
class Training {
 public:
  Training(const TrainingOptions& options, const TrainingDoors& doors, const TrainingWatch& watch)
      : options_(options), doors_(doors), watch_(watch), team_(options.threads) {}

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
  Status Optimise(train::Trained& trained);
  train::TrainOptions CommonOptions();
  /// What a checkpoint belongs to: a digest of all that search and fit follow from.
  std::string Identity() const;
  Status OpenCheckpoint();

  const TrainingOptions& options_;
  const TrainingDoors& doors_;
  const TrainingWatch& watch_;
  Team team_;
  TrainingRows rows_;
  Checkpoint checkpoint_;
  TrainingReport report_;
};

StatusOr<TrainingReport> Training::Run() && {
  RETURN_IF_ERROR(CheckPlaces(options_));
  RETURN_IF_ERROR(CheckFree(options_.out));
  for (const std::string* path : {&options_.html, &options_.checkpoint})
    RETURN_IF_ERROR(CheckNoFolder(*path));
  for (const std::string* path : {&options_.out, &options_.html, &options_.checkpoint})
    if (!path->empty()) RETURN_IF_ERROR(CheckFolderOf(*path));
  const SteadyClock clock;
  const TimePoint start = clock.Now();
  ASSIGN_OR_RETURN(rows_, ReadTrainingRows(options_, searches()));
  report_.facts = rows_.facts;
  report_.cleaned = rows_.cleaned;
  report_.task = rows_.train.target.task;
  report_.labels = rows_.train.target.labels;
  report_.train_rows = rows_.train.size();
  report_.test_rows = rows_.test.size();
  report_.split = NameOf(rows_.kind);
  std::optional<HeldOutJudge> judge;
  if (report_.test_rows > 0) {
    ASSIGN_OR_RETURN(judge, HeldOutJudge::Create(options_, rows_, doors_, team_));
  }
  const TimePoint read = clock.Now();
  report_.read_time = read - start;
  RETURN_IF_ERROR(Choose());
  report_.search_time = clock.Now() - read;

  ASSIGN_OR_RETURN(train::Trained trained, Fit());
  RETURN_IF_ERROR(Optimise(trained));
  ASSIGN_OR_RETURN(const std::unique_ptr<evaluate::Runner> runner, doors_.load(trained.onnx));
  if (judge) {
    Tell("judging the model", kUnknownShare);
    ASSIGN_OR_RETURN(report_.held_out, judge->Judge(*runner, trained, report_));
  }
  if (!options_.html.empty() && report_.held_out)
    RETURN_IF_ERROR(io::WriteDurably(options_.html, evaluate::ToHtml(*report_.held_out)));
  if (!report_.FailedLines().empty()) return std::move(report_);
  ASSIGN_OR_RETURN(report_.packed, PackTrained(trained, *runner, rows_, report_, options_));
  if (!options_.checkpoint.empty()) ::unlink(options_.checkpoint.c_str());
  return std::move(report_);
}

StatusOr<std::vector<train::Recipe>> Training::Recipes() const {
  if (options_.model == kAutomatic) {
    if (options_.parameters.empty())
      return train::AutomaticRecipes(report_.task, rows_.train.size());
    return Error(Reason::kBadRequest,
                 "--param: of which estimator? Name it with --model; auto tries several");
  }
  ASSIGN_OR_RETURN(const train::EstimatorKind* const kind, train::FindEstimator(options_.model));
  train::Recipe base{kind, options_.parameters};
  if (!searches()) return std::vector{std::move(base)};
  const train::Choices choices = train::ChoicesOf(*kind, base.parameters);
  if (options_.search == Search::kGrid) {
    if (const size_t count = train::CombinationsOf(choices); count > kMaxGrid)
      return Error(
          Reason::kBadRequest,
          "--search grid: {} combinations are more than {}: give fewer values, or search at random "
          "with --trials",
          count, kMaxGrid);
    return train::Grid(base, choices);
  }
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
    return OpenCheckpoint();
  }
  const data::Target& target = rows_.train.target;
  evaluate::NamedMetric metric = evaluate::DefaultScore(target, /*has_probabilities=*/false);
  if (!options_.metric.empty()) {
    ASSIGN_OR_RETURN(metric, evaluate::FindMetric(options_.metric, target));
  }
  report_.metric = metric.name;
  const train::Experiment experiment{rows_.train, rows_.folds, metric, doors_.load};
  RETURN_IF_ERROR(OpenCheckpoint());
  Status saved;
  train::Control control{
      .stopped = [&] { return stop_requests() > 0 || !saved.ok(); },
      .deadline = std::nullopt,
      .progress = [&](double share) { Tell("trying estimators", share); },
      .recall = [&](const train::Recipe& recipe,
                    size_t max_rows) { return checkpoint_.Recall(recipe, max_rows); },
      .done = [&](const train::Trial& trial,
                  size_t max_rows) { saved.Update(checkpoint_.Remember(trial, max_rows)); }};
  if (options_.budget) control.deadline = SteadyClock().Now() + *options_.budget;
  ASSIGN_OR_RETURN(report_.trials, Try(recipes, experiment, control));
  RETURN_IF_ERROR(saved);
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
  const TrainingOptions& o = options_;
  std::string parts =
      fmt::format("data {} rows {} folds {} model {} search {} {} trials by {}, more {} threads {}",
                  rows_.facts.sha256, ToJson(o), o.folds, o.model, static_cast<int>(o.search),
                  o.trials, report_.metric, o.resource, o.threads);
  for (const auto& [name, value] : o.parameters) parts += fmt::format("\nparam {}={}", name, value);
  for (const std::string& step : o.steps.said()) parts += fmt::format("\nstep {}", step);
  return io::Sha256Hex(parts);
}

Status Training::OpenCheckpoint() {
  if (options_.checkpoint.empty()) return OkStatus();
  ASSIGN_OR_RETURN(checkpoint_,
                   Checkpoint::Open(options_.checkpoint, Identity(), options_.checkpoint_every));
  report_.resumed = checkpoint_.is_resumed();
  return OkStatus();
}

StatusOr<train::Trained> Training::Fit() {
  const std::string state(checkpoint_.StateOf(report_.recipe));
  const int asked = stop_requests();
  std::optional<TimePoint> deadline;
  if (options_.budget && !searches()) deadline = SteadyClock().Now() + *options_.budget;
  const std::string what = fmt::format("training {}", train::NameOf(report_.recipe));
  FitWatch watch({.checkpoint = checkpoint_,
                  .recipe = report_.recipe,
                  .should_stop =
                      [&] {
                        return stop_requests() > asked ||
                               (deadline && SteadyClock().Now() >= *deadline);
                      },
                  .progress = [&](double share) { Tell(what, share); }});
  Tell(what, 0);
  train::TrainOptions options = CommonOptions();
  options.watch = &watch;
  options.checkpoint = state;
  ASSIGN_OR_RETURN(train::Trained trained, train::Train(rows_.train, report_.recipe, options));
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

Status Training::Optimise(train::Trained& trained) {
  if (options_.optimise.empty()) return OkStatus();
  Tell("optimising the model", kUnknownShare);
  ASSIGN_OR_RETURN(report_.optimised, OptimiseTrained(trained, rows_, doors_.load,
                                                      {options_.optimise, options_.max_loss}));
  trained.onnx = std::move(report_.optimised->onnx);
  report_.model_bytes = trained.onnx.size();
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

StatusOr<TrainingReport> RunTraining(const TrainingOptions& options, const TrainingDoors& doors,
                                     const TrainingWatch& watch) {
  return Training(options, doors, watch).Run();
}

}  // namespace slipway::pipeline
