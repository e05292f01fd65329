#include "pipeline/held_out.h"

namespace slipway::pipeline {

StatusOr<HeldOutJudge> HeldOutJudge::Create(const TrainingOptions& options,
                                            const TrainingRows& rows, const TrainingDoors& doors,
                                            Team& team) {
  HeldOutJudge judge(options, rows, team);
  RETURN_IF_ERROR(judge.ReadGate());
  RETURN_IF_ERROR(judge.OpenRival(doors));
  return judge;
}

Status HeldOutJudge::ReadGate() {
  if (options_->gate.empty()) return OkStatus();
  ASSIGN_OR_RETURN(gate_, evaluate::ReadGateFile(options_->gate, rows_->test.target));
  const Status checked = evaluate::CheckColumns(gate_, rows_->test_columns);
  return checked.ok() ? OkStatus() : Annotate(checked, options_->gate);
}

Status HeldOutJudge::OpenRival(const TrainingDoors& doors) {
  ASSIGN_OR_RETURN(
      const std::string name,
      evaluate::NameOfBaseline(options_->baseline, gate_, options_->gate, doors.find_alias));
  if (name.empty()) return doors.without_baseline ? doors.without_baseline() : OkStatus();
  StatusOr<Baseline> model = doors.open_baseline(name);
  if (!model.ok()) return Annotate(model.status(), "baseline");
  rivals_runner_ = std::move(model->runner);
  rival_ = evaluate::Contestant{.name = name,
                                .runner = rivals_runner_.get(),
                                .inputs = &rows_->test.table,
                                .size_bytes = model->size_bytes};
  const Status answers = evaluate::LetPredict(rows_->test.target, *rival_);
  return answers.ok() ? OkStatus() : Annotate(answers, "baseline");
}

StatusOr<evaluate::Report> HeldOutJudge::Judge(const evaluate::Runner& runner,
                                               const train::Trained& trained,
                                               const TrainingReport& report) const {
  const train::Dataset& test = rows_->test;
  ASSIGN_OR_RETURN(const data::Table inputs, train::InputsOf(trained, test.table));
  evaluate::Contestant candidate{.name = options_->out,
                                 .runner = &runner,
                                 .inputs = &inputs,
                                 .size_bytes = trained.onnx.size()};
  RETURN_IF_ERROR(evaluate::LetPredict(test.target, candidate));
  const evaluate::EvaluateOptions evaluation{
      .metrics = {}, .weights = test.weights, .bootstrap = {.seed = options_->seed, .team = team_}};
  ASSIGN_OR_RETURN(evaluate::Report judged,
                   evaluate::Evaluate({test.target, candidate.predictions},
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
  RETURN_IF_ERROR(evaluate::Judge({.target = test.target, .columns = rows_->test_columns},
                                  candidate, rival_ ? &*rival_ : nullptr, gate_, evaluation,
                                  judged));
  return judged;
}

}  // namespace slipway::pipeline
