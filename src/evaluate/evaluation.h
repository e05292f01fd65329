#pragma once
// From predictions to a report.

#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "evaluate/metrics.h"
#include "evaluate/report.h"
#include "stats/bootstrap.h"

namespace slipway::evaluate {

struct EvaluateOptions {
  std::vector<NamedMetric> metrics;  // empty: DefaultMetrics
  std::span<const double> weights;   // [rows]; empty = 1 each
  stats::BootstrapOptions bootstrap;
};

/// Resamples are fewer, not below 200, where rows are so many that intervals are narrow anyway.
int ResamplesFor(size_t rows, int wanted);

/// Figures with their intervals. What needs probabilities that are not there is left out.
std::vector<Figure> MeasureAll(const std::vector<NamedMetric>& metrics, const Judged& judged,
                               std::span<const double> weights,
                               const stats::BootstrapOptions& bootstrap);

/// Figures, confusion matrix, curves, calibration, residuals: all that the predictions say.
/// @param subject  its target, task, labels, positive class and rows are filled in.
/// @return kBadRequest for a metric asked for that needs probabilities.
StatusOr<Report> Evaluate(const Judged& judged, Subject subject, const EvaluateOptions& options);

/// The task that a model's outputs are made for; nullopt when they fit both.
std::optional<data::Task> TaskOf(const Signature& signature);

/// Adds the classes that the model knows and no row has.
/// @return kBadRequest when the model and the target have no class in common.
Status AddModelLabels(const Signature& signature, data::Target& target);

}  // namespace slipway::evaluate
