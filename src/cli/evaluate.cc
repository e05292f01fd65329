#include "evaluate/evaluation.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/nearest_word.h"
#include "cli/any_model.h"
#include "cli/attest.h"
#include "cli/commands.h"
#include "cli/evaluation_rows.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/server_target.h"
#include "client/infer_client.h"
#include "evaluate/importance.h"
#include "evaluate/judgement.h"
#include "evaluate/predictor.h"
#include "evaluate/shap.h"
#include "evaluate/slices.h"
#include "pipeline/runners.h"
#include "server/resources.h"

namespace slipway::cli {
namespace {

std::vector<Option> EvaluateOptionTable();

/// A model and what it says of the rows.
struct JudgedModel {
  AnyModel model;
  evaluate::Contestant as;

  const evaluate::Predictions& predictions() const { return as.predictions; }
};

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
    RETURN_IF_ERROR(evaluate::Judge(
        {.target = rows_.target, .columns = rows_.all, .positive = positive_}, candidate_.as,
        baseline_ ? &baseline_->as : nullptr, gate_, options_, report));
    return report;
  }

 private:
  /// Reads what the command line names and runs the models.
  Status Prepare() {
    RETURN_IF_ERROR(CheckOptions());
    const std::string name = arguments_.Text("MODEL|URL");
    ASSIGN_OR_RETURN(candidate_.model, OpenAnyModel(name, arguments_, processors_));
    if (arguments_.Flag("--attest")) RETURN_IF_ERROR(CheckBundle(candidate_.model));
    ASSIGN_OR_RETURN(rows_, ReadEvaluationRows(arguments_, candidate_.model.runner->signature(),
                                               candidate_.model.lineage(), ExplainsRows()));
    ASSIGN_OR_RETURN(positive_, ReadPositive());
    RETURN_IF_ERROR(ReadOptions());
    if (arguments_.Has("--gate")) {
      ASSIGN_OR_RETURN(gate_, evaluate::ReadGateFile(arguments_.Text("--gate"), rows_.target));
      const Status checked = evaluate::CheckColumns(gate_, rows_.all);
      if (!checked.ok()) return Annotate(checked, arguments_.Text("--gate"));
    }
    for (const std::string& name : ReadList(arguments_, "--slices"))
      RETURN_IF_ERROR(rows_.all.Get(name).status());
    RETURN_IF_ERROR(OpenBaseline());
    const AnyModel* const models[] = {&candidate_.model, baseline_ ? &baseline_->model : nullptr};
    RETURN_IF_ERROR(CheckTargetUse(arguments_, models));
    if (rows_.parts != nullptr) return PredictParts();
    RETURN_IF_ERROR(Predict(candidate_));
    return baseline_ ? Predict(*baseline_) : OkStatus();
  }

  /// Whether columns are shuffled or explained: that needs all of them.
  bool ExplainsRows() const {
    return arguments_.Flag("--importance") || arguments_.Flag("--shap") ||
           arguments_.Flag("--shap-values");
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

  static Status CheckBundle(const AnyModel& model) {
    if (!model.local || !model.local->artifact->is_bundle())
      return Error(Reason::kBadRequest,
                   "--attest writes beside a bundle, and {} is none: slipway bundle pack makes one",
                   model.name);
    if (model.local->path == model.name) return OkStatus();
    return Error(Reason::kBadRequest,
                 "--attest writes beside a bundle: expected its own path, {}, got {}",
                 model.local->path, model.name);
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

  void Introduce(JudgedModel& judged) const {
    judged.as = {
        .name = judged.model.name, .runner = judged.model.runner.get(), .inputs = &rows_.features};
    if (judged.model.local) judged.as.size_bytes = judged.model.local->artifact->size_bytes();
  }

  Status Predict(JudgedModel& judged) const {
    Introduce(judged);
    return evaluate::LetPredict(rows_.target, judged.as);
  }

  /// One pass for all models. Of the rows are kept: columns of slices, and for measuring latency
  /// the features of the first part.
  Status PredictParts() {
    std::vector<JudgedModel*> models = {&candidate_};
    if (baseline_) models.push_back(&*baseline_);
    std::vector<evaluate::Predictor> predictors;
    for (JudgedModel* const model : models) {
      Introduce(*model);
      auto predictor = evaluate::Predictor::Create(*model->as.runner, rows_.target);
      if (!predictor.ok()) return Annotate(predictor.status(), model->as.name);
      predictors.push_back(*std::move(predictor));
    }
    rows_.all = rows_.all.Without(ColumnsNobodyAsksFor());
    for (;;) {
      ASSIGN_OR_RETURN(pipeline::RowParts::Part part, rows_.parts->Next());
      if (part.all.rows == 0) break;
      for (size_t i = 0; i < models.size(); ++i) {
        const Status added = predictors[i].Add(part.features);
        if (!added.ok()) return Annotate(added, models[i]->as.name);
      }
      rows_.all.Append(part.all.Without(ColumnsNobodyAsksFor()));
      if (rows_.features.rows == 0) rows_.features = std::move(part.features);
      progress_.Set(rows_.parts->share());
    }
    for (size_t i = 0; i < models.size(); ++i) models[i]->as.predictions = predictors[i].Finish();
    return OkStatus();
  }

  /// Columns that no slice of the report or of the gate is made by.
  std::vector<std::string> ColumnsNobodyAsksFor() const {
    std::set<std::string> wanted;
    for (const std::string& name : ReadList(arguments_, "--slices")) wanted.insert(name);
    for (const evaluate::GateRule& rule : gate_.rules) wanted.insert(rule.column);
    std::vector<std::string> columns;
    for (const data::Column& column : rows_.parts->columns().columns)
      if (!wanted.contains(column.name)) columns.push_back(column.name);
    return columns;
  }

  Status OpenBaseline() {
    ASSIGN_OR_RETURN(
        const std::string name,
        evaluate::NameOfBaseline(
            arguments_.Text("--baseline"), gate_, arguments_.Text("--gate"),
            [&](const std::string& word) { return FindAliased(word, candidate_.model.name); }));
    if (name.empty()) return OkStatus();
    auto model = OpenAnyModel(name, arguments_, processors_);
    if (!model.ok()) return Annotate(model.status(), "baseline");
    baseline_ = JudgedModel{.model = *std::move(model), .as = {}};
    return OkStatus();
  }

  StatusOr<evaluate::Report> Measure() {
    return evaluate::Evaluate({rows_.target, candidate_.predictions(), positive_},
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
          evaluate::MeasureSlice(*column, {rows_.target, candidate_.predictions(), positive_},
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
            ? evaluate::DefaultScore(rows_.target, !candidate_.predictions().probabilities.empty())
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

  const Arguments& arguments_;
  const int processors_;
  Team team_;
  Progress progress_;
  JudgedModel candidate_;
  std::optional<JudgedModel> baseline_;
  EvaluationRows rows_;
  int32_t positive_ = 1;
  evaluate::EvaluateOptions options_;
  evaluate::Gate gate_;
};

Status Write(const Arguments& arguments, const evaluate::Report& report) {
  if (const std::string path = arguments.Text("--html"); !path.empty())
    RETURN_IF_ERROR(WriteResult(path, ToHtml(report)));
  if (arguments.Flag("--attest"))
    RETURN_IF_ERROR(AttestEvaluation(arguments.Text("MODEL|URL"), report.subject.digest, report));
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
      {.name = "--attest",
       .value_name = "",
       .help = "Writes the report, its page and the gate's verdict beside the bundle that was "
               "judged: MODEL.evaluation.json and .html, MODEL.gate.json."},
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
