#pragma once
// The columns that a fitted estimator takes.

#include <vector>

#include "base/status.h"
#include "import/sklearn/state.h"
#include "import/sklearn/table.h"

namespace slipway::importing::sklearn {

/// The columns of `estimator`'s input, with their names where they were kept: by n_features_in_ of
/// it or of the first estimator in it that has one, else by the shape of what was learned.
/// @return kBadModel when nothing tells, or a number outside 1 to kMaxColumns; kUnsupported for a
///   class that is not supported.
StatusOr<std::vector<ColumnUse>> InputColumns(State estimator);

}  // namespace slipway::importing::sklearn
