#pragma once
// Models beside the original: how good, how fast, how large.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/status.h"
#include "evaluate/predictions.h"
#include "evaluate/report.h"
#include "optimise/difference.h"
#include "optimise/pass.h"
#include "optimise/rows.h"
#include "optimise/timing.h"
#include "tensor/signature.h"

namespace slipway::optimise {

struct Contender {
  std::string name;  // "original", or the passes that made it
  std::string onnx;
  /// Of a model that takes and gives something else: its signature and its own form of the rows.
  const Signature* signature = nullptr;
  const Rows* rows = nullptr;
};

struct Standing {
  std::string name;
  size_t size_bytes = 0;
  size_t memory_bytes = 0;  // that loading it and running one row took; 0 where it is not known
  Difference difference;    // of its answers from the first one's, where they are alike
  evaluate::Predictions predictions;      // one a row; none without a target
  std::vector<evaluate::Figure> figures;  // the same
  Timing one;                             // at the least batch it takes
  Timing best;                            // at the batch of most rows a second
  SpeedUp speed_up;                       // at the least batch, over the first one
  SpeedUp best_speed_up;                  // the same at kLargeBatch, or the batch it is fixed to
  std::optional<evaluate::LatencyRounds> one_row;  // what a gate judges; absent unless asked for
};

inline constexpr size_t kLargeBatch = 16;

struct SideBySideOptions {
  const Clock* clock = nullptr;            // never null
  std::function<size_t()> resident_bytes;  // of this process; null: memory is not measured
  evaluate::LatencyOptions timing = {      // of all models at one batch
      .calls = 1,
      .round = std::chrono::milliseconds(5),
      .budget = std::chrono::seconds(2)};
  std::optional<evaluate::LatencyOptions> one_row;  // measures what a gate judges
};

/// @param contenders  the original first.
/// @param signature   of the original, which knows its labels.
/// @param rows        to judge by and to time on; never empty.
StatusOr<std::vector<Standing>> CompareSideBySide(std::span<const Contender> contenders,
                                                  const Signature& signature,
                                                  const LabelledRows& rows,
                                                  const Workshop& workshop,
                                                  const SideBySideOptions& options);

}  // namespace slipway::optimise
