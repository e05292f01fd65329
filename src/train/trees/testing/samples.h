#pragma once
// Samples for tests, made by formula, and a plain walk through what is exported.

#include <cmath>
#include <limits>

#include "import/trees.h"
#include "train/estimator.h"
#include "train/trees/sampling.h"

namespace slipway::train::trees::testing {

inline constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// Uniform features in [0, 1) and the target `formula(row)` of them.
template <typename Formula>
Samples Regression(size_t rows, size_t features, const Formula& formula) {
  Samples samples;
  samples.rows = rows;
  samples.target.name = "y";
  samples.values.resize(rows * features);
  Random random(7, 0);
  for (double& value : samples.values) value = random.Uniform();
  for (size_t i = 0; i < features; ++i) samples.features.push_back({.name = fmt::format("x{}", i)});
  std::vector<double> row(features);
  for (size_t i = 0; i < rows; ++i) {
    for (size_t f = 0; f < features; ++f) row[f] = samples.values[f * rows + i];
    samples.target.values.push_back(formula(row));
  }
  return samples;
}

/// The same with classes, whose labels are "0", "1", …
template <typename Formula>
Samples Classification(size_t rows, size_t features, int classes, const Formula& formula) {
  Samples samples = Regression(rows, features, formula);
  samples.target.task = data::Task::kClassification;
  for (const double value : samples.target.values)
    samples.target.classes.push_back(static_cast<int32_t>(value));
  samples.target.values.clear();
  for (int i = 0; i < classes; ++i) samples.target.labels.push_back(std::to_string(i));
  return samples;
}

/// The leaf that TreeEnsemble's rules lead to.
inline size_t LeafOf(const importing::Tree& tree, const Samples& samples, size_t row) {
  int32_t place = tree.splits.empty() ? ~0 : 0;
  while (place >= 0) {
    const importing::Split& split = tree.splits[static_cast<size_t>(place)];
    const double x = samples.column(static_cast<size_t>(split.feature))[row];
    bool is_true = split.missing_is_true;
    if (!std::isnan(x))
      is_true = split.mode == importing::SplitMode::kMember
                    ? std::ranges::find(split.members, x) != split.members.end()
                    : x <= split.threshold;
    place = is_true ? split.on_true : split.on_false;
  }
  return static_cast<size_t>(~place);
}

inline StatusOr<std::unique_ptr<Fitted>> Fit(std::string_view kind, const Samples& samples,
                                             const std::map<std::string, std::string>& given = {},
                                             FitOptions options = {}) {
  ASSIGN_OR_RETURN(const EstimatorKind* found, FindEstimator(kind));
  ASSIGN_OR_RETURN(const Parameters parameters, found->Read(given));
  Team team(2);
  if (options.team == nullptr) options.team = &team;
  return found->fit(samples, parameters, options);
}

}  // namespace slipway::train::trees::testing
