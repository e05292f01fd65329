#pragma once
// How many of the waiting requests run as one, and when.

#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "batching/cost_model.h"

namespace slipway::batching {

struct BatchOptions {
  int64_t max_rows = 1;            // of a joint run; 1: requests run one by one
  std::vector<int64_t> preferred;  // sizes to wait for, ascending; empty: what the costs say
  Duration max_delay{};            // how long a free worker waits for such a size
  bool splits = false;             // a request of more than max_rows runs in pieces
};

/// The requests that a free worker could run as one.
struct BatchView {
  TimePoint now{};
  TimePoint oldest{};                 // when the first of them came
  std::optional<TimePoint> deadline;  // the tightest
  Duration max_age{};                 // that the first may wait; 0: any
  RunSize size;                       // all rows together
  int64_t first_rows = 1;             // of the one whose turn it is
};

struct BatchDecision {
  int64_t rows = 0;   // start with at most so many, or with the first; 0: wait
  TimePoint until{};  // …until then, unless more come
};

/// The rows that are best joined, for requests of that shape. @param probe  twice as many, so that
/// costs are learned that were not asked for.
int64_t TargetRows(const BatchOptions& options, const CostModel& cost, size_t row_bytes,
                   bool probe = false);

/// Without a delay a free worker starts at once. A batch is not made larger than `target`, nor so
/// large that it would pass the tightest deadline where a smaller one would not. Waiting ends when
/// enough are there, when the first has waited max_delay, or at the latest moment from which the
/// tightest deadline is met and the first is not too old, with an eighth of the time to spare.
/// Pure.
BatchDecision Decide(const BatchView& view, int64_t target, const BatchOptions& options,
                     const CostModel& cost);

}  // namespace slipway::batching
