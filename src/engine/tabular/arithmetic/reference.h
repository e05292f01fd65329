#pragma once
// What the arithmetic of the engine is: plain code that every variant must equal bit for bit.

#include <cstddef>
#include <span>

namespace slipway::tabular::reference {

/// Σ x[k]·w[k·stride]: term k goes to partial sum k mod 16 by fused multiply-add, in order; then
/// sums 0 … 7 take up 8 … 15, 0 … 3 take up 4 … 7, and so on.
float Dot(std::span<const float> x, const float* w, size_t stride);
double Dot(std::span<const double> x, const double* w, size_t stride);

double Exp(double x);
double Log(double x);
double Tanh(double x);
/// 1 / (1 + e^-x) without overflow, from e^-|x|.
double Sigmoid(double x);

}  // namespace slipway::tabular::reference
