#pragma once
// From a file of rows to a bundle: read, split, choose, fit, judge, pack.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "bundle/pack.h"
#include "evaluate/judgement.h"
#include "evaluate/report.h"
#include "evaluate/runner.h"
#include "optimise/auto.h"
#include "pipeline/row_choice.h"
#include "train/preprocessing/steps.h"
#include "train/selection/trial.h"

namespace slipway::pipeline {

enum class Search : uint8_t { kNone, kGrid, kRandom, kHalving };

struct TrainingOptions : RowChoice {
  std::string data;                // the file
  std::string out;                 // the bundle; must not exist
  std::string model = "boosting";  // an estimator's name, or "auto"
  std::map<std::string, std::string>
      parameters;  // of it; with a search, several values with commas
  train::StepPlan steps;
  int folds = 5;
  Search search = Search::kNone;
  size_t trials = 20;              // of a random search, and of halving's first round
  std::string metric;              // that a search ranks by; "" = the task's default
  std::string resource;            // of halving: "" = rows, else a parameter
  std::optional<Duration> budget;  // of the search, or, without one, of the fit
  int threads = 1;
  std::string checkpoint;  // a file, or ""
  Duration checkpoint_every = std::chrono::seconds(10);
  std::string name;                   // of the model in the bundle
  std::string licence, intended_use;  // the same
  std::string optimise;    // "": not; else "auto", or passes as optimise::ReadSteps takes them
  double max_loss = 0.01;  // that optimising by "auto" may cost
  std::string gate;        // a file of thresholds that the rows held out decide, or ""
  std::string baseline;    // a model to compare with; "": what the gate names, if anything
  std::string html;        // a report for browsers, or ""
};

/// A model to compare with, of this machine or at a server.
struct Baseline {
  std::string name;
  std::shared_ptr<const evaluate::Runner> runner;
  std::optional<uint64_t> size_bytes;  // not known at a server
};
using OpenBaseline = std::function<StatusOr<Baseline>(const std::string& name)>;

/// What a training has of engines and clients.
struct TrainingDoors {
  evaluate::LoadModel load;  // models that were written here
  OpenBaseline open_baseline;
  /// Asked in its place when neither the options nor the gate name a baseline: refuses what only
  /// one would have a use for. Null: there is no such thing.
  std::function<Status()> without_baseline = nullptr;
  evaluate::FindAlias find_alias = nullptr;  // of a baseline; may be null
};

/// Who follows a training from outside. Threads: called from the thread that trains.
struct TrainingWatch {
  /// How often a person asked to stop: the search ends at the first time, a fit at the next.
  std::function<int()> stop_requests;
  std::function<void(std::string_view what, double share)>
      progress;  // share: 0 to 1, or unknown, -1
};

/// What came of it.
struct TrainingReport {
  data::TableFacts facts;
  data::Task task = data::Task::kRegression;
  std::vector<std::string> labels;
  size_t columns = 0;  // that the model takes
  size_t model_bytes = 0;
  size_t train_rows = 0, test_rows = 0;
  std::string split;  // "stratified"
  train::Recipe recipe;
  std::string metric;  // that the search ranked by; "" without one
  std::vector<train::Trial> trials;
  std::string choice;                // why this recipe; "" without a search
  std::string summary;               // "73 trees, stopped early"
  std::vector<std::string> cleaned;  // what steps of cleaning did
  std::vector<std::string> steps, warnings;
  std::string curve_metric;
  std::vector<train::CurvePoint> curve;
  std::optional<optimise::AutoChoice> optimised;  // without its model
  std::optional<evaluate::Report> held_out;       // of the rows held out, when there are any
  bool resumed = false;
  bool stopped = false;  // by a person or the budget: the best so far
  Duration read_time{}, search_time{}, preprocess_time{}, fit_time{};
  bundle::Packed packed;  // empty when a gate said no

  /// The lines of the gate that the model did not reach.
  std::vector<evaluate::GateLine> FailedLines() const;
};

/// The same file, options, threads and class of processor give the same bundle, byte for byte,
/// unless the budget or a person stopped something, or "auto" chose by what it measured.
/// A model that does not pass its gate is not packed.
/// @return kAlreadyExists when `out` is there (before any work); kBadRequest naming option, column
///   or row; kTooLarge; kDiskFull, leaving nothing behind; kIo.
StatusOr<TrainingReport> RunTraining(const TrainingOptions& options, const TrainingDoors& doors,
                                     const TrainingWatch& watch);

}  // namespace slipway::pipeline
