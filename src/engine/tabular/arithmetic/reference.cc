#include "engine/tabular/arithmetic/reference.h"

#include <bit>
#include <cmath>
#include <cstdint>

#include "engine/tabular/arithmetic/constants.h"

namespace slipway::tabular::reference {
namespace {

template <typename T>
T DotOf(std::span<const T> x, const T* w, size_t stride) {
  T sums[16] = {};
  for (size_t k = 0; k < x.size(); ++k) sums[k % 16] = std::fma(x[k], w[k * stride], sums[k % 16]);
  for (size_t half = 8; half > 0; half /= 2)
    for (size_t l = 0; l < half; ++l) sums[l] += sums[l + half];
  return sums[0];
}

// x = n·ln 2 + r with |r| <= ln 2 / 2.
struct Reduced {
  double n;
  double r;
};
Reduced Reduce(double x) {
  const double n = std::fma(x, kLog2E, kShifter) - kShifter;
  return {n, std::fma(-n, kLn2Low, std::fma(-n, kLn2High, x))};
}

double PowerOfTwo(double n) {
  return std::bit_cast<double>(std::bit_cast<uint64_t>(n + kExponentShifter) << 52);
}

template <size_t kTerms>
double Horner(const double (&coefficients)[kTerms], double x) {
  double sum = coefficients[0];
  for (size_t i = 1; i < kTerms; ++i) sum = std::fma(sum, x, coefficients[i]);
  return sum;
}

}  // namespace

float Dot(std::span<const float> x, const float* w, size_t stride) { return DotOf(x, w, stride); }
double Dot(std::span<const double> x, const double* w, size_t stride) {
  return DotOf(x, w, stride);
}

double Exp(double x) {
  x = x < kExpLowest ? kExpLowest : x;
  x = x > kExpHighest ? kExpHighest : x;
  const auto [n, r] = Reduce(x);
  const double p = std::fma(Horner(kExpM1, r), r, 1.0);
  // In two factors, for 2^n itself may not be a normal number.
  const double half = std::fma(n, 0.5, kShifter) - kShifter;
  return p * PowerOfTwo(half) * PowerOfTwo(n - half);
}

double Log(double x) {
  const bool tiny = x < kSmallestNormal;
  const auto bits = std::bit_cast<uint64_t>(tiny ? x * kTwoTo54 : x);
  const uint64_t biased = (bits + (kOneBits - kRootHalfBits)) >> 52;
  const double m = std::bit_cast<double>(bits - ((biased - kExponentBias) << 52));
  const double k = std::bit_cast<double>(biased | kTwoTo52Bits) - kTwoTo52 - (tiny ? 1077 : 1023);
  const double f = m - 1;
  const double s = f / (2 + f);
  const double z = s * s;
  const double half_square = 0.5 * f * f;
  const double low = std::fma(k, kLn2Low, s * std::fma(z, Horner(kAtanh, z), half_square));
  const double log = std::fma(k, kLn2High, f - (half_square - low));
  if (x == 0) return -kInfinity;
  if (x < 0) return kNaN;
  return x < kInfinity ? log : x;  // infinity and NaN are themselves
}

double Tanh(double x) {
  const double size = std::fabs(x);
  double twice = 2 * size;
  twice = twice > kTanhOne ? kTanhOne : twice;
  const auto [n, r] = Reduce(twice);
  const double scale = PowerOfTwo(n);
  const double expm1 = std::fma(scale, Horner(kExpM1, r) * r, scale - 1);
  return std::copysign(expm1 / (expm1 + 2), x);
}

double Sigmoid(double x) {
  const double e = Exp(-std::fabs(x));
  const double s = 1 / (1 + e);
  return x < 0 ? e * s : s;
}

}  // namespace slipway::tabular::reference
