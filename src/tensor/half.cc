#include "tensor/half.h"

#include <cmath>

namespace slipway {
namespace {

/// Rounds to a binary format of `mantissa_bits` stored bits and exponent bias `bias`.
uint16_t Narrow(double value, int mantissa_bits, int bias) {
  const int exponent_bits = 15 - mantissa_bits;
  const uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  const auto infinity = static_cast<uint16_t>(((1u << exponent_bits) - 1) << mantissa_bits);
  if (std::isnan(value)) return sign | infinity | static_cast<uint16_t>(1u << (mantissa_bits - 1));
  const double magnitude = std::fabs(value);
  if (std::isinf(magnitude)) return sign | infinity;
  if (magnitude == 0) return sign;
  int exponent;
  std::frexp(magnitude, &exponent);             // magnitude in [2^(e-1), 2^e)
  const int lowest = 1 - bias - mantissa_bits;  // exponent of the smallest subnormal
  const int unit = std::max(exponent - 1 - mantissa_bits, lowest);
  // nearbyint of the scaled value rounds half to even: scaling by a power of two is exact here.
  const auto steps = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, -unit)));
  const uint32_t biased = steps + (static_cast<uint32_t>(unit - lowest) << mantissa_bits);
  return biased >= infinity ? sign | infinity : sign | static_cast<uint16_t>(biased);
}

}  // namespace

float Fp16ToFloat(uint16_t bits) {
  const int exponent = (bits >> 10) & 0x1F;
  const int mantissa = bits & 0x3FF;
  float magnitude;
  if (exponent == 0)
    magnitude = std::ldexp(static_cast<float>(mantissa), -24);
  else if (exponent == 31)
    magnitude = mantissa == 0 ? INFINITY : NAN;
  else
    magnitude = std::ldexp(static_cast<float>(mantissa | 0x400), exponent - 25);
  return (bits & 0x8000) ? -magnitude : magnitude;
}

uint16_t DoubleToFp16(double value) { return Narrow(value, 10, 15); }
uint16_t DoubleToBf16(double value) { return Narrow(value, 7, 127); }

bool NarrowToFp16(double value, uint16_t* out) {
  *out = DoubleToFp16(value);
  return std::isfinite(Fp16ToFloat(*out)) || !std::isfinite(value);
}

bool NarrowToBf16(double value, uint16_t* out) {
  *out = DoubleToBf16(value);
  return std::isfinite(Bf16ToFloat(*out)) || !std::isfinite(value);
}

}  // namespace slipway
