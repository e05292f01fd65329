#pragma once
// Steps of cleaning that only rows to learn from go through: after the split, in each fold anew.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/cleaning.h"
#include "data/table.h"

namespace slipway::train {

struct CleanedRows {
  data::Table table;  // without the target
  data::Target target;
  std::vector<double> weights;    // or empty
  std::vector<std::string> done;  // what each step did
};

/// @param weights  [rows] or empty; never clipped.
/// @return what data::Clean says of a step that does not suit the target.
StatusOr<CleanedRows> CleanForTraining(std::span<const data::CleaningStep> steps,
                                       const data::Table& table, const data::Target& target,
                                       std::span<const double> weights, uint64_t seed);

}  // namespace slipway::train
