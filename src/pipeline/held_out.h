#pragma once
// A trained model, judged by the rows held out: figures, a comparison, a gate.

#include <optional>

#include "base/team.h"
#include "evaluate/judgement.h"
#include "pipeline/training.h"
#include "pipeline/training_rows.h"

namespace slipway::pipeline {

class HeldOutJudge {
 public:
  /// Reads the gate, opens the baseline that it or the options name, and has that answer, so that
  /// what is wrong with them is known before anything is trained.
  /// @param options, rows, team  must outlive the judge.
  static StatusOr<HeldOutJudge> Create(const TrainingOptions& options, const TrainingRows& rows,
                                       const TrainingDoors& doors, Team& team);

  /// @param report  of the training so far. At least one row is held out.
  StatusOr<evaluate::Report> Judge(const evaluate::Runner& runner, const train::Trained& trained,
                                   const TrainingReport& report) const;

 private:
  HeldOutJudge(const TrainingOptions& options, const TrainingRows& rows, Team& team)
      : options_(&options), rows_(&rows), team_(&team) {}
  Status ReadGate();
  Status OpenRival(const TrainingDoors& doors);

  const TrainingOptions* options_;
  const TrainingRows* rows_;
  Team* team_;
  evaluate::Gate gate_;
  std::shared_ptr<const evaluate::Runner> rivals_runner_;
  std::optional<evaluate::Contestant> rival_;
};

}  // namespace slipway::pipeline
