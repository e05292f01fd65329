#pragma once
// What a model says of the rows of a table, in the words of the target.

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

struct Predictions {
  std::vector<double> values;  // regression: [rows]
  std::vector<int32_t>
      classes;  // classification: [rows], places in the target's labels; -1: none of them
  std::vector<double>
      probabilities;  // classification: [rows, labels]; empty when the model gives none
};

/// Runs `model` on the rows of `table`, in parts, and reads its answers.
/// Columns go to inputs of their name; for one [n,F] input by the names of its columns, or, when it
/// has none, all in the table's order. Outputs are found by what they are called and hold:
/// `predict`, `predict_proba`, or the only ones that fit.
/// @param table   without the target.
/// @param target  its labels say which class is which; what it holds of rows is not read.
/// @return kBadRequest naming column and input, or the output that is missing.
StatusOr<Predictions> Predict(const Runner& model, const data::Table& table,
                              const data::Target& target);

}  // namespace slipway::evaluate
