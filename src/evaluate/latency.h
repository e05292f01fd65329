#pragma once
// How long models take, measured in turns, so that what slows the machine slows all.

#include <functional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "data/table.h"
#include "evaluate/gate.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

struct LatencyOptions {
  int rounds = 15;     // of each call; fewer, but kMinRounds, when the time is used up
  size_t calls = 200;  // of a round, at least
  Duration round{};    // at least, of one call; the round that warms up decides how many that takes
  Duration budget = std::chrono::seconds(20);
  static constexpr int kMinRounds = 6;  // the fewest whose extremes hold a median at 95 %
};

/// One call of a model. Called again and again from one thread.
using Call = std::function<Status()>;

/// Runs each call a round to warm up, then all in turns, every second time in reverse.
/// @return one a call; the first error of a call.
StatusOr<std::vector<LatencyRounds>> MeasureLatency(std::span<const Call> calls, const Clock& clock,
                                                    const LatencyOptions& options);

/// Runs the model on one row after the other.
/// @param model  must outlive the call; the table is read now.
StatusOr<Call> OneRowCall(const Runner& model, const data::Table& table);

}  // namespace slipway::evaluate
