#include "evaluate/judgement.h"

#include "evaluate/comparison.h"
#include "evaluate/latency.h"

namespace slipway::evaluate {
namespace {

GateSide SideOf(const Contestant& contestant) {
  constexpr double kMegabyte = 1e6;
  GateSide side{.predictions = &contestant.predictions};
  if (contestant.size_bytes) side.size_mb = static_cast<double>(*contestant.size_bytes) / kMegabyte;
  return side;
}

Status MeasureBoth(const Contestant& candidate, const Contestant* baseline,
                   GateEvidence& evidence) {
  std::vector<Call> calls(1);
  ASSIGN_OR_RETURN(calls[0], OneRowCall(*candidate.runner, *candidate.inputs));
  if (baseline != nullptr) {
    ASSIGN_OR_RETURN(calls.emplace_back(), OneRowCall(*baseline->runner, *baseline->inputs));
  }
  ASSIGN_OR_RETURN(auto rounds, MeasureLatency(calls, SteadyClock(), {}));
  evidence.candidate.latency = std::move(rounds[0]);
  if (baseline != nullptr) evidence.baseline->latency = std::move(rounds[1]);
  return OkStatus();
}

}  // namespace

StatusOr<std::string> NameOfBaseline(const std::string& given, const Gate& gate,
                                     std::string_view path, const FindAlias& find) {
  constexpr std::string_view kAlias = "alias:";
  const std::string& name = given.empty() ? gate.baseline : given;
  if (name.empty() && gate.NeedsBaseline())
    return Error(Reason::kBadRequest,
                 "{}: a rule speaks of a baseline: say which model it is with --baseline MODEL",
                 path);
  if (!name.starts_with(kAlias)) return name;
  ASSIGN_OR_RETURN(std::string found, find ? find(name.substr(kAlias.size())) : std::string());
  if (!found.empty()) return found;
  return Error(Reason::kBadRequest,
               "\"{}\" is an alias, and no aliases.json lies where the model does: say which model "
               "it is with --baseline MODEL",
               name);
}

Status LetPredict(const data::Target& target, Contestant& contestant) {
  auto predictions = Predict(*contestant.runner, *contestant.inputs, target);
  if (!predictions.ok()) return Annotate(predictions.status(), contestant.name);
  contestant.predictions = *std::move(predictions);
  return OkStatus();
}

Status Judge(const KnownRows& rows, const Contestant& candidate, const Contestant* baseline,
             const Gate& gate, const EvaluateOptions& options, Report& report) {
  stats::BootstrapOptions bootstrap = options.bootstrap;
  bootstrap.resamples = ResamplesFor(rows.target.rows(), bootstrap.resamples);
  if (baseline != nullptr) {
    report.comparison = Compare(rows.target, candidate.predictions, baseline->predictions,
                                rows.positive, options.metrics, options.weights, bootstrap);
    report.comparison->baseline = baseline->name;
  }
  if (gate.rules.empty()) return OkStatus();
  GateEvidence evidence{.target = rows.target,
                        .table = rows.columns,
                        .positive = rows.positive,
                        .weights = options.weights,
                        .candidate = SideOf(candidate),
                        .bootstrap = bootstrap};
  if (baseline != nullptr) evidence.baseline = SideOf(*baseline);
  if (gate.NeedsLatency()) RETURN_IF_ERROR(MeasureBoth(candidate, baseline, evidence));
  ASSIGN_OR_RETURN(report.gate, JudgeGate(gate, evidence));
  return OkStatus();
}

}  // namespace slipway::evaluate
