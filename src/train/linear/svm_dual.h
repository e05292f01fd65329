#pragma once
// Dual coordinate descent for linear support vector machines.

#include <functional>
#include <vector>

#include "train/linear/linear_svm.h"

namespace slipway::train {

/// How an iteration went. @return false to stop.
using SvmReport = std::function<bool(int64_t iteration, double violation)>;

/// Rows as they are walked by: features, then 1 for the intercept, then zeros.
struct SvmRows {
  SvmRows(const Samples& samples, bool fit_intercept);

  const double* row(size_t row) const { return &values[row * stride]; }

  size_t count, stride;
  std::vector<double> values;   // [count][stride]
  std::vector<double> squares;  // [count]: each row's own product
};

/// @param targets  [rows]: ±1 of a margin, answers of a tube. @param costs  [rows]: c · weight.
/// @param tube  whether it is one.
/// @return the coefficients [stride].
std::vector<double> DescendDual(const SvmRows& rows, const std::vector<double>& targets,
                                const std::vector<double>& costs, bool tube,
                                const SvmOptions& options, const SvmReport& report);

}  // namespace slipway::train
