#pragma once
// What the scalar and the vector reader of decimals share. Private to the room.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace slipway {

/// Powers of ten up to 10^22 are exact doubles.
inline constexpr int kMaxExactPower = 22;
inline constexpr std::array<double, kMaxExactPower + 1> kPowersOfTen = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

/// Negative powers, each the nearest double.
inline constexpr std::array<double, 17> kTenths = {1e0,   1e-1,  1e-2,  1e-3,  1e-4,  1e-5,
                                                   1e-6,  1e-7,  1e-8,  1e-9,  1e-10, 1e-11,
                                                   1e-12, 1e-13, 1e-14, 1e-15, 1e-16};

static_assert(std::endian::native == std::endian::little, "digits are read eight at a time");

inline uint64_t LoadEight(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

/// All eight bytes are '0'…'9'.
inline bool IsEightDigits(uint64_t word) {
  return ((word & 0xF0F0F0F0F0F0F0F0) |
          (((word + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0) >> 4)) == 0x3333333333333333;
}

/// How many of them are, from the first one on.
inline size_t DigitsAtFront(uint64_t word) {
  const uint64_t values = word ^ 0x3030303030303030;  // a digit's is at most 9
  const uint64_t others =
      (values | ((values & 0x7F7F7F7F7F7F7F7F) + 0x7676767676767676)) & 0x8080808080808080;
  return static_cast<size_t>(std::countr_zero(others)) / 8;
}

/// The first `digits` of them, 1 to 8, behind zeros.
inline uint64_t BehindZeros(uint64_t word, size_t digits) {
  constexpr uint64_t kZeros = 0x3030303030303030;
  return word << (64 - 8 * digits) | kZeros >> 1 >> (8 * digits - 1);
}

/// Their value, the first byte being the most significant digit: pairs, then fours, then eight.
inline uint32_t ParseEightDigits(uint64_t word) {
  word -= 0x3030303030303030;
  word = word * 10 + (word >> 8);
  constexpr uint64_t kPairs = 0x000000FF000000FF;
  constexpr uint64_t kWeightsLow = 0x000F424000000064;   // 100, 1'000'000 << 32
  constexpr uint64_t kWeightsHigh = 0x0000271000000001;  // 1, 10'000 << 32
  return static_cast<uint32_t>(
      ((word & kPairs) * kWeightsLow + ((word >> 16) & kPairs) * kWeightsHigh) >> 32);
}

/// Decimal → double → float disagrees with a single rounding only across a midpoint between two
/// floats, and those are doubles: so it is enough to stay away from them, by more than the error
/// (3 × 2^-53 of the value is at most 3 of its last places), and within the normal floats.
namespace float_rounding {
inline constexpr uint64_t kBelowFloat =
    (uint64_t{1} << 29) - 1;  // bits of a double that a float lacks
inline constexpr uint64_t kMidpoint = uint64_t{1} << 28;
inline constexpr uint64_t kMargin = 8;
inline constexpr uint64_t kLeast = std::bit_cast<uint64_t>(0x1.0000001p-126);
inline constexpr uint64_t kGreatest = std::bit_cast<uint64_t>(0x1.fffffep127);
}  // namespace float_rounding

/// True when casting `value` > 0 gives the float nearest to the decimal that `value` is near to,
/// within three roundings' error.
inline bool RoundsOnceToFloat(double value) {
  using namespace float_rounding;
  const auto bits = std::bit_cast<uint64_t>(value);
  const bool near_midpoint = (bits & kBelowFloat) - (kMidpoint - kMargin) <= 2 * kMargin;
  return !near_midpoint & (bits - kLeast <= kGreatest - kLeast);
}

}  // namespace slipway
