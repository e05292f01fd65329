#include "train/kernels/platt.h"

#include <cmath>
#include <vector>

namespace slipway::train {
namespace {

constexpr int kMaxIterations = 100;
constexpr double kLeastStep = 1e-10, kRidge = 1e-12, kTolerance = 1e-5, kSufficient = 1e-4;

/// What is minimised, its slope and its curvature.
struct Likelihood {
  std::span<const double> decisions;
  std::vector<double> targets, weights;

  /// Written so that no power overflows.
  double At(const Sigmoid& sigmoid) const {
    double sum = 0;
    for (size_t i = 0; i < decisions.size(); ++i) {
      const double z = decisions[i] * sigmoid.a + sigmoid.b;
      sum += weights[i] * (z >= 0 ? targets[i] * z + std::log1p(std::exp(-z))
                                  : (targets[i] - 1) * z + std::log1p(std::exp(z)));
    }
    return sum;
  }

  struct Derivatives {
    double a = 0, b = 0, aa = kRidge, ab = 0, bb = kRidge;
  };
  Derivatives DerivativesAt(const Sigmoid& sigmoid) const {
    Derivatives d;
    for (size_t i = 0; i < decisions.size(); ++i) {
      const double f = decisions[i], z = f * sigmoid.a + sigmoid.b;
      const double power = std::exp(-std::abs(z));
      const double p = (z >= 0 ? power : 1) / (1 + power);
      const double slope = weights[i] * (targets[i] - p), curve = weights[i] * p * (1 - p);
      d.a += f * slope;
      d.b += slope;
      d.aa += f * f * curve;
      d.ab += f * curve;
      d.bb += curve;
    }
    return d;
  }
};

}  // namespace

Sigmoid FitSigmoid(std::span<const double> decisions, std::span<const int8_t> signs,
                   std::span<const double> weights) {
  double above = 0, below = 0;
  Likelihood likelihood{.decisions = decisions};
  for (size_t i = 0; i < signs.size(); ++i) {
    likelihood.weights.push_back(weights.empty() ? 1 : weights[i]);
    (signs[i] > 0 ? above : below) += likelihood.weights.back();
  }
  for (const int8_t sign : signs)
    likelihood.targets.push_back(sign > 0 ? (above + 1) / (above + 2) : 1 / (below + 2));
  Sigmoid sigmoid = {0, std::log((below + 1) / (above + 1))};
  double value = likelihood.At(sigmoid);
  for (int i = 0; i < kMaxIterations; ++i) {
    const auto d = likelihood.DerivativesAt(sigmoid);
    if (std::abs(d.a) < kTolerance && std::abs(d.b) < kTolerance) break;
    const double determinant = d.aa * d.bb - d.ab * d.ab;
    const double move_a = -(d.bb * d.a - d.ab * d.b) / determinant;
    const double move_b = -(d.aa * d.b - d.ab * d.a) / determinant;
    const double slope = d.a * move_a + d.b * move_b;
    double step = 1;
    for (; step >= kLeastStep; step /= 2) {
      const Sigmoid moved = {sigmoid.a + step * move_a, sigmoid.b + step * move_b};
      const double there = likelihood.At(moved);
      if (there >= value + kSufficient * step * slope) continue;
      sigmoid = moved;
      value = there;
      break;
    }
    if (step < kLeastStep) break;
  }
  return sigmoid;
}

}  // namespace slipway::train
