#pragma once
// How long models take on rows, in turns (evaluate/latency.h), and how much faster that makes one.

#include <span>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "evaluate/latency.h"
#include "optimise/rows.h"

namespace slipway::optimise {

/// How much faster than another a model is: the median of the rounds, and what 90 % of them lie
/// between.
struct SpeedUp {
  double factor = 1, low = 1, high = 1;
};

struct Timing {
  size_t batch = 1;                // rows
  evaluate::LatencyRounds rounds;  // of whole runs

  double median_ms() const;
  /// @param other  of the same rounds.
  SpeedUp Over(const Timing& other) const;
};

/// A model and the rows that it takes.
struct Timed {
  const evaluate::Runner& model;
  const Rows& rows;
};

/// Times all models on the first `batch` of their rows, repeated where there are fewer.
/// @return one a model; the first error of a run.
StatusOr<std::vector<Timing>> TimeInTurns(std::span<const Timed> models, size_t batch,
                                          const Clock& clock,
                                          const evaluate::LatencyOptions& options);

/// Times all models on one row after the other, as gates have it (docs/formats/gate.md).
/// @return one a model; the first error of a run: a fixed batch takes no single row.
StatusOr<std::vector<evaluate::LatencyRounds>> TimeRowsInTurns(
    std::span<const Timed> models, const Clock& clock, const evaluate::LatencyOptions& options);

}  // namespace slipway::optimise
