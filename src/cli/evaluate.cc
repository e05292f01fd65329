#include "evaluate/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/nearest_word.h"
#include "cli/any_model.h"
#include "cli/commands.h"
#include "cli/evaluation_rows.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/server_target.h"
#include "client/infer_client.h"
#include "evaluate/comparison.h"
#include "evaluate/gate.h"
#include "evaluate/importance.h"
#include "evaluate/latency.h"
#include "evaluate/predictions.h"
#include "evaluate/shap.h"
#include "evaluate/slices.h"
#include "io/file.h"
#include "pipeline/runners.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

constexpr uint64_t kMaxGateBytes = uint64_t{1} << 20;

std::vector<Option> EvaluateOptionTable();

/// A model and what it says of the rows.
struct JudgedModel {
  AnyModel model;
  evaluate::Predictions predictions;
};

StatusOr<evaluate::Gate> ReadGate(const std::string& path, const data::Target& target) {
  ASSIGN_OR_RETURN(const io::File file, io::File::Open(path));
  ASSIGN_OR_RETURN(const io::Bytes bytes, file.ReadAll(kMaxGateBytes));
  return evaluate::ParseGate(bytes.text(), path, target);
}

/// One evaluation, step by step.
class Evaluation {
 public:
  explicit Evaluation(const Arguments& arguments)
      : arguments_(arguments),
        processors_(server::DetectResources().processors),
        team_(processors_),
        progress_("Evaluating " + arguments.Text("MODEL|URL")) {}

  StatusOr<evaluate::Report> Run() {
    RETURN_IF_ERROR(Prepare());
    ASSIGN_OR_RETURN(evaluate::Report report, Measure());
    RETURN_IF_ERROR(AddSlices(report));
    RETURN_IF_ERROR(AddImportance(report));
    RETURN_IF_ERROR(AddShap(report));
    if (baseline_) {
      report.comparison =
          evaluate::Compare(rows_.target, candidate_.predictions, baseline_->predictions, positive_,
                            options_.metrics, rows_.weights, Bootstrap(rows_.target.rows()));
      report.comparison->baseline = baseline_->model.name;
    }
    if (gate_) {
      ASSIGN_OR_RETURN(report.gate, JudgeGate());
    }
    return report;
  }

 private:
  /// Reads what the command line names and runs the models.
  Status Prepare() {
    RETURN_IF_ERROR(CheckOptions());
    const std::string name = arguments_.Text("MODEL|URL");
    ASSIGN_OR_RETURN(candidate_.model, OpenAnyModel(name, arguments_, processors_));
    ASSIGN_OR_RETURN(rows_, ReadEvaluationRows(arguments_, candidate_.model.runner->signature(),
                                               candidate_.model.lineage()));
    ASSIGN_OR_RETURN(positive_, ReadPositive());
    RETURN_IF_ERROR(ReadOptions());
    if (arguments_.Has("--gate")) {
      ASSIGN_OR_RETURN(gate_, ReadGate(arguments_.Text("--gate"), rows_.target));
    }
    RETURN_IF_ERROR(OpenBaseline());
    RETURN_IF_ERROR(CheckTargetOptions());
    RETURN_IF_ERROR(Predict(candidate_));
    return baseline_ ? Predict(*baseline_) : OkStatus();
  }

  Status CheckOptions() const {
    RETURN_IF_ERROR(RefuseEmpty(arguments_, EvaluateOptionTable()));
    if (arguments_.Flag("--shap-values") && !arguments_.Flag("--json"))
      return MakeError(Reason::kBadRequest,
                       "--shap-values needs --json: the report for people has --shap's means");
    if (arguments_.Has("--confidence") && arguments_.Text("--resamples") == "0")
      return MakeError(Reason::kBadRequest,
                       "--confidence needs resamples: --resamples 0 has no intervals");
    return OkStatus();
  }

  /// How a server is spoken to says nothing of a file.
  Status CheckTargetOptions() const {
    if (!candidate_.model.local || (baseline_ && !baseline_->model.local)) return OkStatus();
    for (const Option& option : TargetOptions())
      if (arguments_.Has(option.name))
        return Error(Reason::kBadRequest, "{} is of models at a server: {} is a file", option.name,
                     candidate_.model.name);
    return OkStatus();
  }

  StatusOr<int32_t> ReadPositive() const {
    if (!arguments_.Has("--positive")) return 1;
    const std::string label = arguments_.Text("--positive");
    const std::vector<std::string>& labels = rows_.target.labels;
    if (labels.size() != 2)
      return Error(Reason::kBadRequest, "--positive is for two classes, the target \"{}\" has {}",
                   rows_.target.name,
                   labels.empty() ? "numbers" : fmt::format("{}", labels.size()));
    const auto found = std::find(labels.begin(), labels.end(), label);
    if (found != labels.end()) return static_cast<int32_t>(found - labels.begin());
    const std::vector<std::string_view> words(labels.begin(), labels.end());
    return Error(Reason::kBadRequest, "--positive: there is no class \"{}\"{}", label,
                 DidYouMean(label, words));
  }

