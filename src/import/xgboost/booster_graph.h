#pragma once
// Writes a Booster into a graph.

#include "base/status.h"
#include "import/graph.h"
#include "import/predictions.h"
#include "import/xgboost/booster.h"

namespace slipway::importing::xgboost {

/// @param x  FP32 [n, booster.features]; NaN is missing.
/// @return kUnsupported naming the objective; kBadModel naming what disagrees.
StatusOr<Predictions> AddBooster(Graph& graph, Booster booster, const Matrix& x);

}  // namespace slipway::importing::xgboost
