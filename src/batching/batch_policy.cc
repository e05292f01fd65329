#include "batching/batch_policy.h"

#include <algorithm>

namespace slipway::batching {

int64_t TargetRows(const BatchOptions& options, const CostModel& cost, size_t row_bytes,
                   bool probe) {
  if (options.max_rows <= 1) return 1;
  if (!options.preferred.empty()) return std::min(options.preferred.back(), options.max_rows);
  // A delay that was asked for without a size asks for as many as come.
  if (options.max_delay > Duration::zero()) return options.max_rows;
  return std::min(cost.Knee(row_bytes) * (probe ? 2 : 1), options.max_rows);
}

BatchDecision Decide(const BatchView& view, int64_t target, const BatchOptions& options,
                     const CostModel& cost) {
  const auto slow = [&](int64_t rows) { return cost.PredictSlow({rows, view.size.row_bytes}); };
  if (options.max_delay > Duration::zero() && view.size.rows < target) {
    const auto& preferred = options.preferred;
    const bool complete = std::ranges::find(preferred, view.size.rows) != preferred.end();
    TimePoint until = view.oldest + options.max_delay;
    if (view.deadline) {
      const Duration spare = (*view.deadline - view.oldest) / 8;  // timers and threads come late
      until = std::min(until, *view.deadline - slow(view.size.rows) - spare);
    }
    if (view.max_age > Duration::zero())
      until = std::min(until, view.oldest + view.max_age - view.max_age / 8);
    if (!complete && view.now < until) return {.rows = 0, .until = until};
  }
  int64_t rows = std::min(view.size.rows, target);
  if (const auto best = std::ranges::upper_bound(options.preferred, rows);
      best != options.preferred.begin())
    rows = *(best - 1);
  while (view.deadline && rows > view.first_rows && view.now + slow(rows) > *view.deadline)
    rows /= 2;
  return {.rows = std::max(rows, view.first_rows)};
}

}  // namespace slipway::batching
