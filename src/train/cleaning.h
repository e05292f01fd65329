#pragma once
// Steps of cleaning that only rows to learn from go through: after the split, in each fold anew.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "data/cleaning.h"
#include "train/dataset.h"

namespace slipway::train {

struct CleanedRows {
  Dataset rows;
  std::vector<std::string> done;  // what each step did
};

/// Rows that come and go take their weight, group and time along; none of these is clipped. Copies
/// of a row are a group, unless the rows have groups or times.
/// @return what data::Clean says of a step that does not suit the target.
StatusOr<CleanedRows> CleanForTraining(std::span<const data::CleaningStep> steps, Dataset rows,
                                       uint64_t seed);

}  // namespace slipway::train
