#pragma once
// What an evaluation found, for machines, terminals and browsers.
// Format: docs/formats/evaluation-report.md.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/table.h"
#include "evaluate/confusion.h"
#include "evaluate/metrics.h"
#include "evaluate/score_metrics.h"
#include "stats/interval.h"
#include "text/json_writer.h"

namespace slipway::evaluate {

/// A metric's value.
struct Figure {
  NamedMetric metric;
  double value = 0;          // NaN: not defined on these rows
  stats::Interval interval;  // of Report::confidence
};

/// What was judged, and on what.
struct Subject {
  std::string model;        // as it was named: a path or an address
  std::string digest;       // of the model, where it is known
  std::string data;         // a path
  std::string data_digest;  // "sha256:…"
  uint64_t data_rows = 0;   // of the file
  uint64_t skipped_rows = 0;
  std::string target;
  data::Task task = data::Task::kRegression;
  std::vector<std::string> labels;
  std::string positive;  // of two classes, the one that is looked for
  uint64_t rows = 0;     // that were judged
  bool weighted = false;
};

/// A line over [0, 1] × [0, 1], thinned to what can be drawn.
struct Curve {
  std::string label;  // the class
  std::vector<double> x, y;
  double area = 0;
};

/// True values beside predicted ones, of a sample of the rows.
struct Residuals {
  std::vector<double> truths, predicted;
};

/// Rows of one value of a column, or of one range of its numbers.
struct Group {
  std::string name;
  uint64_t rows = 0;
  std::vector<Figure> figures;
};

/// How differently two groups are treated: the groups of most and least, one against the other.
struct Fairness {
  double parity_difference = 0;       // of selection rates: demographic parity
  double parity_ratio = 1;            // least / most
  double opportunity_difference = 0;  // of recalls: equal opportunity
};

struct Slice {
  std::string column;
  std::vector<Group> groups;         // of most rows first; numbers in their order
  uint64_t left_out = 0;             // rows of groups too small or too many to show
  std::optional<Fairness> fairness;  // of classification with a class that is looked for
};

/// How much worse the model gets without a feature.
struct FeatureImportance {
  std::string feature;
  double mean = 0;       // of the metric's loss over the repeats
  double deviation = 0;  // standard, over the repeats
};
struct PermutationImportance {
  std::string metric;
  int repeats = 0;
  std::vector<FeatureImportance> features;  // most important first
};

/// Mean over the rows of |SHAP|, summed over the outputs, in the unit of the trees' sums.
struct FeatureShap {
  std::string feature;
  double mean_absolute = 0;
};
/// Exact Shapley values of a tree ensemble's sums against background rows.
struct TreeShap {
  uint64_t rows = 0, background = 0;  // that were explained; that stand for absent features
  std::vector<double> base_values;    // [outputs]: the mean over the background
  std::vector<FeatureShap> features;  // most important first
  std::vector<uint32_t> row_numbers;  // [rows], of the rows judged; empty unless asked for
  std::vector<std::string> columns;   // of `values`
  std::vector<double> values;         // [rows, outputs, columns]; empty unless asked for
};

/// A metric of the model less that of its baseline, on the same rows.
struct Difference {
  NamedMetric metric;
  double candidate = 0, baseline = 0;
  stats::Interval interval;  // of candidate - baseline
  double p_value = 1;        // resampled
};
struct Comparison {
  std::string baseline;
  std::vector<Difference> differences;
  std::string test;  // "McNemar" or "Wilcoxon"
  double p_value = 1;
};

/// A point of a training's history.
struct LearningPoint {
  double iteration = 0, training = 0, validation = 0;  // NaN: not measured
};

/// A line of a gate and what came of it.
struct GateLine {
  std::string text;
  bool passed = false;
  std::string found;  // "0.9312 (0.9120 to 0.9480)"
};

struct Report {
  Subject subject;
  double confidence = 0.95;
  int resamples = 0;
  uint64_t seed = 0;
  std::vector<Figure> figures;

  std::optional<Confusion> confusion;
  std::vector<Curve> roc, precision_recall;  // one a class; of two classes the positive one's
  std::vector<CalibrationBin> calibration;
  Residuals residuals;

  std::vector<Slice> slices;
  std::optional<PermutationImportance> importance;
  std::optional<TreeShap> shap;
  std::optional<Comparison> comparison;
  std::string learning_metric;
  std::vector<LearningPoint> learning;
  std::vector<GateLine> gate;

  /// nullptr when it was not measured.
  const Figure* Find(std::string_view metric) const;
};

/// One JSON object and a line end.
std::string ToJson(const Report& report);

/// A page of tables for a terminal.
std::string ToText(const Report& report);

/// A page for browsers that needs nothing but itself.
std::string ToHtml(const Report& report);

/// The parts of ToText and ToJson that tell of a comparison.
std::string ComparisonText(const Comparison& comparison);
/// The key "comparison" and its object.
void AppendComparison(JsonWriter& json, const Comparison& comparison);
/// The key "gate" and its object.
void AppendGate(JsonWriter& json, std::span<const GateLine> gate);

}  // namespace slipway::evaluate
