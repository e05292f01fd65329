#pragma once
#include <utility>

#include "batching/model_queue.h"
#include "lifecycle/served_version.h"

namespace slipway::routing {

/// When a run that begins at `start` is to be ended. @param limit  zero: never.
inline TimePoint EndOfRun(TimePoint start, Duration limit) {
  return limit > Duration::zero() ? start + limit : TimePoint::max();
}

/// The same on an I/O thread. Watching a run costs as much as a small one: where time follows from
/// sizes, nobody does.
inline TimePoint EndOfInlineRun(TimePoint start, const lifecycle::ServedVersion& version) {
  return EndOfRun(start, version.time_follows_values ? version.run_limit : Duration::zero());
}

/// Gives the slot of an inline run back, also when the run throws: else it would be missing for
/// ever.
class InlineSlot {
 public:
  InlineSlot(batching::ModelQueue& queue, batching::RunSize size) : queue_(queue), size_(size) {}
  ~InlineSlot() { queue_.FinishInline(size_, outcome); }

  batching::RunOutcome outcome;

 private:
  batching::ModelQueue& queue_;
  const batching::RunSize size_;
};

}  // namespace slipway::routing
