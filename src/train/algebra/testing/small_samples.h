#pragma once
// Small samples for tests, as they are written down: row by row.

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "train/samples.h"

namespace slipway::train::testing {

using RowList = std::vector<std::vector<double>>;

inline Samples WithoutTarget(const RowList& rows) {
  Samples samples{.rows = rows.size()};
  for (size_t f = 0; f < rows.front().size(); ++f) {
    samples.features.push_back({.name = "x" + std::to_string(f)});
    for (const auto& row : rows) samples.values.push_back(row[f]);
  }
  return samples;
}

/// @param labels  how many there are; more than occur, when it is given.
inline Samples Classes(const RowList& rows, const std::vector<int32_t>& classes,
                       int32_t labels = 0) {
  Samples samples = WithoutTarget(rows);
  samples.target = {
      .task = data::Task::kClassification, .classes = classes, .integer_labels = true};
  labels = std::max(labels, *std::max_element(classes.begin(), classes.end()) + 1);
  for (int32_t label = 0; label < labels; ++label)
    samples.target.labels.push_back(std::to_string(label));
  return samples;
}

inline Samples Values(const RowList& rows, const std::vector<double>& values) {
  Samples samples = WithoutTarget(rows);
  samples.target = {.task = data::Task::kRegression, .values = values};
  return samples;
}

/// Two half circles that reach into each other, without noise.
inline Samples TwoMoons(size_t rows) {
  RowList points;
  std::vector<int32_t> classes;
  for (size_t i = 0; i < rows; ++i) {
    const double angle = M_PI * static_cast<double>(i / 2) / static_cast<double>(rows / 2);
    if (i % 2 == 0)
      points.push_back({std::cos(angle), std::sin(angle)});
    else
      points.push_back({1 - std::cos(angle), 0.5 - std::sin(angle)});
    classes.push_back(static_cast<int32_t>(i % 2));
  }
  return Classes(points, classes);
}

}  // namespace slipway::train::testing
