#pragma once
// Linear regression in closed form, with or without a penalty on the squares of the coefficients.

#include <string>

#include "train/linear/linear_model.h"

namespace slipway::train {

struct LeastSquaresOptions {
  double alpha = 0;  // minimises Σ w (y − xb)² + alpha |b|²; the intercept is free
  bool fit_intercept = true;
};

struct LeastSquaresFit {
  LinearModel model;
  std::string method;  // "Cholesky"
};

/// Normal equations and Cholesky; where they are too close to singular, an orthogonal decomposition
/// of the rows, and of the solutions that fit as well the one of least norm.
/// @return kBadRequest for values that are not finite or weights without a positive sum.
/// Source: Golub and Van Loan, Matrix Computations, 5.3 and 5.5; Demmel et al., TSQR, 2012.
StatusOr<LeastSquaresFit> FitLeastSquares(const Samples& samples,
                                          const LeastSquaresOptions& options, Team& team);

}  // namespace slipway::train
