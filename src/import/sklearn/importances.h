#pragma once
// How much each column matters to a fitted estimator: coef_ or feature_importances_.

#include <cstdint>
#include <vector>

#include "base/status.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// One number for each of `columns`. Of several rows of coef_ their norm of order `norm_order` (1,
/// 2 or infinity).
/// @return kUnsupported for estimators other than linear models, decision trees and forests.
StatusOr<std::vector<double>> ReadImportances(const State& estimator, int64_t columns,
                                              double norm_order);

}  // namespace slipway::importing::sklearn
