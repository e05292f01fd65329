#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "bundle/manifest.h"
#include "bundle/pack.h"
#include "cli/attest.h"
#include "cli/commands.h"
#include "cli/local_model.h"
#include "cli/optimise_data.h"
#include "cli/optimise_report.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "data/split.h"
#include "io/durable_write.h"
#include "optimise/auto.h"
#include "optimise/distil/distil.h"
#include "optimise/inline_data.h"
#include "optimise/judge.h"
#include "pipeline/runners.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

constexpr std::string_view kOnnxEnding = ".onnx";
constexpr size_t kMadeUpRows = 16;  // that stand for data where there is none
constexpr size_t kMaxExamples = 1'000;
constexpr int64_t kMaxCalibration = 1 << 20;  // rows

/// Of this process, less what it freed: a model that took memory of another that is gone would seem
/// to take none. Source: proc(5), /proc/pid/statm.
size_t ResidentBytes() {
  ::malloc_trim(0);
  std::ifstream statm("/proc/self/statm");
  size_t pages = 0, resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

/// Those that --passes names, or all that keep answers.
StatusOr<std::vector<optimise::Step>> StepsOf(const Arguments& arguments) {
  if (!arguments.Has("--passes")) return optimise::ExactSteps();
  return optimise::ReadSteps(arguments.Text("--passes"));
}

StatusOr<double> MaxLossOf(const Arguments& arguments) {
  return ParseShare("--max-loss", arguments.Text("--max-loss", "0.01"), Ends::kIncluded);
}

/// Everything that the passes of one command work with. Members die in reverse order.
struct Setup {
  LocalModel model;
  RowsOfFile data;                   // all rows
  optimise::CalibrationSplit split;  // those to calibrate on, and those to judge by
  optimise::Workshop workshop;
  SteadyClock clock;

  optimise::OptimiseOptions optimise_options() const { return {.clock = &clock}; }
  optimise::SideBySideOptions side_by_side_options(const evaluate::Gate& gate) const {
    optimise::SideBySideOptions options{.clock = &clock, .resident_bytes = ResidentBytes};
    if (gate.NeedsLatency()) options.one_row = evaluate::LatencyOptions();
    return options;
  }
};

/// As many as are asked for, else as passes want.
StatusOr<int64_t> CalibrationRows(const Arguments& arguments, const Setup& setup) {
  if (arguments.Has("--calibration"))
    return ParseCount("--calibration", arguments.Text("--calibration"), 1, kMaxCalibration);
  ASSIGN_OR_RETURN(const auto steps, StepsOf(arguments));
  if (!arguments.Flag("--auto")) return static_cast<int64_t>(optimise::RowsWanted(steps));
  ASSIGN_OR_RETURN(auto model, optimise::ParseWhole(setup.model.artifact->bytes()));
  return static_cast<int64_t>(optimise::RowsWanted(model, setup.data.labelled.target.has_value()));
}

std::map<std::string, std::string> LineageOf(const LocalModel& model) {
  const bundle::Manifest* const manifest = model.artifact->manifest();
  return manifest == nullptr ? std::map<std::string, std::string>() : manifest->lineage;
}

/// Rows held out of the training stay that: they judge.
StatusOr<optimise::CalibrationSplit> Divided(const RowsOfFile& data, size_t most) {
  if (!data.holds_out()) return optimise::SplitForCalibration(data.labelled, most);
  return optimise::CalibrationSplit{data.labelled.Select(data.training->train).Sample(most),
                                    data.labelled.Select(data.training->test)};
}

Status ReadData(const Arguments& arguments, Setup& setup) {
  const Signature& signature = setup.model.signature();
  if (!arguments.Has("--data")) {
    ASSIGN_OR_RETURN(setup.split.judged.rows, optimise::MadeUpRows(signature, kMadeUpRows));
    return OkStatus();
  }
  ASSIGN_OR_RETURN(setup.data, ReadRows(arguments.Text("--data"), signature,
                                        arguments.Text("--target"), LineageOf(setup.model)));
  ASSIGN_OR_RETURN(const int64_t most, CalibrationRows(arguments, setup));
  ASSIGN_OR_RETURN(setup.split, Divided(setup.data, static_cast<size_t>(most)));
  setup.workshop.rows = &setup.split.calibration;
  return OkStatus();
}

StatusOr<std::unique_ptr<Setup>> Prepare(const Arguments& arguments) {
  auto setup = std::make_unique<Setup>();
  ASSIGN_OR_RETURN(setup->model, OpenLocalModel(arguments.Text("MODEL")));
  LoadOptions load;
  load.memory.run_bytes = server::DetectResources().memory_bytes;
  setup->workshop.signature = &setup->model.signature();
  setup->workshop.load = pipeline::LoaderOf(*setup->model.engine, load);
  RETURN_IF_ERROR(ReadData(arguments, *setup));
  return setup;
}

/// The file's rules, checked against the rows' target; without a file none.
StatusOr<evaluate::Gate> ReadGate(const Arguments& arguments, const Setup& setup) {
  if (!arguments.Has("--gate")) return evaluate::Gate();
  const optimise::LabelledRows& rows = setup.split.judged;
  if (!rows.target)
    return MakeError(Reason::kBadRequest, "--gate needs right answers: give --data and --target");
  ASSIGN_OR_RETURN(const data::Target target, optimise::TargetFor(setup.model.signature(), rows));
  return evaluate::ReadGateFile(arguments.Text("--gate"), target);
}

/// @param gate, judged  must outlive it.
StatusOr<optimise::Gatekeeper> GatekeeperOf(const Arguments& arguments, const Setup& setup,
                                            const evaluate::Gate& gate,
                                            const optimise::LabelledRows& judged) {
  if (arguments.Has("--gate")) return optimise::FileGate(gate, setup.model.signature(), judged);
  ASSIGN_OR_RETURN(const double max_loss, MaxLossOf(arguments));
  return optimise::LossGate(max_loss);
}

struct Outcome {
  std::string onnx;
  std::string lineage;  // the passes that made it
  OptimiseReport report;
  std::optional<Signature> signature = {};  // of a model that takes and gives something else
};

StatusOr<Outcome> ChooseBest(const Arguments& arguments, const Setup& setup) {
  ASSIGN_OR_RETURN(const evaluate::Gate gate, ReadGate(arguments, setup));
  optimise::AutoOptions options;
  options.optimise = setup.optimise_options();
  options.side_by_side = setup.side_by_side_options(gate);
  ASSIGN_OR_RETURN(options.max_loss, MaxLossOf(arguments));
  ASSIGN_OR_RETURN(options.gate, GatekeeperOf(arguments, setup, gate, setup.split.judged));
  ASSIGN_OR_RETURN(auto choice,
                   optimise::ChooseBest(setup.model.artifact->bytes(), setup.model.signature(),
                                        setup.split.judged, setup.workshop, options));
  Outcome outcome{std::move(choice.onnx), choice.passes, {}};
  outcome.report.trials = std::move(choice.trials);
  outcome.report.chosen = choice.chosen;
  outcome.report.why = std::move(choice.why);
  return outcome;
}

/// OK when the gate that was asked for lets the model through.
Status Judge(const optimise::Gatekeeper& gatekeeper,
             const std::vector<optimise::Standing>& standings) {
  ASSIGN_OR_RETURN(const std::string refused, gatekeeper(standings[0], standings[1]));
  if (refused.empty()) return OkStatus();
  return Error(Reason::kPreconditionFailed, "the gate says no: {}", refused);
}

/// The passes named, or all that keep answers, and the model before and after side by side.
StatusOr<Outcome> ApplyPasses(const Arguments& arguments, const Setup& setup) {
  ASSIGN_OR_RETURN(std::vector<optimise::Step> steps, StepsOf(arguments));
  ASSIGN_OR_RETURN(const double max_loss, MaxLossOf(arguments));
  optimise::AllowLoss(steps, max_loss);
  const optimise::LabelledRows& rows = setup.split.judged;
  ASSIGN_OR_RETURN(const evaluate::Gate gate, ReadGate(arguments, setup));
  ASSIGN_OR_RETURN(const auto gatekeeper, GatekeeperOf(arguments, setup, gate, rows));
  const ModelBytes& bytes = setup.model.artifact->bytes();
  ASSIGN_OR_RETURN(auto optimised, optimise::Optimise(bytes, steps, setup.workshop, rows.rows,
                                                      setup.optimise_options()));
  ASSIGN_OR_RETURN(const ::onnx::ModelProto original, optimise::ParseWhole(bytes));
  const optimise::Contender contenders[] = {{"original", original.SerializeAsString()},
                                            {"optimised", optimised.onnx}};
  ASSIGN_OR_RETURN(const auto standings,
                   optimise::CompareSideBySide(contenders, setup.model.signature(), rows,
                                               setup.workshop, setup.side_by_side_options(gate)));
  Outcome outcome{std::move(optimised.onnx), optimise::PassesThatDidSomething(optimised), {}};
  for (const optimise::Standing& standing : standings) outcome.report.trials.push_back({standing});
  outcome.report.passes = std::move(optimised.passes);
  outcome.report.chosen = 1;
  if (arguments.Has("--gate")) RETURN_IF_ERROR(Judge(gatekeeper, standings));
  return outcome;
}

/// The columns that the model names; all of them when it names none.
data::Table WhatItTakes(const Signature& signature, data::Table table) {
  std::vector<std::string> named;
  for (const TensorSpec& input : signature.inputs) {
    if (signature.inputs.size() > 1) named.push_back(input.name);
    named.insert(named.end(), input.columns.begin(), input.columns.end());
  }
  if (!named.empty())
    std::erase_if(table.columns, [&](const data::Column& column) {
      return std::ranges::find(named, column.name) == named.end();
    });
  return table;
}

/// A model of another kind that learned from what the original says of most of the rows, beside it
/// on the others.
StatusOr<Outcome> Distil(const Arguments& arguments, const Setup& setup) {
  constexpr double kJudgedShare = 0.2;
  const Signature& signature = setup.model.signature();
  optimise::LabelledRows rows = setup.data.labelled;
  if (!rows.target || rows.table.columns.empty())
    return MakeError(Reason::kBadRequest, "--distil needs a table: give --data and --target");
  ASSIGN_OR_RETURN(rows.target, optimise::TargetFor(signature, rows));
  rows.table = WhatItTakes(signature, std::move(rows.table));
  data::Split split;
  if (setup.data.holds_out()) {
    split = *setup.data.training;
  } else {
    ASSIGN_OR_RETURN(split, data::SplitOnce(rows.rows.count, kJudgedShare, rows.Splitting(0)));
  }
  const optimise::LabelledRows taught = rows.Select(split.train), judged = rows.Select(split.test);
  ASSIGN_OR_RETURN(const evaluate::Gate gate, ReadGate(arguments, setup));
  ASSIGN_OR_RETURN(const auto gatekeeper, GatekeeperOf(arguments, setup, gate, judged));
  const auto teacher = pipeline::RunnerOf(*setup.model.loaded, signature);
  Team team(1);
  train::TrainOptions options{.team = &team};
  train::Recipe student;
  ASSIGN_OR_RETURN(student.kind, train::FindEstimator(arguments.Text("--distil")));
  ASSIGN_OR_RETURN(train::Trained trained, optimise::Distil(*teacher, taught, student, options));
  ASSIGN_OR_RETURN(const data::Table inputs, train::InputsOf(trained, judged.table));
  ASSIGN_OR_RETURN(const optimise::Rows own, optimise::RowsOfTable(inputs, trained.signature));
  ASSIGN_OR_RETURN(const ::onnx::ModelProto original,
                   optimise::ParseWhole(setup.model.artifact->bytes()));
  const optimise::Contender contenders[] = {
      {"original", original.SerializeAsString()},
      {train::NameOf(student), trained.onnx, &trained.signature, &own}};
  ASSIGN_OR_RETURN(const auto standings,
                   optimise::CompareSideBySide(contenders, signature, judged, setup.workshop,
                                               setup.side_by_side_options(gate)));
  if (arguments.Has("--gate")) RETURN_IF_ERROR(Judge(gatekeeper, standings));
  Outcome outcome{std::move(trained.onnx), "distil:" + train::NameOf(student), {}};
  outcome.signature = std::move(trained.signature);
  for (const optimise::Standing& standing : standings) outcome.report.trials.push_back({standing});
  outcome.report.chosen = 1;
  return outcome;
}

/// The original's examples, answered by the new model.
StatusOr<std::vector<bundle::Example>> ExamplesOf(const Setup& setup, const std::string& onnx) {
  ASSIGN_OR_RETURN(auto examples, setup.model.artifact->Examples(kMaxExamples));
  ASSIGN_OR_RETURN(const auto runner, setup.workshop.load(onnx));
  for (bundle::Example& example : examples) {
    std::vector<std::string> names;
    for (const NamedTensor& output : example.outputs) names.push_back(output.name);
    ASSIGN_OR_RETURN(example.outputs, runner->Run(example.inputs, names));
    example.origin = "self";
    example.framework_version.clear();
  }
  return examples;
}

/// Whether a pass learned from right answers, or chose by them.
bool HeedsAnswers(const Outcome& outcome) {
  if (outcome.signature) return true;
  const auto steps = optimise::ReadSteps(outcome.lineage);
  return steps.ok() && std::ranges::any_of(*steps, [](const optimise::Step& step) {
           return step.pass->needs_answers;
         });
}

/// Where the data came from stays; what was measured of the parent, and how it was trained, is told
/// by the parent. Which rows nobody learned from is only known while all were of one file.
std::map<std::string, std::string> LineageOf(const Setup& setup, const Outcome& outcome) {
  std::map<std::string, std::string> parents = LineageOf(setup.model);
  const bool is_new_model = outcome.signature.has_value();
  std::erase_if(parents, [&](const auto& entry) {
    const std::string& key = entry.first;
    return key.starts_with("held_out.") || (is_new_model && !key.starts_with("data_") &&
                                            key != "target" && key != "task" && key != "rows");
  });
  if (HeedsAnswers(outcome) && !setup.data.training) {
    parents.erase("rows");
    parents["tuned_sha256"] = setup.data.sha256;
  }
  parents["created_by"] = "slipway optimise";
  parents["parent"] = setup.model.artifact->digest();
  parents["passes"] = outcome.lineage;
  return parents;
}

/// Writes an .onnx file, or a bundle whose lineage names the parent and the passes.
StatusOr<std::string> WriteOut(const std::string& out, const Setup& setup, const Outcome& outcome) {
  if (out.ends_with(kOnnxEnding)) {
    RETURN_IF_ERROR(io::WriteDurably(out, outcome.onnx, io::DurableFile::Existing::kRefuse));
    ASSIGN_OR_RETURN(const auto written, bundle::Open(out));
    return written->digest();
  }
  bundle::NewModel model{{std::as_bytes(std::span(outcome.onnx)), {}}, {}, {}};
  const bundle::Manifest* const manifest = setup.model.artifact->manifest();
  if (manifest != nullptr) model.manifest = *manifest;
  model.manifest.signature = outcome.signature.value_or(setup.model.signature());
  model.manifest.files.clear();
  model.manifest.lineage = LineageOf(setup, outcome);
  if (model.manifest.signature.inputs == setup.model.signature().inputs) {
    ASSIGN_OR_RETURN(model.examples, ExamplesOf(setup, outcome.onnx));
  } else {
    model.manifest.feature_schema.clear();
  }
  ASSIGN_OR_RETURN(const bundle::Packed packed, bundle::PackModel(model, out));
  return packed.digest;
}

std::string PassesHelp() {
  std::string help =
      "Passes to apply, in this order, as NAME or NAME:PARAMETER=VALUE:…; else all that change "
      "answers by rounding only. There are:";
  for (const optimise::Pass& pass : optimise::Passes()) help += fmt::format(" {}", pass.name);
  return help + ".";
}

std::vector<Option> OptimiseOptionTable() {
  return {
      ModelOption(),
      ModelOutputOption(),
      {"--passes", "A,B", PassesHelp()},
      {"--auto", "",
       "Tries what may help, and takes the fastest model that is good enough and faster for "
       "certain; else the one that keeps all answers."},
      {"--distil", "KIND",
       "Instead of passes, trains a model of this kind (as slipway train --model has them) on "
       "what the original says of a table's rows."},
      {"--data", "FILE",
       "Rows to calibrate and to judge by: .npz with an array for each input (x for the only "
       "one) and y, .npy, or a table (.csv, .jsonl, .parquet)."},
      {"--target", "NAME", "The column or array that holds the right answers."},
      {"--calibration", "N",
       "Rows to calibrate, choose or learn by, at most half of them; 128 otherwise, or half for "
       "passes that need right answers. The others judge."},
      {"--gate", "FILE",
       "What the result must reach, the original being the baseline; nothing is written "
       "unless it does."},
      {"--max-loss", "SHARE",
       "How much of the first figure may be lost, 0.01 otherwise: of --auto without --gate, and "
       "of passes that choose by it."},
      JsonOption()};
}

/// OK when every option that was given has an effect.
Status CheckOptions(const Arguments& arguments) {
  RETURN_IF_ERROR(RefuseEmpty(arguments, OptimiseOptionTable()));
  const bool automatic = arguments.Flag("--auto");
  if (automatic + arguments.Has("--passes") + arguments.Has("--distil") > 1)
    return MakeError(Reason::kBadRequest, "only one of --auto, --passes and --distil");
  if (arguments.Has("--gate") && arguments.Has("--max-loss"))
    return MakeError(Reason::kBadRequest, "only one of --gate and --max-loss: the gate decides");
  ASSIGN_OR_RETURN(std::vector<optimise::Step> steps, StepsOf(arguments));
  ASSIGN_OR_RETURN(const double max_loss, MaxLossOf(arguments));
  const bool calibrates =
      std::ranges::any_of(steps, [](const optimise::Step& step) { return step.pass->needs_rows; });
  struct Need {
    std::string_view option, what;
    bool there;
  };
  const Need needs[] = {
      {"--target", "--data", arguments.Has("--data")},
      {"--calibration", "--data", arguments.Has("--data")},
      {"--calibration", "--auto or a pass that needs rows", automatic || calibrates},
      {"--max-loss", "--auto or a pass that chooses by it",
       automatic || optimise::AllowLoss(steps, max_loss)}};
  for (const Need& need : needs)
    if (arguments.Has(need.option) && !need.there)
      return Error(Reason::kBadRequest, "{} needs {}: without, it has no effect", need.option,
                   need.what);
  return OkStatus();
}

StatusOr<OptimiseReport> Work(const Arguments& arguments) {
  const std::string out = arguments.Text("--output");
  RETURN_IF_ERROR(CheckOptions(arguments));
  Progress progress("Optimising " + arguments.Text("MODEL"));
  ASSIGN_OR_RETURN(const auto setup, Prepare(arguments));
  ASSIGN_OR_RETURN(Outcome outcome, arguments.Flag("--auto")    ? ChooseBest(arguments, *setup)
                                    : arguments.Has("--distil") ? Distil(arguments, *setup)
                                                                : ApplyPasses(arguments, *setup));
  outcome.report.output = out;
  ASSIGN_OR_RETURN(outcome.report.digest, WriteOut(out, *setup, outcome));
  if (!out.ends_with(kOnnxEnding)) {
    const Status attested =
        Attest(out, "optimisation", outcome.report.digest, ToJson(outcome.report));
    if (!attested.ok())
      return Annotate(attested, fmt::format("{} was written, its reports were not", out));
  }
  return std::move(outcome.report);
}

int RunOptimise(const Arguments& arguments) {
  const auto report = Work(arguments);
  if (!report.ok()) return Fail("optimise", report.status());
  const Status written =
      WriteResult("", arguments.Flag("--json") ? ToJson(*report) : ToText(*report));
  return written.ok() ? kDone : Fail("optimise", written);
}

}  // namespace

Command OptimiseCommand() {
  return {"optimise",
          "Makes a model smaller or faster, pass by pass, each verified against the original.",
          "slipway optimise examples/models/digits/1 -o /tmp/digits.onnx", OptimiseOptionTable(),
          RunOptimise};
}

Command OptimizeCommand() {
  Command command = OptimiseCommand();
  command.name = "optimize";
  command.example = "slipway optimize examples/models/digits/1 -o /tmp/digits.onnx";
  command.hidden = true;
  return command;
}

}  // namespace slipway::cli
