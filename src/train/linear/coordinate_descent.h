#pragma once
// Linear regression with a penalty on the sizes of the coefficients, and on their squares.

#include "train/linear/linear_model.h"

namespace slipway::train {

/// Minimises Σ w (y − xb)² / (2 Σ w) + alpha · (l1_ratio |b|₁ + (1 − l1_ratio) |b|² / 2).
struct ElasticNetOptions {
  double alpha = 1;  // > 0
  double l1_ratio = 1;
  bool fit_intercept = true;
  double tolerance = 1e-4;  // of the duality gap, as a share of the target's centred squares
  int64_t max_iterations = 1000;
};

struct ElasticNetFit {
  LinearModel model;
  std::string summary;
};

/// Cyclic coordinate descent until the duality gap is closed: over the products of the columns, or
/// over the rows where there are fewer of them or very many columns.
/// @return kBadRequest for values that are not finite or weights without a positive sum.
/// Source: Friedman et al., Regularization paths for generalized linear models, 2010; Kim et al.,
/// An
///   interior-point method for large-scale l1-regularized least squares, 2007 (gap).
StatusOr<ElasticNetFit> FitElasticNet(const Samples& samples, const ElasticNetOptions& options,
                                      const FitOptions& fit_options);

}  // namespace slipway::train
