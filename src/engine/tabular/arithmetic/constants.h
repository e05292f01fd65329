#pragma once
// Constants of exp, log and tanh. No `inline`: a file built for one instruction set must not export
// what the linker could take for all.

#include <cstdint>
#include <limits>

namespace slipway::tabular {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSmallestNormal = 0x1p-1022;
constexpr double kTwoTo54 = 0x1p54;

constexpr double kLog2E = 0x1.71547652b82fep+0;
constexpr double kLn2High = 0x1.62e42fefa3800p-1;  // its products with exponents are exact
constexpr double kLn2Low = 0x1.ef35793c76730p-45;

/// Added to a number below 2^51 it rounds it to a whole one, which is then in the low bits.
constexpr double kShifter = 0x1.8p52;
constexpr int64_t kExponentBias = 1023;
/// The same, and the low bits are those of a double's exponent.
constexpr double kExponentShifter = kShifter + static_cast<double>(kExponentBias);

/// Beyond these e^x is 0 or infinity.
constexpr double kExpLowest = -746;
constexpr double kExpHighest = 710;
/// (e^r - 1) / r as its Taylor polynomial, the highest power first: for |r| <= ln 2 / 2 what is
/// left out is below 5e-18.
constexpr double kExpM1[] = {0x1.6124613a86d09p-33, 0x1.1eed8eff8d898p-29, 0x1.ae64567f544e4p-26,
                             0x1.27e4fb7789f5cp-22, 0x1.71de3a556c734p-19, 0x1.a01a01a01a01ap-16,
                             0x1.a01a01a01a01ap-13, 0x1.6c16c16c16c17p-10, 0x1.1111111111111p-7,
                             0x1.5555555555555p-5,  0x1.5555555555555p-3,  0x1.0000000000000p-1,
                             0x1.0000000000000p+0};

/// √½ as bits: what lies above it up to √2 has exponent 0 in log.
constexpr uint64_t kRootHalfBits = 0x3fe6a09e667f3bcd;
constexpr uint64_t kOneBits = 0x3ff0000000000000;
constexpr uint64_t kTwoTo52Bits = 0x4330000000000000;
constexpr double kTwoTo52 = 0x1p52;
/// (2·atanh(s) / s - 2) / s² in powers of s², the highest first: for |s| <= 0.172 what is left out
/// is below 3e-17.
constexpr double kAtanh[] = {0x1.642c8590b2164p-4, 0x1.8618618618618p-4, 0x1.af286bca1af28p-4,
                             0x1.e1e1e1e1e1e1ep-4, 0x1.1111111111111p-3, 0x1.3b13b13b13b14p-3,
                             0x1.745d1745d1746p-3, 0x1.c71c71c71c71cp-3, 0x1.2492492492492p-2,
                             0x1.999999999999ap-2, 0x1.5555555555555p-1};

/// tanh is 1 from half of this on.
constexpr double kTanhOne = 44;

}  // namespace slipway::tabular
