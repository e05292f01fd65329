#pragma once
// `--auto`: tries what may help, and chooses the fastest model that is as good.

#include <string>
#include <vector>

#include "base/status.h"
#include "evaluate/gate.h"
#include "optimise/optimise.h"
#include "optimise/side_by_side.h"

namespace slipway::optimise {

/// What was tried, and what came of it.
struct Trial {
  Standing standing;
  std::string refused;    // why it cannot be had, or is not good enough; "" = it may be chosen
  bool on_front = false;  // no other that may be chosen is better in quality, time and size
};

struct AutoChoice {
  std::vector<Trial> trials;  // the original first, then all that was tried
  size_t chosen = 0;          // of trials
  std::string why;            // a sentence
  std::string onnx;           // of the chosen one
  std::string passes;         // that made it, as ReadSteps takes them; "" = none
};

/// Whether a standing is good enough beside the original's: "" or why not.
using Gatekeeper =
    std::function<StatusOr<std::string>(const Standing& original, const Standing& now)>;

/// The gate's lines, the original being the baseline.
/// @param gate, rows  must outlive it; rows with a target.
/// @return kBadRequest for the latency of a model that takes more than one row at once.
StatusOr<Gatekeeper> FileGate(const evaluate::Gate& gate, const Signature& signature,
                              const LabelledRows& rows);

/// The gate where none is given: the first figure may lose at most `max_loss` of what it was, or
/// without figures, answers may differ by at most as much, by correlation.
Gatekeeper LossGate(double max_loss);

struct AutoOptions {
  OptimiseOptions optimise;
  SideBySideOptions side_by_side;
  Gatekeeper gate;
  double max_loss = 0.01;       // of passes that choose by it
  double least_speed_up = 1.1;  // over what keeps all answers: below that, float is chosen
};

/// @param rows  to judge by; workshop.rows are what passes
///   calibrate, choose and learn by.
StatusOr<AutoChoice> ChooseBest(const ModelBytes& model, const Signature& signature,
                                const LabelledRows& rows, const Workshop& workshop,
                                const AutoOptions& options);

/// All exact passes, in their order.
std::vector<Step> ExactSteps();

}  // namespace slipway::optimise