  Status ReadOptions() {
    for (const std::string& name : ReadList(arguments_, "--metrics")) {
      ASSIGN_OR_RETURN(options_.metrics.emplace_back(), evaluate::FindMetric(name, rows_.target));
    }
    options_.weights = rows_.weights;
    stats::BootstrapOptions& bootstrap = options_.bootstrap;
    bootstrap.team = &team_;
    const std::string resamples = arguments_.Text("--resamples", "1000");
    ASSIGN_OR_RETURN(const int64_t count, ParseCount("--resamples", resamples, 0, 100'000));
    bootstrap.resamples = static_cast<int>(count);
    ASSIGN_OR_RETURN(bootstrap.confidence, ReadShare(arguments_, "--confidence", 0.95));
    ASSIGN_OR_RETURN(bootstrap.seed, ReadSeed(arguments_));
    return OkStatus();
  }

  stats::BootstrapOptions Bootstrap(size_t rows) const {
    stats::BootstrapOptions bootstrap = options_.bootstrap;
    bootstrap.resamples = evaluate::ResamplesFor(rows, bootstrap.resamples);
    return bootstrap;
  }

  Status Predict(JudgedModel& judged) {
    auto predictions = evaluate::Predict(*judged.model.runner, rows_.features, rows_.target);
    if (!predictions.ok()) return Annotate(predictions.status(), judged.model.name);
    judged.predictions = *std::move(predictions);
    return OkStatus();
  }

  Status OpenBaseline() {
    const std::string name = arguments_.Text("--baseline", gate_ ? gate_->baseline : "");
    if (name.empty()) return OkStatus();
    if (name.starts_with("alias:"))
      return Error(Reason::kBadRequest,
                   "\"{}\" is an alias: say which model it is with --baseline MODEL", name);
    JudgedModel baseline;
    auto model = OpenAnyModel(name, arguments_, processors_);
    if (!model.ok()) return Annotate(model.status(), "baseline");
    baseline.model = *std::move(model);
    baseline_ = std::move(baseline);
    return OkStatus();
  }

  StatusOr<evaluate::Report> Measure() {
    return evaluate::Evaluate({rows_.target, candidate_.predictions, positive_},
                              {.model = candidate_.model.name,
                               .digest = candidate_.model.digest(),
                               .data = rows_.facts.path,
                               .data_digest = "sha256:" + rows_.facts.sha256,
                               .data_rows = rows_.facts.rows,
                               .skipped_rows = rows_.facts.skipped},
                              options_);
  }

  Status AddSlices(evaluate::Report& report) {
    for (const std::string& name : ReadList(arguments_, "--slices")) {
      ASSIGN_OR_RETURN(const data::Column* const column, rows_.all.Get(name));
      report.slices.push_back(
          evaluate::MeasureSlice(*column, {rows_.target, candidate_.predictions, positive_},
                                 {.metrics = options_.metrics,
                                  .weights = rows_.weights,
                                  .bootstrap = Bootstrap(rows_.target.rows())}));
    }
    return OkStatus();
  }

  Status AddImportance(evaluate::Report& report) {
    if (!arguments_.Flag("--importance")) return OkStatus();
    const evaluate::NamedMetric metric =
        options_.metrics.empty()
            ? evaluate::DefaultScore(rows_.target, !candidate_.predictions.probabilities.empty())
            : options_.metrics.front();
    ASSIGN_OR_RETURN(report.importance,
                     evaluate::MeasureImportance(
                         *candidate_.model.runner, rows_.features, rows_.target, positive_, metric,
                         {.seed = options_.bootstrap.seed,
                          .progress = [this](double share) { progress_.Set(share); }}));
    return OkStatus();
  }

  Status AddShap(evaluate::Report& report) {
    const bool keep_values = arguments_.Flag("--shap-values");
    if (!arguments_.Flag("--shap") && !keep_values) return OkStatus();
    if (!candidate_.model.local)
      return Error(Reason::kBadRequest,
                   "--shap reads the model's trees: name its file instead of {}",
                   candidate_.model.name);
    const LocalModel& local = *candidate_.model.local;
    auto shap = evaluate::ExplainTrees(
        local.artifact->bytes().model, candidate_.model.runner->signature(),
        pipeline::LoaderOf(*local.engine, {.intra_op_threads = processors_}), rows_.features,
        {.seed = options_.bootstrap.seed, .keep_values = keep_values, .team = &team_});
    if (!shap.ok()) return Annotate(shap.status(), "--shap");
    report.shap = *std::move(shap);
    return OkStatus();
  }

  StatusOr<std::vector<evaluate::GateLine>> JudgeGate() {
    evaluate::GateEvidence evidence{rows_.target, rows_.all, positive_, rows_.weights};
    evidence.candidate = SideOf(candidate_);
    if (baseline_) evidence.baseline = SideOf(*baseline_);
    evidence.bootstrap = Bootstrap(rows_.target.rows());
    if (gate_->NeedsLatency()) RETURN_IF_ERROR(MeasureLatency(evidence));
    return evaluate::JudgeGate(*gate_, evidence);
  }

  static evaluate::GateSide SideOf(const JudgedModel& judged) {
    evaluate::GateSide side{&judged.predictions, std::nullopt, std::nullopt};
    if (judged.model.local)
      side.size_mb = static_cast<double>(judged.model.local->artifact->size_bytes()) / 1e6;
    return side;
  }

  Status MeasureLatency(evaluate::GateEvidence& evidence) {
    std::vector<evaluate::Call> calls(1);
    ASSIGN_OR_RETURN(calls[0], evaluate::OneRowCall(*candidate_.model.runner, rows_.features));
    if (baseline_) {
      ASSIGN_OR_RETURN(calls.emplace_back(),
                       evaluate::OneRowCall(*baseline_->model.runner, rows_.features));
    }
    ASSIGN_OR_RETURN(auto rounds, evaluate::MeasureLatency(calls, SteadyClock(), {}));
    evidence.candidate.latency = std::move(rounds[0]);
    if (baseline_) evidence.baseline->latency = std::move(rounds[1]);
    return OkStatus();
  }

  const Arguments& arguments_;
  const int processors_;
  Team team_;
  Progress progress_;
  JudgedModel candidate_;
  std::optional<JudgedModel> baseline_;
  EvaluationRows rows_;
  int32_t positive_ = 1;
  evaluate::EvaluateOptions options_;
  std::optional<evaluate::Gate> gate_;
};

Status Write(const Arguments& arguments, const evaluate::Report& report) {
  if (const std::string path = arguments.Text("--html"); !path.empty())
    RETURN_IF_ERROR(WriteResult(path, ToHtml(report)));
  return WriteResult("", arguments.Flag("--json") ? ToJson(report) : ToText(report));
}

int RunEvaluate(const Arguments& arguments) {
  const auto report = Evaluation(arguments).Run();
  if (!report.ok()) return Fail("evaluate", report.status());
  const Status written = Write(arguments, *report);
  if (!written.ok()) return Fail("evaluate", written);
  std::string failed;
  for (const evaluate::GateLine& line : report->gate)
    if (!line.passed) failed += fmt::format("\n  {}: {}", line.text, line.found);
  if (failed.empty()) return kDone;
  return Fail("evaluate", Error(Reason::kPreconditionFailed, "the gate says no:{}", failed));
}

std::vector<Option> EvaluateOptionTable() {
  std::vector<Option> options = {
      {"MODEL|URL", "",
       "A model (file, bundle), or http://HOST:PORT/v2/models/NAME; https://, grpc://, grpcs:// "
       "too.",
       /*required=*/true}};
  for (Option& option : EvaluationRowOptions()) options.push_back(std::move(option));
  const std::vector<Option> rest = {
      {.name = "--gate",
       .value_name = "FILE",
       .help = "Thresholds, a line each, as accuracy >= 0.95 (docs/formats/gate.md); exit code 1 "
               "when one fails."},
      {.name = "--baseline",
       .value_name = "MODEL|URL",
       .help = "A model to compare with on the same rows."},
      {.name = "--html",
       .value_name = "FILE",
       .help = "Writes a page with plots that needs no network."},
      {.name = "--slices",
       .value_name = "COLUMN,…",
       .help = "Measures each group of these columns by itself, and how fairly they are treated.",
       .repeated = true},
      {.name = "--metrics",
       .value_name = "NAME,…",
       .help = "Only these, as accuracy,recall(yes),roc_auc (docs/evaluation.md).",
       .repeated = true},
      {.name = "--positive",
       .value_name = "CLASS",
       .help = "Of two classes the one that is looked for; the second unless said."},
      {.name = "--importance",
       .value_name = "",
       .help = "Measures what is lost when a column is shuffled."},
      {.name = "--shap",
       .value_name = "",
       .help = "Exact SHAP values of a tree ensemble: how far each column moves the trees' sum."},
      {.name = "--shap-values",
       .value_name = "",
       .help = "With --json: those of each row that was explained too."},
      {.name = "--resamples",
       .value_name = "N",
       .help = "Of the rows, for the intervals; 1000 unless said, fewer of very many rows."},
      {.name = "--confidence",
       .value_name = "SHARE",
       .help = "Of the intervals; 0.95 unless said."},
      JsonOption()};
  options.insert(options.end(), rest.begin(), rest.end());
  for (Option& option : TargetOptions()) options.push_back(std::move(option));
  return options;
}

}  // namespace

Command EvaluateCommand() {
  return {"evaluate", "Measures how good a model is, with intervals, slices and a gate.",
          "slipway evaluate model.onnx rows.csv --target label --gate gate.txt",
          EvaluateOptionTable(), RunEvaluate};
}

}  // namespace slipway::cli
