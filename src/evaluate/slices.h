#pragma once
// Metrics of the rows that share a value: who a model serves worse than others.

#include <string>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/metrics.h"
#include "evaluate/report.h"
#include "stats/bootstrap.h"

namespace slipway::evaluate {

/// The rows of a group, by number.
struct GroupRows {
  std::string name;
  std::vector<uint32_t> rows;
};

/// One group a category, text or boolean, most rows first; numbers of more than ten values by
/// quarters: "[20, 35)". Missing values are the group "(missing)".
std::vector<GroupRows> GroupsOf(const data::Column& column);

struct SliceOptions {
  std::vector<NamedMetric> metrics;  // empty: a few that tell groups apart
  std::span<const double> weights;
  stats::BootstrapOptions bootstrap;
  size_t min_rows = 10;    // smaller groups are left out
  size_t max_groups = 30;  // the largest ones
};

/// Fairness compares groups by the positive class, of two classes; of more, there is none to look
/// for. Source: Hardt et al. 2016, Equality of Opportunity; as fairlearn's functions of these
/// names.
Slice MeasureSlice(const data::Column& column, const Judged& judged, const SliceOptions& options);

}  // namespace slipway::evaluate
