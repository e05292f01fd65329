#pragma once
#include "base/status.h"
#include "data/table.h"
#include "evaluate/answers.h"
#include "evaluate/predictions.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

/// Predict, of rows that come table by table. Threads: one at a time.
class Predictor {
 public:
  /// @param model   must outlive the predictor.
  /// @param target  as Predict has it; need not outlive it.
  /// @return kBadRequest naming the output that is missing.
  static StatusOr<Predictor> Create(const Runner& model, const data::Target& target);
  /// @param table  without the target.
  /// @return kBadRequest naming column and input.
  Status Add(const data::Table& table);
  /// Of all rows that were added.
  Predictions Finish() { return answers_.Finish(); }

 private:
  Predictor(const Runner& model, AnswerReader answers)
      : model_(&model), answers_(std::move(answers)) {}

  const Runner* model_;
  AnswerReader answers_;
};

}  // namespace slipway::evaluate
