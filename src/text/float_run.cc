#include "text/float_run.h"

#include <bit>
#include <cstdint>

#include "text/decimal.h"
#include "text/decimal_tables.h"

#if defined(__x86_64__)
#include <smmintrin.h>

// Commas are found 64 bytes at a time, which makes the numbers independent of each other: the
// processor works on several at once, where a byte-by-byte reader waits for each number's end. A
// number of up to 16 characters is loaded so that it ends at the vector's end, its point is closed
// up, and its digits are added in four steps. Half the time of the byte-by-byte way
// (bench/number_text.cc).

#define SLIPWAY_SSE41 __attribute__((target("sse4.1")))

namespace slipway {
namespace {

constexpr ptrdiff_t kLookBehind = 17;  // the loads below reach this far before a number's end
constexpr ptrdiff_t kBlock = 64;

/// 16 zeros, 16 ones, 16 zeros: a load at a variable offset gives a mask with its edge anywhere.
alignas(64) constexpr uint8_t kEdges[48] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};

alignas(16) constexpr char kZeroes[17] = "0000000000000000";
alignas(16) constexpr uint8_t kNines[16] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9};

SLIPWAY_SSE41 __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}
SLIPWAY_SSE41 __m128i LastOnes(size_t n) { return Load(kEdges + n); }        // bytes 16−n … 15
SLIPWAY_SSE41 __m128i FirstOnes(size_t n) { return Load(kEdges + 32 - n); }  // bytes 0 … n−1

SLIPWAY_SSE41 uint64_t CommaMask(const char* block) {
  const __m128i comma = _mm_set1_epi8(',');
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i equal = _mm_cmpeq_epi8(Load(block + 16 * i), comma);
    mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(equal))) << (16 * i);
  }
  return mask;
}

/// Sixteen digit values, the most significant first, as one number.
SLIPWAY_SSE41 uint64_t AddDigits(__m128i digits) {
  const __m128i tens = _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1);
  const __m128i hundreds = _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1);
  const __m128i myriads = _mm_setr_epi16(10000, 1, 10000, 1, 10000, 1, 10000, 1);
  const __m128i fours = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), myriads);
  const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xFFFFFFFF) * 100'000'000 + (both >> 32);
}

/// `[s, e)` as a plain decimal of 1–16 characters after its sign: digits, at most one point between
/// them. False for anything else, good or bad.
SLIPWAY_SSE41 bool ParsePlain(const char* s, const char* e, float* out) {
  const bool negative = *s == '-';
  s += negative;
  const auto length = static_cast<size_t>(e - s);
  if (length - 1 > 15) return false;  // also 0
  const uint32_t inside = (0xFFFFu << (16 - length)) & 0xFFFF;
  const __m128i text = Load(e - 16);
  const __m128i values = _mm_sub_epi8(text, Load(kZeroes));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(values, Load(kNines)), values);
  const auto digits = static_cast<uint32_t>(_mm_movemask_epi8(is_digit)) & inside;
  const uint32_t point = inside & ~digits;  // whatever is no digit must be the one point
  // A digit first and last; no zero before another digit.
  const uint32_t first_and_last = 0x8000u | (1u << (16 - length));
  const bool leading_zero = (*s == '0') & (digits >> (17 - length) & 1);
  if ((digits & first_and_last) != first_and_last || (point & (point - 1)) != 0 || leading_zero)
    return false;
  size_t fraction = 0, before = 0;  // digits after the point; bytes up to and with it
  if (point != 0) {
    before = static_cast<size_t>(std::countr_zero(point)) + 1;
    fraction = 16 - before;
    if (e[-static_cast<ptrdiff_t>(fraction) - 1] != '.') return false;
  }
  const __m128i shifted = _mm_sub_epi8(Load(e - 17), Load(kZeroes));
  const __m128i closed = _mm_blendv_epi8(values, shifted, FirstOnes(before));
  const uint64_t whole = AddDigits(_mm_and_si128(closed, LastOnes(length - (point != 0))));
  const double value = static_cast<double>(static_cast<int64_t>(whole)) * kTenths[fraction];
  if (!(RoundsOnceToFloat(value) | (whole == 0))) return false;
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  *out = std::bit_cast<float>(bits | static_cast<uint32_t>(negative) << 31);
  return true;
}

/// Any number that is all of `[s, e)`.
bool ParseAny(const char* s, const char* e, float* out) {
  Decimal number;
  const char* broken;
  return ScanDecimal(s, e, &number, &broken) == e && ToFloat(number, out);
}

bool BeginsNumber(char c) { return c == '-' || (c >= '0' && c <= '9'); }

SLIPWAY_SSE41 size_t ReadRun(const char** at, const char* end, float* out, size_t room) {
  const char* start = *at;
  const char* previous = start;
  size_t count = 0;
  for (const char* block = start; end - block >= kBlock + 2; block += kBlock) {
    for (uint64_t commas = CommaMask(block); commas != 0; commas &= commas - 1) {
      const char* const comma = block + std::countr_zero(commas);
      if (count == room ||
          !(ParsePlain(start, comma, out + count) || ParseAny(start, comma, out + count)))
        goto stop;
      ++count;
      previous = start;
      start = comma + 1 + (comma[1] == ' ');
    }
  }
stop:
  // A comma may only be taken together with the number that follows it.
  if (count > 0 && !BeginsNumber(*start)) {
    --count;
    start = previous;
  }
  *at = start;
  return count;
}

}  // namespace

size_t ReadFloatRun(const char* begin, const char** at, const char* end, float* out, size_t room) {
  static const bool has_sse41 = __builtin_cpu_supports("sse4.1");
  if (!has_sse41 || *at - begin < kLookBehind || end - *at < kBlock + 2) return 0;
  return ReadRun(at, end, out, room);
}

}  // namespace slipway

#else

namespace slipway {

size_t ReadFloatRun(const char*, const char**, const char*, float*, size_t) { return 0; }

}  // namespace slipway

#endif
