#pragma once
// May requests of a model run together, and what does that save? Found out before it takes traffic.

#include <string>
#include <vector>

#include "base/clock.h"
#include "batching/cost_model.h"
#include "bundle/artifact.h"
#include "engine/engine.h"

namespace slipway::lifecycle {

/// Every input and output has a first dimension that is free: rows, as far as the signature tells.
bool IsRowWise(const Signature& signature);

struct JoiningOptions {
  int64_t max_rows = 64;  // of a joint run
  Duration budget =
      std::chrono::milliseconds(5);  // no further run is begun after it; a model of which four do
                                     // not fit into it has little to gain
  Duration max_run = std::chrono::seconds(30);  // one run that takes longer ends the proof
};

struct JoiningReport {
  int64_t max_rows = 1;  // of a joint run; 1: requests run one by one
  std::string why_not;   // "" or why they do
};

/// Runs rows one by one and together and compares: a model that mixes its rows is found out. Rows
/// come from the golden examples, or are made up where those have fewer than two. Then measures 1,
/// 2, 4 … rows for `cost` until more of them save nothing.
JoiningReport ProveJoining(const LoadedModel& model, const std::vector<bundle::Example>& examples,
                           const JoiningOptions& options, const Clock& clock,
                           batching::CostModel& cost);

}  // namespace slipway::lifecycle
