// The shortest decimal of a float, and of those the nearest: Raffaello Giulietti, "The Schubfach
// way to render doubles" (2020), for 32 bits. One multiplication by a tabled power of ten for each
// end of the interval that rounds to the float. Every fifth float was compared with std::to_chars
// once, one in 5003 is in each test run.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/clones.h"
#include "text/number_format.h"

namespace slipway {
namespace {

constexpr int kLeastPower = -31, kGreatestPower = 45;

/// ⌊log₁₀ 2^e⌋, or ⌊log₁₀ ¾ · 2^e⌋.
constexpr int FloorLog10Pow2(int e, int three_quarters) {
  return (e * 1262611 - three_quarters * 524031) >> 22;
}
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

// Of every float, and of NaN and the infinities, whose lanes are computed and left.
static_assert([] {
  for (int q = -149; q <= 105; ++q)
    for (const int closer : {0, 1}) {
      const int power = -FloorLog10Pow2(q, closer);
      if (power < kLeastPower || power > kGreatestPower) return false;
    }
  return true;
}());

/// What is computed for several floats at once; the loops over lanes become vector instructions.
template <size_t kLanes>
struct Shortest {
  alignas(64) uint32_t digits[kLanes];  // at most nine, of which the last may be zeros
  alignas(64) int32_t exponents[kLanes];
};

/// Of finite floats; the digits of zero are 0. No lane branches: which of the candidates is taken
/// cannot be predicted.
template <size_t kLanes>
SLIPWAY_INLINE void FindShortest(const uint32_t* bits, Shortest<kLanes>& out) {
  alignas(64) uint32_t significand[kLanes], scaled[3][kLanes], power_high[kLanes],
      power_low[kLanes];
  alignas(64) int32_t shift[kLanes];
  alignas(64) uint32_t lower_is_closer[kLanes];
  for (size_t i = 0; i < kLanes; ++i) {
    const uint32_t fraction = bits[i] & 0x7FFFFF, biased = (bits[i] >> 23) & 0xFF;
    const uint32_t normal = biased != 0 ? 1 : 0;
    significand[i] = fraction | normal << 23;
    lower_is_closer[i] = (fraction == 0 ? 1 : 0) & (biased > 1 ? 1 : 0);
    const int q = static_cast<int>(biased + 1 - normal) - 150;
    const int k = FloorLog10Pow2(q, static_cast<int>(lower_is_closer[i]));
    shift[i] = q + FloorLog2Pow10(-k) + 1;
    out.exponents[i] = k;
  }
  for (size_t i = 0; i < kLanes; ++i) {
    const uint64_t power = kPowers[static_cast<size_t>(-out.exponents[i] - kLeastPower)];
    power_high[i] = static_cast<uint32_t>(power >> 32);
    power_low[i] = static_cast<uint32_t>(power);
  }
  // The lower end, the value, the upper end in quarters of the unit 10^k.
  for (size_t i = 0; i < kLanes; ++i) {
    scaled[0][i] = (4 * significand[i] - 2 + lower_is_closer[i]) << shift[i];
    scaled[1][i] = (4 * significand[i]) << shift[i];
    scaled[2][i] = (4 * significand[i] + 2) << shift[i];
  }
  // The high part of the product with the power, its last bit set when anything below it is:
  // comparisons then stay right.
  alignas(64) uint64_t product[kLanes];
  for (auto& end : scaled) {
    for (size_t i = 0; i < kLanes; ++i)
      product[i] = uint64_t{power_high[i]} * end[i] + (uint64_t{power_low[i]} * end[i] >> 32);
    for (size_t i = 0; i < kLanes; ++i)
      end[i] = static_cast<uint32_t>(product[i] >> 32) |
               (static_cast<uint32_t>(product[i]) > 1 ? 1u : 0u);
  }
  // One digit fewer, if exactly one such decimal is inside; else the one inside; else the nearer of
  // two. All ones stand for true.
  for (size_t i = 0; i < kLanes; ++i) {
    const uint32_t odd = significand[i] & 1;  // the ends round to an even neighbour
    const uint32_t low = scaled[0][i] + odd, value = scaled[1][i], high = scaled[2][i] - odd;
    const uint32_t s = value / 4, units = value & ~3u;
    const uint32_t tens = s / 10, forty = 40 * tens;
    const uint32_t tens_down = low <= forty ? ~0u : 0u, tens_up = forty + 40 <= high ? ~0u : 0u;
    const uint32_t unit_down = low <= units ? ~0u : 0u, unit_up = units + 4 <= high ? ~0u : 0u;
    const uint32_t nearer_up = (value & 3) + (s & 1) > 2 ? ~0u : 0u;
    const uint32_t one_unit = unit_down ^ unit_up;
    const uint32_t unit = s - ((one_unit & unit_up) | (~one_unit & nearer_up));
    const uint32_t one_ten = (tens_down ^ tens_up) & (s >= 10 ? ~0u : 0u);
    out.digits[i] = (one_ten & (10 * (tens - tens_up))) | (~one_ten & unit);
  }
}

/// 0.d₁d₂…d₉ × 10^point
template <size_t kLanes>
struct Parts {
  alignas(64) uint64_t tails[kLanes];   // d₂…d₉ as bytes 0–9, the most significant first in memory
  alignas(64) uint32_t firsts[kLanes];  // d₁; 0 of zero and subnormals, whose parts are not these
  alignas(64) int32_t points[kLanes];
};

template <size_t kLanes>
SLIPWAY_INLINE void Split(const Shortest<kLanes>& in, Parts<kLanes>& out) {
  for (size_t i = 0; i < kLanes; ++i) {
    const uint32_t eight = in.digits[i] < 100'000'000 ? 1 : 0;
    const uint32_t digits = in.digits[i] * (1 + 9 * eight);
    out.points[i] = in.exponents[i] + 9 - static_cast<int32_t>(eight);
    const uint32_t first = digits / 100'000'000;
    out.firsts[i] = first;
    const uint32_t rest = digits - first * 100'000'000;
    const uint64_t fours = rest / 10000 | uint64_t{rest % 10000} << 32;
    const uint64_t hundreds = ((fours * 10486) >> 20) & 0x0000007F0000007F;
    const uint64_t pairs = hundreds | (fours - 100 * hundreds) << 16;
    const uint64_t tens = ((pairs * 103) >> 10) & 0x000F000F000F000F;
    out.tails[i] = tens | (pairs - 10 * tens) << 8;
  }
}

constexpr size_t kLanes = 16;
constexpr size_t kWorthLanes = 5;  // all take as long as four alone

SLIPWAY_CLONES void SplitLanes(const uint32_t* bits, Parts<kLanes>* out) {
  Shortest<kLanes> shortest;
  FindShortest<kLanes>(bits, shortest);
  Split<kLanes>(shortest, *out);
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

constexpr uint64_t kZeros = 0x3030303030303030;

SLIPWAY_INLINE char* Layout(uint32_t first_digit, uint64_t tail_digits, int point, char* at) {
  const auto first = static_cast<char>('0' + first_digit);
  const uint64_t tail = tail_digits | kZeros;
  // Digits up to the last that is not 0; the tail's zero bytes at the end are none.
  const int length = tail_digits == 0 ? 1 : 9 - std::countl_zero(tail_digits) / 8;
  constexpr int kLeastFixed = -4, kGreatestFixed = 16;  // 0.00001234 and 1234567890000000.0
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

constexpr bool IsFinite(uint32_t bits) { return ((bits >> 23) & 0xFF) != 0xFF; }

/// FormatNumbers of at most kLanes.
size_t FormatLanes(std::span<const float> values, char** to) {
  alignas(64) uint32_t bits[kLanes] = {};
  std::memcpy(bits, values.data(), values.size_bytes());
  Parts<kLanes> parts;
  SplitLanes(bits, &parts);
  char* at = *to;
  size_t i = 0;
  for (; i < values.size(); ++i) {
    if (parts.firsts[i] != 0 && IsFinite(bits[i])) {
      *at = '-';
      at = Layout(parts.firsts[i], parts.tails[i], parts.points[i], at + (bits[i] >> 31));
    } else {
      char* const end = FormatNumber(values[i], at);
      if (end == nullptr) break;
      at = end;
    }
    *at++ = ',';
  }
  *to = at;
  return i;
}

}  // namespace

char* FormatNumber(float value, char* to) {
  const auto bits = std::bit_cast<uint32_t>(value);
  if (!IsFinite(bits)) return nullptr;
  *to = '-';
  to += bits >> 31;
  if ((bits << 1) == 0) {
    std::memcpy(to, "0.0", 3);
    return to + 3;
  }
  Shortest<1> shortest;
  FindShortest<1>(&bits, shortest);
  while (shortest.digits[0] < 10'000'000) [[unlikely]] {  // subnormals only
    shortest.digits[0] *= 10;
    --shortest.exponents[0];
  }
  Parts<1> parts;
  Split<1>(shortest, parts);
  return Layout(parts.firsts[0], parts.tails[0], parts.points[0], to);
}

size_t FormatNumbers(std::span<const float> values, char** to) {
  size_t done = 0;
  while (values.size() - done >= kWorthLanes) {
    const size_t count = std::min(values.size() - done, kLanes);
    const size_t written = FormatLanes(values.subspan(done, count), to);
    done += written;
    if (written < count) return done;
  }
  return done + FormatOneByOne(values.subspan(done), to);
}

}  // namespace slipway
