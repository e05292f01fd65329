#pragma once
// Linear support vector machines: a margin around the border, or a tube around the answers.

#include <cstdint>
#include <span>

#include "train/linear/linear_model.h"

namespace slipway::train {

/// Minimises |b|² / 2 + c · Σ w · loss, b with the intercept. A loss is of r, what the margin or
/// the tube lacks: max(0, 1 − ys) for y = ±1, max(0, |s − y| − epsilon) for a regression.
struct SvmOptions {
  double c = 1;
  bool squared = true;  // r² else r
  double epsilon = 0;
  bool fit_intercept = true;
  double tolerance = 1e-4;
  int64_t max_iterations = 1000;
  uint64_t seed = 0;
};

struct SvmFit {
  LinearModel model;
  std::string summary;
};

/// Squared losses of few features by Newton's method, others by dual coordinate descent. Two
/// classes have one output; more have one each, against the rest.
/// @param classes  null: a regression.
/// @return kBadRequest for weights without a sum, or when it diverges.
/// Source: Keerthi and DeCoste, A modified finite Newton method, 2005; Hsieh et al., A dual
///   coordinate descent method for large-scale linear SVM, 2008; Ho and Lin, Large-scale linear
///   support vector regression, 2012.
StatusOr<SvmFit> FitLinearSvm(const Samples& samples, const Classes* classes,
                              const SvmOptions& options, const FitOptions& fit_options);

}  // namespace slipway::train
