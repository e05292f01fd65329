#pragma once
// What the scalar and the vector reader of decimals share. Private to the room.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace slipway {

/// Powers of ten up to 10^22 are exact doubles.
inline constexpr int kMaxExactPower = 22;
inline constexpr std::array<double, kMaxExactPower + 1> kPowersOfTen = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

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

/// True when casting `value` ≥ 0, the double nearest to some decimal, gives the float nearest to that
/// same decimal. Rounding to double is monotonic and every midpoint between two normal floats is a
/// double, so only a double that is itself a midpoint (or lies outside the normal floats) may deceive.
inline bool RoundsOnceToFloat(double value) {
  constexpr uint64_t kBelowFloat = (uint64_t{1} << 29) - 1;
  constexpr uint64_t kMidpoint = uint64_t{1} << 28;
  constexpr double kLeastNormal = 0x1p-126;
  constexpr double kOverflow = 0x1.ffffffp127;
  if (value == 0) return true;
  return value >= kLeastNormal && value < kOverflow &&
         (std::bit_cast<uint64_t>(value) & kBelowFloat) != kMidpoint;
}

}  // namespace slipway
