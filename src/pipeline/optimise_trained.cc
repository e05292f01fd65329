#include "pipeline/optimise_trained.h"

#include "optimise/inline_data.h"
#include "optimise/optimise.h"
#include "optimise/side_by_side.h"

namespace slipway::pipeline {
namespace {

StatusOr<optimise::LabelledRows> LabelledRowsOf(const train::Trained& trained,
                                                const train::Dataset& set) {
  optimise::LabelledRows labelled{.rows = {},
                                  .target = set.target,
                                  .table = {},
                                  .weights = set.weights,
                                  .group = set.group,
                                  .time = set.time};
  ASSIGN_OR_RETURN(labelled.table, train::InputsOf(trained, set.table));
  ASSIGN_OR_RETURN(labelled.rows, optimise::RowsOfTable(labelled.table, trained.signature));
  return labelled;
}

/// The named passes, and the model before and after.
StatusOr<optimise::AutoChoice> Apply(const train::Trained& trained,
                                     std::span<const optimise::Step> steps,
                                     const optimise::LabelledRows& rows,
                                     const optimise::Workshop& workshop,
                                     const optimise::AutoOptions& options) {
  ASSIGN_OR_RETURN(optimise::Optimised optimised,
                   optimise::Optimise({std::as_bytes(std::span(trained.onnx)), {}}, steps, workshop,
                                      rows.rows, options.optimise));
  optimise::AutoChoice choice{.chosen = 1, .passes = optimise::PassesThatDidSomething(optimised)};
  choice.onnx = std::move(optimised.onnx);
  const optimise::Contender contenders[] = {{"original", trained.onnx}, {"optimised", choice.onnx}};
  ASSIGN_OR_RETURN(const auto standings,
                   optimise::CompareSideBySide(contenders, trained.signature, rows, workshop,
                                               options.side_by_side));
  for (const optimise::Standing& standing : standings) choice.trials.push_back({standing});
  return choice;
}

}  // namespace

StatusOr<optimise::AutoChoice> OptimiseTrained(const train::Trained& trained,
                                               const TrainingRows& rows,
                                               const evaluate::LoadModel& load,
                                               const OptimiseTrainedOptions& options) {
  ASSIGN_OR_RETURN(const optimise::LabelledRows judged, LabelledRowsOf(trained, rows.test));
  const ModelBytes model{std::as_bytes(std::span(trained.onnx)), {}};
  const bool is_auto = options.how == "auto";
  ASSIGN_OR_RETURN(std::vector<optimise::Step> steps,
                   is_auto ? optimise::ExactSteps() : optimise::ReadSteps(options.how));
  optimise::AllowLoss(steps, options.max_loss);
  ASSIGN_OR_RETURN(::onnx::ModelProto whole, optimise::ParseWhole(model));
  const size_t wanted = is_auto ? optimise::RowsWanted(whole, true) : optimise::RowsWanted(steps);
  const std::vector<uint32_t> some = optimise::EvenlySpread(rows.train.size(), wanted);
  ASSIGN_OR_RETURN(const optimise::LabelledRows by,
                   LabelledRowsOf(trained, rows.train.Select(some)));
  const optimise::Workshop workshop{.load = load, .rows = &by, .signature = &trained.signature};
  const SteadyClock clock;
  optimise::AutoOptions automatic;
  automatic.optimise.clock = &clock;
  automatic.side_by_side.clock = &clock;
  automatic.gate = optimise::LossGate(options.max_loss);
  automatic.max_loss = options.max_loss;
  if (is_auto) return optimise::ChooseBest(model, trained.signature, judged, workshop, automatic);
  return Apply(trained, steps, judged, workshop, automatic);
}

}  // namespace slipway::pipeline
