// The shortest decimal of a float, and of those the nearest: Raffaello Giulietti, "The Schubfach
// way to render doubles" (2020), for 32 bits. One multiplication by a tabled power of ten for each
// end of the interval that rounds to the float. Every fifth float was compared with std::to_chars
// once, one in 5003 is in each test run.

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "text/number_format.h"

namespace slipway {
namespace {

constexpr int kLeastPower = -31, kGreatestPower = 45;

constexpr int FloorLog10Pow2(int e) { return (e * 1262611) >> 22; }
constexpr int FloorLog10ThreeQuartersPow2(int e) { return (e * 1262611 - 524031) >> 22; }
constexpr int FloorLog2Pow10(int e) { return (e * 1741647) >> 19; }

/// 10^power, rounded up to 64 significant bits.
constexpr uint64_t SignificantBits(int power) {
  using Wide = unsigned __int128;
  Wide five = 1;  // 10^n and 5^n have the same significant bits
  for (int i = 0; i < (power < 0 ? -power : power); ++i) five *= 5;
  int width = 0;
  for (Wide v = five; v != 0; v >>= 1) ++width;
  if (power >= 0) {
    if (width <= 64) return static_cast<uint64_t>(five) << (64 - width);
    const int dropped = width - 64;
    return static_cast<uint64_t>(five >> dropped) + ((five & ((Wide{1} << dropped) - 1)) != 0);
  }
  // 1 / 5^n by long division: the first quotient bit appears after `width` doublings.
  Wide rest = 1;
  uint64_t quotient = 0;
  for (int i = 0; i < width + 63; ++i) {
    rest *= 2;
    quotient <<= 1;
    if (rest >= five) {
      rest -= five;
      quotient |= 1;
    }
  }
  return quotient + 1;
}

constexpr auto kPowers = [] {
  std::array<uint64_t, kGreatestPower - kLeastPower + 1> powers{};
  for (int power = kLeastPower; power <= kGreatestPower; ++power)
    powers[static_cast<size_t>(power - kLeastPower)] = SignificantBits(power);
  return powers;
}();
static_assert(kPowers[-kLeastPower] == 0x8000000000000000 &&
              kPowers[-kLeastPower - 1] == 0xCCCCCCCCCCCCCCCD);

/// High part of a product, its last bit set when anything below it is: comparisons then stay right.
uint32_t RoundToOdd(uint64_t power, uint32_t scaled) {
  const auto product = static_cast<unsigned __int128>(power) * scaled;
  const auto high = static_cast<uint32_t>(product >> 64);
  const auto middle = static_cast<uint32_t>(product >> 32);
  return high | (middle > 1);
}

/// `condition ? yes : no`, where a compiler would branch.
uint32_t Select(bool condition, uint32_t yes, uint32_t no) {
  return no ^ ((yes ^ no) & (0 - uint32_t{condition}));
}

struct Shortest {
  uint32_t digits;  // not 0; at most nine, of which the last may be zeros
  int exponent;     // of ten
};

/// @param fraction, biased  the fields of a finite float that is not zero.
Shortest FindShortest(uint32_t fraction, uint32_t biased) {
  const uint32_t c = biased != 0 ? fraction | 0x800000 : fraction;
  const int q = static_cast<int>(biased != 0 ? biased : 1) - 150;
  const bool lower_is_closer = fraction == 0 && biased > 1;
  const bool odd = c & 1;  // the ends of the interval round to an even neighbour
  const int k = lower_is_closer ? FloorLog10ThreeQuartersPow2(q) : FloorLog10Pow2(q);
  const int shift = q + FloorLog2Pow10(-k) + 1;
  const uint64_t power = kPowers[static_cast<size_t>(-k - kLeastPower)];
  // In quarters of the unit 10^k: the lower end, the value, the upper end.
  const uint32_t low = RoundToOdd(power, (4 * c - 2 + lower_is_closer) << shift) + odd;
  const uint32_t value = RoundToOdd(power, (4 * c) << shift);
  const uint32_t high = RoundToOdd(power, (4 * c + 2) << shift) - odd;
  const uint32_t s = value / 4;
  const uint32_t tens = s / 10;
  const bool tens_down = low <= 40 * tens, tens_up = 40 * tens + 40 <= high;
  const bool unit_down = low <= 4 * s, unit_up = 4 * s + 4 <= high;
  const uint32_t middle = 4 * s + 2;
  const bool nearer_up = (value > middle) | ((value == middle) & (s & 1));
  // One digit fewer, if exactly one such decimal is inside; else the one inside; else the nearer of
  // two. Which it is cannot be predicted, so all are computed and one is selected without a branch.
  const uint32_t unit = s + Select(unit_down != unit_up, unit_up, nearer_up);
  return {Select((s >= 10) & (tens_down != tens_up), 10 * (tens + tens_up), unit), k};
}

/// Eight digits as bytes 0–9, the most significant first in memory.
uint64_t SplitEightDigits(uint32_t value) {
  const uint64_t fours = value / 10000 | static_cast<uint64_t>(value % 10000) << 32;
  const uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007F0000007F;
  const uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
  const uint64_t tens = ((pairs * 103) >> 10) & 0x000F000F000F000F;
  return tens | (pairs - 10 * tens) << 8;
}

char* AppendExponent(char* at, int exponent) {
  *at++ = 'e';
  if (exponent < 0) {
    *at++ = '-';
    exponent = -exponent;
  }
  if (exponent >= 10) *at++ = static_cast<char>('0' + exponent / 10);
  *at++ = static_cast<char>('0' + exponent % 10);
  return at;
}

void Store(char* at, uint64_t eight) { std::memcpy(at, &eight, sizeof(eight)); }

/// Lays out 0.d₁d₂…d₉ × 10^point.
/// @param tail    d₂…d₉ as characters.
/// @param length  digits up to the last that is not 0.
char* Layout(char first, uint64_t tail, int length, int point, char* at) {
  constexpr int kLeastFixed = -4, kGreatestFixed = 16;  // 0.00001234 and 1234567890000000.0
  constexpr uint64_t kZeros = 0x3030303030303030;
  if (point < kLeastFixed || point > kGreatestFixed) {
    at[0] = first;
    at[1] = '.';
    Store(at + 2, tail);
    return AppendExponent(at + (length > 1 ? length + 1 : 1), point - 1);
  }
  if (point <= 0) {
    std::memcpy(at, "0.0000", 6);
    at += 2 - point;
    at[0] = first;
    Store(at + 1, tail);
    return at + length;
  }
  at[0] = first;
  Store(at + 1, tail);
  if (point < length) {
    at[point] = '.';
    Store(at + point + 1, tail >> (8 * (point - 1)));
    return at + length + 1;
  }
  Store(at + 9, kZeros);
  std::memcpy(at + point, ".0", 2);
  return at + point + 2;
}

}  // namespace

char* FormatNumber(float value, char* to) {
  const auto bits = std::bit_cast<uint32_t>(value);
  const uint32_t fraction = bits & 0x7FFFFF, biased = (bits >> 23) & 0xFF;
  if (biased == 0xFF) return nullptr;
  *to = '-';
  to += bits >> 31;
  if ((bits << 1) == 0) {
    std::memcpy(to, "0.0", 3);
    return to + 3;
  }
  auto [decimal, exponent] = FindShortest(fraction, biased);
  while (decimal < 10'000'000) {  // subnormals only
    decimal *= 10;
    --exponent;
  }
  const bool eight = decimal < 100'000'000;
  decimal *= 1 + 9 * uint32_t{eight};
  const int point = exponent + 9 - eight;
  const uint64_t tail = SplitEightDigits(decimal % 100'000'000);
  const int length = 9 - std::countl_zero(tail | 1) / 8;  // 1 + 8 − zero bytes at the end
  const auto first = static_cast<char>('0' + decimal / 100'000'000);
  return Layout(first, tail | 0x3030303030303030, tail == 0 ? 1 : length, point, to);
}

}  // namespace slipway
