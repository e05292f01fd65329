#include "pipeline/held_out.h"

#include "evaluate/comparison.h"
#include "evaluate/evaluation.h"
#include "evaluate/latency.h"

namespace slipway::pipeline {
namespace {

constexpr double kMegabyte = 1e6;

}  // namespace

StatusOr<HeldOutJudge> HeldOutJudge::Create(const TrainingOptions& options,
                                            const TrainingRows& rows, const OpenBaseline& open,
                                            Team& team) {
  HeldOutJudge judge(options, rows, team);
  RETURN_IF_ERROR(judge.ReadGate());
  RETURN_IF_ERROR(judge.OpenRival(open));
  return judge;
}

Status HeldOutJudge::ReadGate() {
  if (options_->gate.empty()) return OkStatus();
  ASSIGN_OR_RETURN(gate_, evaluate::ReadGateFile(options_->gate, rows_->test.target));
  return OkStatus();
}

Status HeldOutJudge::OpenRival(const OpenBaseline& open) {
  const std::string& name = options_->baseline.empty() ? gate_.baseline : options_->baseline;
  if (name.empty()) {
    if (!gate_.NeedsBaseline()) return OkStatus();
    return Error(Reason::kBadRequest,
                 "{}: a rule speaks of a baseline: say which model it is with --baseline MODEL",
                 options_->gate);
  }
  if (name.starts_with("alias:"))
    return Error(Reason::kBadRequest,
                 "\"{}\" is an alias: say which model it is with --baseline MODEL", name);
  StatusOr<Baseline> model = open(name);
  if (!model.ok()) return Annotate(model.status(), "baseline");
  auto predictions = evaluate::Predict(*model->runner, rows_->test.table, rows_->test.target);
  if (!predictions.ok()) return Annotate(predictions.status(), "baseline " + name);
  rival_ = Rival{*std::move(model), *std::move(predictions)};
  return OkStatus();
}

StatusOr<evaluate::Report> HeldOutJudge::Judge(const evaluate::Runner& runner,
                                               const train::Trained& trained,
                                               const TrainingReport& report) const {
  const train::Dataset& test = rows_->test;
  ASSIGN_OR_RETURN(const data::Table inputs, train::InputsOf(trained, test.table));
  ASSIGN_OR_RETURN(const evaluate::Predictions predictions,
                   evaluate::Predict(runner, inputs, test.target));
  evaluate::EvaluateOptions evaluation{.weights = test.weights, .bootstrap = bootstrap()};
  ASSIGN_OR_RETURN(evaluate::Report judged,
                   evaluate::Evaluate({test.target, predictions},
                                      {.model = options_->out,
                                       .data = options_->data,
                                       .data_digest = "sha256:" + report.facts.sha256,
                                       .data_rows = report.facts.rows,
                                       .skipped_rows = report.facts.skipped},
                                      evaluation));
  judged.learning_metric = report.curve_metric;
  for (const train::CurvePoint& point : report.curve)
    judged.learning.push_back(
        {static_cast<double>(point.iteration), point.training, point.validation});
  if (rival_) {
    constexpr int32_t kPositive = 1;
    stats::BootstrapOptions resampling = bootstrap();
    resampling.resamples = evaluate::ResamplesFor(test.size(), resampling.resamples);
    judged.comparison = evaluate::Compare(test.target, predictions, rival_->predictions, kPositive,
                                          {}, test.weights, resampling);
    judged.comparison->baseline = rival_->model.name;
  }
  ASSIGN_OR_RETURN(judged.gate, JudgeGate(runner, inputs, predictions, trained.onnx.size()));
  return judged;
}

StatusOr<std::vector<evaluate::GateLine>> HeldOutJudge::JudgeGate(
    const evaluate::Runner& runner, const data::Table& inputs,
    const evaluate::Predictions& predictions, size_t model_bytes) const {
  const train::Dataset& test = rows_->test;
  evaluate::GateEvidence evidence{.target = test.target,
                                  .table = test.table,
                                  .weights = test.weights,
                                  .candidate = {.predictions = &predictions},
                                  .bootstrap = bootstrap()};
  evidence.candidate.size_mb = static_cast<double>(model_bytes) / kMegabyte;
  if (rival_)
    evidence.baseline = {.predictions = &rival_->predictions, .size_mb = rival_->model.size_mb};
  if (gate_.NeedsLatency()) {
    std::vector<evaluate::Call> calls(1);
    ASSIGN_OR_RETURN(calls[0], evaluate::OneRowCall(runner, inputs));
    if (rival_) {
      ASSIGN_OR_RETURN(calls.emplace_back(),
                       evaluate::OneRowCall(*rival_->model.runner, test.table));
    }
    ASSIGN_OR_RETURN(auto rounds, evaluate::MeasureLatency(calls, SteadyClock(), {}));
    evidence.candidate.latency = std::move(rounds[0]);
    if (rival_) evidence.baseline->latency = std::move(rounds[1]);
  }
  return evaluate::JudgeGate(gate_, evidence);
}

}  // namespace slipway::pipeline
