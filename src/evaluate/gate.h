#pragma once
// A gate: a text file of what a model must reach before it is shipped.
// Format: docs/formats/gate.md.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table.h"
#include "evaluate/metrics.h"
#include "evaluate/report.h"
#include "stats/bootstrap.h"

namespace slipway::evaluate {

/// One line.
struct GateRule {
  enum class Kind : uint8_t { kMetric, kLatency, kSize, kNoDrop };
  enum class Order : uint8_t { kAtLeast, kAtMost, kAbove, kBelow };

  std::string text;  // as it was written, without its comment
  Kind kind = Kind::kMetric;
  std::optional<NamedMetric> metric;  // kMetric; kNoDrop: absent for all
  std::string column, group;          // kMetric: of a slice; group "*" = every one of them
  double percentile = 0;              // kLatency: 0.5 or 0.99

  Order order = Order::kAtLeast;
  bool of_baseline = false;  // the bound is factor · baseline + offset, else offset
  double factor = 1, offset = 0;
  bool relative = false;  // kNoDrop: offset is a share of the baseline's figure
};

struct Gate {
  std::vector<GateRule> rules;
  std::string baseline;  // a name that the file gives; "" when it gives none

  bool NeedsBaseline() const;
  bool NeedsLatency() const;
};

/// @param file    for messages.
/// @param target  what metrics are checked against.
/// @return kBadRequest "gate.txt:3: …" with the nearest word.
StatusOr<Gate> ParseGate(std::string_view text, std::string_view file, const data::Target& target);
/// @return what ParseGate says, kTooLarge above 1 MiB, or why the file cannot be read.
StatusOr<Gate> ReadGateFile(const std::string& path, const data::Target& target);

/// Whether the columns that rules speak of are there.
/// @return kBadRequest naming rule and column.
Status CheckColumns(const Gate& gate, const data::Table& table);

/// Milliseconds that one row took, one figure a round.
struct LatencyRounds {
  std::vector<double> p50_ms, p99_ms;
};

/// What a model is known by, to a gate.
struct GateSide {
  const Predictions* predictions = nullptr;
  std::optional<LatencyRounds> latency;  // rounds of both sides alternated
  std::optional<double> size_mb;         // absent at a server
};

struct GateEvidence {
  const data::Target& target;
  const data::Table& table;  // of the same rows, for slices
  int32_t positive = 1;
  std::span<const double> weights;
  GateSide candidate;
  std::optional<GateSide> baseline;
  stats::BootstrapOptions bootstrap;
};

/// What became of each rule. A figure fails when it is out of bounds or not defined; a latency only
/// when the whole of its interval is, so that a busy machine does not decide.
/// @return kBadRequest for what cannot be judged at all: a column that is not there, probabilities
///   that a model does not give, a baseline, size or latency that is not known.
StatusOr<std::vector<GateLine>> JudgeGate(const Gate& gate, const GateEvidence& evidence);

}  // namespace slipway::evaluate
