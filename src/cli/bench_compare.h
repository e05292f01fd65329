#pragma once
// A report of `slipway bench` beside an earlier one.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace slipway::cli {

/// One figure of a run, and what it was over the slices of the run: their spread, from the least to
/// the greatest without these two where there are five or more, is the figure's noise.
struct Measure {
  double value = 0;
  std::vector<double> slices;
};

/// A report as comparing needs it.
struct ReadReport {
  struct Run {
    bool open = false;
    int64_t concurrency = 0;
    double rate = 0;
    std::map<std::string, Measure, std::less<>> measures;  // "per_second", "p50", …

    /// The same load was given.
    bool Matches(const Run& other) const;
    std::string Name() const;  // "8 in flight", "500 a second"
  };
  std::map<std::string, std::string, std::less<>> facts;  // "protocol", "body", …
  std::vector<Run> runs;

  /// @return kBadRequest saying why the text is no report.
  static StatusOr<ReadReport> Parse(std::string_view json);
};

enum class Verdict : uint8_t { kSame, kBetter, kWorse, kTooShort };
std::string_view NameOf(Verdict verdict);

/// @param more_is_better  of answers a second; less is of latencies
/// @return kSame unless the spreads lie apart, by more than latencies are resolved; kTooShort with
/// fewer than three slices.
Verdict Judge(const Measure& earlier, const Measure& now, bool more_is_better);

struct Comparison {
  struct Figure {
    std::string name;
    double earlier = 0, now = 0;
    Verdict verdict = Verdict::kSame;
  };
  struct Run {
    std::string name;
    std::vector<Figure> figures;
  };
  std::vector<std::string> differences;  // "protocol: http, now grpc"
  std::vector<Run> runs;                 // that both have

  bool any_worse() const;
};

Comparison Compare(const ReadReport& earlier, const ReadReport& now);

std::string ComparisonText(const Comparison& comparison);
/// A JSON object.
std::string ComparisonJson(const Comparison& comparison);

}  // namespace slipway::cli
