#pragma once
// Losses of a block of rows and their derivatives by the scores, many rows at once.

#include <cstddef>
#include <cstdint>

namespace slipway::train {

/// Two classes, one score: loss ln(1 + eˢ) − y·s.
/// @param scores  [rows]; becomes w · (sigmoid(s) − y), the derivatives
/// @param y  [rows], 0 or 1. @param weights  [rows], or null: 1
/// @return the weighted sum of the losses.
double LogisticResiduals(double* scores, const double* y, const double* weights, size_t rows);

/// Several classes, a score for each: loss ln Σ eˢ − s of the row's class.
/// @param scores  [classes][stride], stride a multiple of 4 that is not less than rows; becomes w ·
/// (softmax(s) − [class is the row's])
/// @param y  [rows], places of classes. @param weights  [rows], or null: 1
double SoftmaxResiduals(double* scores, size_t stride, size_t classes, const int32_t* y,
                        const double* weights, size_t rows);

}  // namespace slipway::train
