#pragma once
// Samples that scikit-learn was fitted to: tests/models/training/linear_expectations.py.

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "train/samples.h"

namespace slipway::train::testing {

/// For Pointwise.
MATCHER_P(IsNear, tolerance, "") {
  return std::fabs(std::get<0>(arg) - std::get<1>(arg)) <= tolerance;
}

inline double Wave(size_t row, size_t feature) {
  return std::sin(0.7 * static_cast<double>(row * (feature + 1)) + static_cast<double>(feature));
}

/// A matrix whose values follow from row and feature; without a target.
inline Samples Matrix(size_t rows, size_t features,
                      const std::function<double(size_t row, size_t feature)>& value) {
  Samples samples;
  samples.rows = rows;
  for (size_t j = 0; j < features; ++j) {
    samples.features.push_back({"x" + std::to_string(j)});
    for (size_t i = 0; i < rows; ++i) samples.values.push_back(value(i, j));
  }
  samples.target.name = "y";
  return samples;
}

/// 4 + 2 x₀ − x₁ + x₂ / 2, and something else.
inline double Answer(size_t row) {
  return 4 + 2 * Wave(row, 0) - Wave(row, 1) + 0.5 * Wave(row, 2) +
         0.3 * std::cos(1.3 * static_cast<double>(row));
}

inline void SetAnswers(Samples& samples) {
  samples.target.task = data::Task::kRegression;
  for (size_t row = 0; row < samples.rows; ++row) samples.target.values.push_back(Answer(row));
}

inline Samples WaveRegression(size_t rows, size_t features) {
  Samples samples = Matrix(rows, features, Wave);
  SetAnswers(samples);
  return samples;
}

/// Classes by places; labels are their numbers.
inline void SetClasses(Samples& samples, std::vector<int32_t> classes, size_t labels) {
  samples.target.task = data::Task::kClassification;
  samples.target.classes = std::move(classes);
  for (size_t label = 0; label < labels; ++label)
    samples.target.labels.push_back(std::to_string(label));
  samples.target.integer_labels = true;
}

/// 40 rows of 3 features in two classes, or in three.
inline Samples TwoClasses() {
  Samples samples = Matrix(40, 3, Wave);
  SetClasses(samples, {1, 0, 1, 1, 1, 0, 0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0, 0, 1,
                       1, 1, 0, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1},
             2);
  return samples;
}
inline Samples ThreeClasses() {
  Samples samples = Matrix(40, 3, Wave);
  SetClasses(samples, {2, 0, 2, 2, 2, 0, 1, 0, 0, 1, 1, 2, 1, 2, 0, 1, 0, 1, 0, 1,
                       2, 2, 1, 0, 1, 0, 1, 0, 2, 2, 2, 0, 0, 1, 0, 1, 0, 2, 1, 2},
             3);
  return samples;
}

/// 0, 1, 2, 3, 0, …
inline std::vector<double> FourWeights(size_t rows) {
  std::vector<double> weights(rows);
  for (size_t row = 0; row < rows; ++row) weights[row] = static_cast<double>(row % 4);
  return weights;
}

/// A column of `samples`, to be changed.
inline double* ColumnOf(Samples& samples, size_t feature) {
  return samples.values.data() + feature * samples.rows;
}

}  // namespace slipway::train::testing
