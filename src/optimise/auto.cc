#include "optimise/auto.h"

#include <algorithm>

#include "optimise/inline_data.h"
#include "optimise/judge.h"

namespace slipway::optimise {
namespace {

/// What is tried behind all exact passes.
constexpr std::string_view kTried[] = {"drop-trees",
                                       "prune-network:share=0:units=0.25",
                                       "prune-network:share=0:units=0.5",
                                       "quantise-static",
                                       "quantise-static:ranges=percentile",
                                       "quantise-static:ranges=entropy",
                                       "quantise-static:float_nodes=2",
                                       "quantise-dynamic",
                                       "quantise-weights:bits=8",
                                       "quantise-weights",
                                       "half"};
constexpr size_t kOriginal = 0, kExact = 1;  // of the trials

struct Tried {
  std::vector<Contender> contenders;
  std::string exact_passes;                                  // that did something
  std::vector<std::pair<std::string, std::string>> refused;  // passes, why
};

/// Models that passes make; those that find nothing to do are not there.
StatusOr<Tried> MakeAll(const ModelBytes& model, const LabelledRows& rows, const Workshop& workshop,
                        const AutoOptions& options) {
  Tried tried;
  ASSIGN_OR_RETURN(const ::onnx::ModelProto whole, ParseWhole(model));
  tried.contenders.push_back({"original", whole.SerializeAsString()});
  ASSIGN_OR_RETURN(Optimised exact,
                   Optimise(model, ExactSteps(), workshop, rows.rows, options.optimise));
  tried.exact_passes = PassesThatDidSomething(exact);
  const ModelBytes base{std::as_bytes(std::span(exact.onnx)), {}};
  for (const std::string_view passes : kTried) {
    ASSIGN_OR_RETURN(std::vector<Step> steps, ReadSteps(passes));
    const Pass& pass = *steps.front().pass;
    const bool has_answers = workshop.rows != nullptr && workshop.rows->target.has_value();
    if (pass.needs_answers ? !has_answers : pass.needs_rows && workshop.rows == nullptr) continue;
    AllowLoss(steps, options.max_loss);
    auto made = Optimise(base, steps, workshop, rows.rows, options.optimise);
    if (!made.ok())
      tried.refused.emplace_back(steps.front().Text(), MessageOf(made.status()));
    else if (!made->passes.front().done.empty())
      tried.contenders.push_back({steps.front().Text(), std::move(made->onnx)});
  }
  tried.contenders.insert(tried.contenders.begin() + kExact,
                          {"keeping all answers", std::move(exact.onnx)});
  return tried;
}

/// `a` is better than `b` in one of quality, time and size, and worse in none.
bool Dominates(const Standing& a, const Standing& b) {
  const double loss = a.figures.empty() ? a.difference.relative - b.difference.relative
                                        : LossOf(b.figures.front(), a.figures.front());
  const double time = a.one.median_ms() - b.one.median_ms();
  const double size = static_cast<double>(a.size_bytes) - static_cast<double>(b.size_bytes);
  return loss <= 0 && time <= 0 && size <= 0 && (loss < 0 || time < 0 || size < 0);
}

void MarkFront(std::vector<Trial>& trials) {
  for (Trial& trial : trials)
    trial.on_front = trial.refused.empty() && std::ranges::none_of(trials, [&](const Trial& other) {
                       return other.refused.empty() && Dominates(other.standing, trial.standing);
                     });
}

/// The fastest of the front that is faster than the exact one for certain; where that is refused,
/// the fastest.
void Choose(AutoChoice& choice, double least) {
  const Timing& exact = choice.trials[kExact].standing.one;
  if (!choice.trials[kExact].refused.empty()) least = 0;
  choice.chosen = kExact;
  double fastest = 0;
  for (size_t i = kExact + 1; i < choice.trials.size(); ++i) {
    const Trial& trial = choice.trials[i];
    if (!trial.refused.empty() || trial.standing.one.rounds.p50_ms.empty()) continue;
    const SpeedUp gain = trial.standing.one.Over(exact);
    if (!trial.on_front || gain.low < least || gain.factor <= fastest) continue;
    fastest = gain.factor;
    choice.chosen = i;
  }
  const Trial& chosen = choice.trials[choice.chosen];
  choice.why =
      choice.chosen == kExact
          ? fmt::format("nothing else that is good enough is {:.2f} × faster for certain", least)
          : fmt::format("{:.2f} × faster than the original, the fastest that is good enough",
                        chosen.standing.speed_up.factor);
}

}  // namespace

std::vector<Step> ExactSteps() {
  std::vector<Step> steps;
  for (const Pass& pass : Passes())
    if (pass.exact) steps.push_back(ReadSteps(pass.name)->front());
  return steps;
}

Gatekeeper LossGate(double max_loss) {
  return [max_loss](const Standing& original, const Standing& now) -> StatusOr<std::string> {
    if (now.figures.empty()) {
      if (now.difference.correlation >= 1 - max_loss) return "";
      return fmt::format("its answers correlate with the original's by {:.4f}, {:.4f} is needed",
                         now.difference.correlation, 1 - max_loss);
    }
    const evaluate::Figure &before = original.figures.front(), &after = now.figures.front();
    if (LossOf(before, after) <= AllowedLoss(before, max_loss)) return "";
    return fmt::format("{} is {:.4g}, was {:.4g}", before.metric.name, after.value, before.value);
  };
}

StatusOr<Gatekeeper> FileGate(const evaluate::Gate& gate, const Signature& signature,
                              const LabelledRows& rows) {
  if (const size_t batch = BatchOf(signature, 1); gate.NeedsLatency() && batch != 1)
    return Error(Reason::kBadRequest,
                 "a gate's latency is the time of one row: the model takes {} rows at once", batch);
  ASSIGN_OR_RETURN(data::Target target, TargetFor(signature, rows));
  const auto side = [](const Standing& standing) {
    constexpr double kMegabyte = 1e6;
    return evaluate::GateSide{&standing.predictions, standing.one_row,
                              static_cast<double>(standing.size_bytes) / kMegabyte};
  };
  return Gatekeeper([&gate, &rows, side, target = std::move(target)](
                        const Standing& original, const Standing& now) -> StatusOr<std::string> {
    const evaluate::GateEvidence evidence{.target = target,
                                          .table = rows.table,
                                          .weights = rows.weights,
                                          .candidate = side(now),
                                          .baseline = side(original)};
    ASSIGN_OR_RETURN(const auto lines, evaluate::JudgeGate(gate, evidence));
    std::string failed;
    for (const evaluate::GateLine& line : lines)
      if (!line.passed)
        failed += fmt::format("{}{}: {}", failed.empty() ? "" : "; ", line.text, line.found);
    return failed;
  });
}

StatusOr<AutoChoice> ChooseBest(const ModelBytes& model, const Signature& signature,
                                const LabelledRows& rows, const Workshop& workshop,
                                const AutoOptions& options) {
  ASSIGN_OR_RETURN(Tried tried, MakeAll(model, rows, workshop, options));
  ASSIGN_OR_RETURN(const auto standings, CompareSideBySide(tried.contenders, signature, rows,
                                                           workshop, options.side_by_side));
  AutoChoice choice;
  for (const Standing& standing : standings) {
    ASSIGN_OR_RETURN(std::string refused, options.gate(standings[kOriginal], standing));
    choice.trials.push_back({standing, std::move(refused), false});
  }
  choice.trials[kOriginal].refused.clear();
  MarkFront(choice.trials);
  Choose(choice, options.least_speed_up);
  if (const std::string& refused = choice.trials[choice.chosen].refused; !refused.empty())
    return Error(Reason::kPreconditionFailed, "the gate says no: {}", refused);
  choice.onnx = std::move(tried.contenders[choice.chosen].onnx);
  choice.passes = std::move(tried.exact_passes);
  if (choice.chosen != kExact)
    choice.passes +=
        (choice.passes.empty() ? "" : ",") + choice.trials[choice.chosen].standing.name;
  for (auto& [passes, why] : tried.refused) {
    Trial& trial = choice.trials.emplace_back();
    trial.standing.name = std::move(passes);
    trial.refused = std::move(why);
  }
  return choice;
}

}  // namespace slipway::optimise
