#pragma once
#include <cstdint>
#include <functional>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/metrics.h"
#include "evaluate/report.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

struct ImportanceOptions {
  int repeats = 5;
  uint64_t seed = 0;
  size_t max_rows = 20'000;  // of a sample, drawn by the seed, when there are more
  std::function<void(double share)> progress;  // may be null
};

/// How much a metric loses when a column's values are shuffled between rows.
/// @param target  of the table's rows. The same seed gives the same.
/// @return what Predict says.
/// Source: Breiman 2001, Random Forests; scikit-learn's permutation_importance.
StatusOr<PermutationImportance> MeasureImportance(const Runner& model, const data::Table& table,
                                                  const data::Target& target, int32_t positive,
                                                  const NamedMetric& metric,
                                                  const ImportanceOptions& options);

}  // namespace slipway::evaluate
