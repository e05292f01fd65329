#pragma once
// A version proves itself before it takes traffic.

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "batching/cost_model.h"
#include "bundle/artifact.h"
#include "engine/engine.h"

namespace slipway::lifecycle {

struct WarmUpOptions {
  size_t max_examples = 3;                          // golden examples replayed
  Duration budget = std::chrono::milliseconds(50);  // no further run is begun after it
  Duration settling =
      std::chrono::milliseconds(2);  // of it for runs beyond the first and the golden
  Duration long_run =
      std::chrono::milliseconds(5);  // one that takes longer is long with cold caches or without
  Duration max_run = std::chrono::seconds(30);  // one run that takes longer fails the load
};

struct WarmUpReport {
  int examples_replayed = 0;
  int runs = 0;
  Duration last_run{};  // the steadiest of the runs
  Duration fastest_run{};
};

/// Replays golden examples and compares; without any, runs once on synthetic inputs (zeros, empty
/// strings, 1 for every open dimension). Further runs inside the budget settle the caches; each
/// feeds `cost` (may be null).
/// @return kBadModel naming the example and the output that differ, or the run that failed.
/// Synthetic
///   inputs that the model refuses have no consequence: they were a guess.
StatusOr<WarmUpReport> WarmUp(const LoadedModel& model,
                              const std::vector<bundle::Example>& examples,
                              const WarmUpOptions& options, const Clock& clock,
                              batching::CostModel* cost);

/// What every model of the signature should take: zeros, empty strings, 1 for every open dimension;
/// optional inputs are left out.
std::vector<NamedTensor> SyntheticInputs(const Signature& signature);

/// One golden example: runs it and compares every output it names.
Status Replay(const LoadedModel& model, const bundle::Example& example, const RunOptions& options);

}  // namespace slipway::lifecycle
