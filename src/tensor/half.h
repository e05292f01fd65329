#pragma once
// FP16 and BF16 as bit patterns.

#include <bit>
#include <cstdint>

namespace slipway {

/// Exact.
float Fp16ToFloat(uint16_t bits);
inline float Bf16ToFloat(uint16_t bits) { return std::bit_cast<float>(uint32_t{bits} << 16); }

/// Round to nearest even from double, once (no double rounding); overflow gives infinity; NaN stays
/// NaN.
uint16_t DoubleToFp16(double value);
uint16_t DoubleToBf16(double value);

/// The same, for values that come from outside: false when a finite one becomes infinite.
bool NarrowToFp16(double value, uint16_t* out);
bool NarrowToBf16(double value, uint16_t* out);

}  // namespace slipway
