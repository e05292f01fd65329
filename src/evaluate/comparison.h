#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "evaluate/metrics.h"
#include "evaluate/report.h"
#include "stats/bootstrap.h"

namespace slipway::evaluate {

/// Two models on the same rows: each metric's difference with its paired-bootstrap interval, and
/// one test of all rows (McNemar's of classes, Wilcoxon's of absolute errors), which takes no
/// weights. What needs probabilities that one of them does not give is left out.
/// @param metrics  empty: DefaultMetrics.
Comparison Compare(const data::Target& target, const Predictions& candidate,
                   const Predictions& baseline, int32_t positive, std::vector<NamedMetric> metrics,
                   std::span<const double> weights, const stats::BootstrapOptions& bootstrap);

}  // namespace slipway::evaluate
