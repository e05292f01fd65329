#include "train/algebra/functions.h"

#include <cstdint>

#include "base/clones.h"

namespace slipway::train {
namespace {

// e^x = 2^n · e^r with n the nearest whole number of x / ln 2; e^r by its Taylor polynomial.
SLIPWAY_CLONES void ExponentialsOf(float* values, size_t count) {
  constexpr float kLeast = -87.0f, kMost = 88.0f;
  constexpr float kRounder = 12582912.0f;  // 1.5 · 2^23: adding it rounds to a whole number
  constexpr float kLogHigh = 0.693359375f, kLogLow = -2.12194440e-4f;  // ln 2 in two parts
  for (size_t i = 0; i < count; ++i) {
    const float given = values[i];
    float x = given < kLeast ? kLeast : given;
    x = x > kMost ? kMost : x;
    const float shifted = x * 1.44269504f + kRounder;
    const float n = shifted - kRounder;
    const float r = (x - n * kLogHigh) - n * kLogLow;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = p * r + 1.0f;
    p = p * r + 1.0f;
    const int32_t bits = (static_cast<int32_t>(n) + 127) << 23;
    const float power = __builtin_bit_cast(float, bits);
    values[i] = given < kLeast ? 0.0f : p * power;
  }
}

SLIPWAY_CLONES void Multiply(float factor, float* x, size_t count) {
  for (size_t i = 0; i < count; ++i) x[i] *= factor;
}

SLIPWAY_CLONES void SharesOf(float* powers, float scale, float shift, size_t count) {
  for (size_t i = 0; i < count; ++i) powers[i] = scale / (1.0f + powers[i]) + shift;
}

}  // namespace

void Exponentials(float* values, size_t count) { ExponentialsOf(values, count); }

void Logistics(float* values, size_t count) {
  Multiply(-1, values, count);
  Exponentials(values, count);
  SharesOf(values, 1, 0, count);
}

// tanh x = 2 / (1 + e^-2x) - 1
void HyperbolicTangents(float* values, size_t count) {
  Multiply(-2, values, count);
  Exponentials(values, count);
  SharesOf(values, 2, -1, count);
}

}  // namespace slipway::train
