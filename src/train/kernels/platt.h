#pragma once
#include <cstdint>
#include <span>

namespace slipway::train {

/// The probability of +1 at a decision f is 1 / (1 + e^(a·f + b)).
struct Sigmoid {
  double a = 0, b = 0;
};

/// The most likely sigmoid, of targets that are kept from 0 and 1.
/// @param decisions  [rows], finite
/// @param signs      [rows], −1 or 1
/// @param weights    [rows], or empty: 1 each
/// Source: Lin, Lin, Weng, "A note on Platt's probabilistic outputs for support vector machines"
///   (2007), algorithm 1.
Sigmoid FitSigmoid(std::span<const double> decisions, std::span<const int8_t> signs,
                   std::span<const double> weights = {});

}  // namespace slipway::train
