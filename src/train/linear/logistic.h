#pragma once
// Logistic regression: the coefficients that make the observed classes most likely, under a
// penalty.

#include "train/linear/linear_model.h"

namespace slipway::train {

struct LogisticOptions {
  double c = 1;  // minimises c · Σ w · loss + |b|² / 2; the intercepts are free
  bool penalised = true;
  bool fit_intercept = true;
  double tolerance = 1e-4;  // of the mean loss's gradient
  int64_t max_iterations = 100;
};

struct LogisticFit {
  LinearModel model;
  Classes classes;
  std::string summary;
};

/// @return kBadRequest when fewer than two classes occur, for weights without a positive finite
/// sum,
///   a checkpoint of another training, or when the training diverges.
StatusOr<LogisticFit> FitLogistic(const Samples& samples, const LogisticOptions& options,
                                  const FitOptions& fit_options);

}  // namespace slipway::train
