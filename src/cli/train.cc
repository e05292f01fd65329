#include <absl/strings/numbers.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "cli/any_model.h"
#include "cli/attest.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/row_options.h"
#include "cli/server_target.h"
#include "cli/train_report.h"
#include "engine/choice/engines.h"
#include "optimise/pass.h"
#include "pipeline/runners.h"
#include "pipeline/training.h"
#include "server/config_value.h"
#include "server/resources.h"
#include "train/estimator.h"

namespace slipway::cli {
namespace {

using pipeline::Search;
using pipeline::TrainingOptions;

Status ReadSteps(const Arguments& arguments, TrainingOptions& options) {
  for (const std::string& step : arguments.Texts("--step")) {
    const Status added = options.steps.Add(step);
    if (!added.ok()) return Annotate(added, "--step");
  }
  return OkStatus();
}

/// An option that would change nothing is a mistake.
Status CheckUses(const Arguments& arguments, const TrainingOptions& options) {
  const bool searches = options.search != Search::kNone || options.model == "auto";
  const bool draws = options.search == Search::kRandom || options.search == Search::kHalving;
  bool keeps = searches;
  if (!keeps) {
    ASSIGN_OR_RETURN(const train::EstimatorKind* const kind, train::FindEstimator(options.model));
    keeps = kind->saves_checkpoints;
  }
  struct Use {
    std::string_view option;
    bool of_use;
    std::string_view where;
  };
  const Use uses[] = {
      {"--metric", searches, "a search: --search, or --model auto"},
      {"--folds", searches, "a search: --search, or --model auto"},
      {"--trials", draws, "--search random or halving"},
      {"--resource", options.search == Search::kHalving, "--search halving"},
      {"--html", options.test_share > 0, "rows held out, and --test-share is 0"},
      {"--gate", options.test_share > 0, "rows held out, and --test-share is 0"},
      {"--optimise", options.test_share > 0, "rows held out, and --test-share is 0"},
      {"--max-loss", options.optimise == "auto", "--optimise auto"},
      {"--baseline", options.test_share > 0, "rows held out, and --test-share is 0"},
      {"--checkpoint", keeps, "a search, or an estimator that saves its state (docs/training.md)"},
      {"--checkpoint-every", arguments.Has("--checkpoint"), "--checkpoint"},
  };
  if (!options.group.empty() && !options.time.empty())
    return Error(Reason::kBadRequest, "--group and --time: expected one of them");
  for (const Option& option : TargetOptions())
    if (arguments.Has(option.name) && !arguments.Has("--baseline") && !arguments.Has("--gate"))
      return Error(Reason::kBadRequest, "{}: of use with a --baseline at a server only",
                   option.name);
  for (const Use& use : uses)
    if (arguments.Has(use.option) && !use.of_use)
      return Error(Reason::kBadRequest, "{}: of use with {} only", use.option, use.where);
  for (const std::string_view option : {"--gate", "--baseline", "--html", "--checkpoint",
                                        "--weights", "--group", "--time", "--metric", "--resource"})
    if (arguments.Has(option) && arguments.Text(option).empty())
      return Error(Reason::kBadRequest, "{}: expected a name, got \"\"", option);
  return OkStatus();
}

Status ReadModel(const Arguments& arguments, TrainingOptions& options) {
  options.model = arguments.Text("--model", options.model);
  options.name = arguments.Text("--name");
  options.licence = arguments.Text("--licence");
  options.intended_use = arguments.Text("--intended-use");
  for (const std::string& text : arguments.Texts("--param")) {
    const size_t equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
      return Error(Reason::kBadRequest, "--param: expected NAME=VALUE, got \"{}\"", text);
    options.parameters[text.substr(0, equals)] = text.substr(equals + 1);
  }
  if (options.model == "auto") return OkStatus();
  const auto kind = train::FindEstimator(options.model);
  if (!kind.ok()) return Annotate(kind.status(), "--model");
  if (arguments.Has("--search")) return OkStatus();
  return (*kind)->Read(options.parameters).status();
}

Status ReadSearch(const Arguments& arguments, TrainingOptions& options) {
  const std::string search = arguments.Text("--search");
  if (search == "grid") options.search = Search::kGrid;
  if (search == "random") options.search = Search::kRandom;
  if (search == "halving") options.search = Search::kHalving;
  if (options.search != Search::kNone && options.model == "auto")
    return Error(Reason::kBadRequest, "--search: of which estimator? Name it with --model");
  options.metric = arguments.Text("--metric");
  options.resource = arguments.Text("--resource");
  constexpr int64_t kMaxFolds = 1000, kMaxTrials = 100'000;
  ASSIGN_OR_RETURN(options.folds,
                   ParseCount("--folds", arguments.Text("--folds", "5"), 2, kMaxFolds));
  ASSIGN_OR_RETURN(options.trials,
                   ParseCount("--trials", arguments.Text("--trials", "20"), 1, kMaxTrials));
  return OkStatus();
}

Status ReadLimits(const Arguments& arguments, TrainingOptions& options) {
  const std::string share = arguments.Text("--test-share", "0.2");
  if (!absl::SimpleAtod(share, &options.test_share) ||
      !(options.test_share >= 0 && options.test_share < 1))
    return Error(Reason::kBadRequest, "--test-share: expected 0 or a share below 1, got \"{}\"",
                 share);
  if (arguments.Has("--budget")) {
    const auto budget = server::ParseDuration(arguments.Text("--budget"));
    if (!budget.ok()) return Annotate(budget.status(), "--budget");
    options.budget = *budget;
  }
  const auto every = server::ParseDuration(arguments.Text("--checkpoint-every", "10s"));
  if (!every.ok()) return Annotate(every.status(), "--checkpoint-every");
  options.checkpoint_every = *every;
  options.checkpoint = arguments.Text("--checkpoint");
  constexpr int64_t kMaxThreads = 1024;
  ASSIGN_OR_RETURN(
      options.threads,
      ParseCount(
          "--threads",
          arguments.Text("--threads", fmt::format("{}", server::DetectResources().processors)), 1,
          kMaxThreads));
  options.gate = arguments.Text("--gate");
  options.baseline = arguments.Text("--baseline");
  options.optimise = arguments.Text("--optimise");
  if (arguments.Has("--optimise") && options.optimise != "auto") {
    const auto steps = optimise::ReadSteps(options.optimise);
    if (!steps.ok()) return Annotate(steps.status(), "--optimise");
  }
  const std::string loss = arguments.Text("--max-loss", "0.01");
  if (!absl::SimpleAtod(loss, &options.max_loss) ||
      !(options.max_loss >= 0 && options.max_loss <= 1))
    return Error(Reason::kBadRequest, "--max-loss: expected a number from 0 to 1, got \"{}\"",
                 loss);
  options.html = arguments.Text("--html");
  return OkStatus();
}

StatusOr<TrainingOptions> ReadOptions(const Arguments& arguments) {
  TrainingOptions options;
  options.data = arguments.Text("DATA");
  options.out = arguments.Text("--output");
  ASSIGN_OR_RETURN(static_cast<pipeline::RowChoice&>(options), ReadRowOptions(arguments));
  options.drop = arguments.Texts("--drop");
  RETURN_IF_ERROR(ReadSteps(arguments, options));
  RETURN_IF_ERROR(ReadModel(arguments, options));
  RETURN_IF_ERROR(ReadSearch(arguments, options));
  RETURN_IF_ERROR(ReadLimits(arguments, options));
  RETURN_IF_ERROR(CheckUses(arguments, options));
  return options;
}

StatusOr<pipeline::Baseline> OpenBaseline(const std::string& name, const Arguments& arguments,
                                          int threads) {
  ASSIGN_OR_RETURN(AnyModel opened, OpenAnyModel(name, arguments, threads));
  const auto model = std::make_shared<const AnyModel>(std::move(opened));
  const AnyModel* const models[] = {model.get()};
  RETURN_IF_ERROR(CheckTargetUse(arguments, models));
  pipeline::Baseline baseline{
      .name = name, .runner = {model, model->runner.get()}, .size_bytes = std::nullopt};
  if (model->local) baseline.size_bytes = model->local->artifact->size_bytes();
  return baseline;
}

StatusOr<pipeline::TrainingReport> Train(const TrainingOptions& options,
                                         const Arguments& arguments) {
  const std::unique_ptr<Engine> engine = CreateEngine();
  const InterruptCount interrupts;
  Progress progress("Training on " + options.data);
  return pipeline::RunTraining(
      options,
      {.load = pipeline::LoaderOf(*engine, {.intra_op_threads = options.threads}),
       .open_baseline =
           [&](const std::string& name) { return OpenBaseline(name, arguments, options.threads); },
       .without_baseline = [&] { return CheckTargetUse(arguments, {}); },
       .find_alias = [&](const std::string& word) { return FindAliased(word, options.out); }},
      {.stop_requests = &InterruptCount::count,
       .progress = [&](std::string_view, double share) { progress.Set(share); }});
}

/// What the training found out, beside the bundle that it wrote.
Status AttestBeside(const pipeline::TrainingReport& report, const TrainingOptions& options) {
  const std::string& digest = report.packed.digest;
  if (digest.empty()) return OkStatus();
  Status attested = Attest(options.out, "training", digest, TrainingJson(report, options));
  if (attested.ok() && report.held_out)
    attested = AttestEvaluation(options.out, digest, *report.held_out);
  if (attested.ok()) return OkStatus();
  return Annotate(attested, fmt::format("{} was written, its reports were not", options.out));
}

int RunTrain(const Arguments& arguments) {
  const auto options = ReadOptions(arguments);
  if (!options.ok()) return Fail("train", options.status(), /*usage=*/true);
  const auto report = Train(*options, arguments);
  if (!report.ok()) return Fail("train", report.status());
  for (const std::string& warning : report->warnings) Warn(warning);
  Status written = WriteResult("", arguments.Flag("--json") ? TrainingJson(*report, *options)
                                                            : TrainingText(*report, *options));
  written.Update(AttestBeside(*report, *options));
  if (!written.ok()) return Fail("train", written);
  const auto failed = report->FailedLines();
  if (failed.empty()) return kDone;
  std::vector<std::string> lines;
  for (const evaluate::GateLine& line : failed)
    lines.push_back(fmt::format("{} (found {})", line.text, line.found));
  return Fail("train",
              Error(Reason::kPreconditionFailed, "the gate {} says no, and {} was not written: {}",
                    options->gate, options->out, fmt::join(lines, "; ")));
}

std::string KindsHelp() {
  std::vector<std::string_view> names;
  for (const train::EstimatorKind& kind : train::EstimatorKinds()) names.push_back(kind.name);
  return fmt::format(
      "The estimator, or auto, which tries those that suit the data (docs/training.md): {}. "
      "Default: boosting.",
      fmt::join(names, ", "));
}

/// What is learned from, and what judges.
std::vector<Option> RowOptions() {
  return {
      {"DATA", "",
       "The rows: .csv, .jsonl, .npy or .npz, also compressed (.gz, .zst), or .parquet.",
       /*required=*/true},
      {.name = "--target", .value_name = "COL", .help = "The column to predict.", .required = true},
      {.name = "--task",
       .value_name = "TASK",
       .help = "What to predict, when it does not follow from the target.",
       .words = {"regression", "classification"}},
      {.name = "--type",
       .value_name = "COL=TYPE",
       .help = "A column's type: number, integer, boolean, category, text or time.",
       .repeated = true},
      {.name = "--drop", .value_name = "COL", .help = "A column to leave out.", .repeated = true},
      {.name = "--clean",
       .value_name = "STEP",
       .help = fmt::format("What to do with rows, in this order: {}. Those that would falsify the "
                           "rows held out leave them alone.",
                           fmt::join(data::CleaningStepNames(), ", ")),
       .repeated = true},
      {"--weights", "COL", "A column of weights of the rows."},
      {"--group", "COL",
       "Rows of one value of it are never on both sides of a split; it is not learned from."},
      {"--time", "COL",
       "The latest rows by it are held out, and later ones judge earlier ones; it is not learned "
       "from."},
      {"--test-share", "SHARE", "Of the rows, held out to judge the model. Default: 0.2."},
      {"--sample", "N",
       "Learn from N rows of the file, taken at random: for files that memory does not hold."},
      {"--skip-bad-rows", "", "Counts rows that cannot be read instead of refusing the file."},
      {"--seed", "N", "Everything random follows from it. Default: 0."}};
}

/// What learns.
std::vector<Option> ModelOptions() {
  return {
      {"--model", "NAME", KindsHelp()},
      {.name = "--param",
       .value_name = "NAME=VALUE",
       .help = "A parameter of the estimator; for a search, several values with commas (of texts, "
               "semicolons).",
       .repeated = true},
      {.name = "--step",
       .value_name = "COL=STEP",
       .help = "What to do with a column (docs/training.md), as age=bins:10 or "
               "'*=scale:robust'.",
       .repeated = true},
      {.name = "--search",
       .value_name = "KIND",
       .help = "Tries values of parameters: the estimator's own list, less what --param says.",
       .words = {"grid", "random", "halving"}},
      {"--folds", "N", "Of cross-validation, in a search. Default: 5."},
      {"--trials", "N", "Of a random or halving search. Default: 20."},
      {"--metric", "NAME", "What a search ranks by, as balanced_accuracy or rmse."},
      {"--resource", "PARAM",
       "What halving gives more of from round to round: a parameter that counts, as "
       "iterations. Default: rows."}};
}

/// How long it may take, and what is left of it when it is cut short.
std::vector<Option> LimitOptions() {
  return {{"--budget", "DURATION",
           "Time of the search, or of the fit without one, as 60s: the best until then is kept."},
          {"--threads", "N", "Default: one for each processor."},
          {"--checkpoint", "FILE",
           "Search and fit are saved here from time to time, and go on from here when the file "
           "exists."},
          {"--checkpoint-every", "DURATION", "Default: 10s."}};
}

/// What becomes of the model.
std::vector<Option> ResultOptions() {
  return {
      {.name = "--output",
       .value_name = "OUT",
       .help = "The bundle: NAME.slipway or NAME.tar (a tar), else a folder. It must not exist. "
               "Beside it: OUT.training.json and, of the rows held out, OUT.evaluation.json and "
               ".html, OUT.gate.json.",
       .required = true,
       .short_name = "-o"},
      {"--name", "NAME", "Name of the model in the bundle."},
      {"--licence", "TEXT",
       "The model's licence, in the bundle: an SPDX expression or a sentence."},
      {"--intended-use", "TEXT", "What the model is for and what it is not for, in the bundle."},
      {"--optimise", "auto|A,B",
       "Makes the model smaller or faster before it is judged: by passes named as in slipway "
       "optimise --passes, or by those that auto finds to pay."},
      {"--max-loss", "SHARE",
       "What --optimise auto may cost of the first figure, on the rows held out. Default: 0.01."},
      {"--gate", "FILE",
       "Thresholds (docs/formats/gate.md): a model that does not reach them is not packed."},
      {"--baseline", "MODEL|URL",
       "A model to compare with on the rows held out, and of which the gate's rules may speak."},
      {"--html", "FILE", "A report of the rows held out, as a page for browsers."},
      JsonOption()};
}

std::vector<Option> OptionTable() {
  std::vector<Option> options;
  for (std::vector<Option> some : {RowOptions(), CellOptions(), ModelOptions(), LimitOptions(),
                                   ResultOptions(), TargetOptions()})
    std::ranges::move(some, std::back_inserter(options));
  return options;
}

}  // namespace

Command TrainCommand() {
  return {"train", "Trains a model on a file of rows and packs it as a bundle.",
          "slipway train flowers.csv --target species -o flowers.slipway", OptionTable(), RunTrain};
}

}  // namespace slipway::cli
