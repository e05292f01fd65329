#pragma once
// Plain decimals ("-12.50") of up to 16 characters, taken apart without a loop: a number is loaded
// so that it ends at the vector's end, its point is closed up, and its digits are added in four
// steps. For functions that are compiled for SSE 4.1 and called where the processor has it.

#if defined(__x86_64__)
#include <smmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#define SLIPWAY_SSE41 __attribute__((target("sse4.1")))

namespace slipway {

/// digits / 10^fraction, and its sign.
struct PlainDecimal {
  uint64_t digits;  // as one whole number, below 10^16
  size_t fraction;
  bool negative;
  bool leading_zero;  // before another digit: "007"
};

/// ScanPlainDecimal reads from so many bytes before a number's end on.
inline constexpr ptrdiff_t kPlainLookBehind = 17;

namespace plain_decimal_internal {

/// 16 zeros, 16 ones, 16 zeros: a load at a variable offset gives a mask with its edge anywhere.
alignas(64) inline constexpr uint8_t kEdges[48] = {
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0};

SLIPWAY_SSE41 static inline __m128i Load(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}
SLIPWAY_SSE41 static inline __m128i LastOnes(size_t n) { return Load(kEdges + n); }
SLIPWAY_SSE41 static inline __m128i FirstOnes(size_t n) { return Load(kEdges + 32 - n); }

/// Sixteen digit values, the most significant first, as one number.
SLIPWAY_SSE41 static inline uint64_t AddDigits(__m128i digits) {
  const __m128i tens = _mm_setr_epi8(10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1, 10, 1);
  const __m128i hundreds = _mm_setr_epi16(100, 1, 100, 1, 100, 1, 100, 1);
  const __m128i myriads = _mm_setr_epi16(10000, 1, 10000, 1, 10000, 1, 10000, 1);
  const __m128i fours = _mm_madd_epi16(_mm_maddubs_epi16(digits, tens), hundreds);
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), myriads);
  const auto both = static_cast<uint64_t>(_mm_cvtsi128_si64(eights));
  return (both & 0xFFFFFFFF) * 100'000'000 + (both >> 32);
}

}  // namespace plain_decimal_internal

/// `[s, e)` as a plain decimal of 1–16 characters after its sign: digits, at most one point between
/// them. False for anything else, good or bad.
SLIPWAY_SSE41 static inline bool ScanPlainDecimal(const char* s, const char* e, PlainDecimal* out) {
  namespace internal = plain_decimal_internal;
  out->negative = *s == '-';
  s += out->negative;
  const auto length = static_cast<size_t>(e - s);
  if (length - 1 > 15) return false;  // also 0
  const uint32_t inside = (0xFFFFu << (16 - length)) & 0xFFFF;
  const __m128i zeroes = _mm_set1_epi8('0');
  const __m128i values = _mm_sub_epi8(internal::Load(e - 16), zeroes);
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values);
  const auto digits = static_cast<uint32_t>(_mm_movemask_epi8(is_digit)) & inside;
  const uint32_t point = inside & ~digits;  // whatever is no digit must be the one point
  const uint32_t first_and_last = 0x8000u | (1u << (16 - length));
  if ((digits & first_and_last) != first_and_last || (point & (point - 1)) != 0) return false;
  out->leading_zero = (*s == '0') & (digits >> (17 - length) & 1);
  size_t before = 0;  // bytes up to and with the point
  out->fraction = 0;
  if (point != 0) {
    before = static_cast<size_t>(std::countr_zero(point)) + 1;
    out->fraction = 16 - before;
    if (e[-static_cast<ptrdiff_t>(out->fraction) - 1] != '.') return false;
  }
  const __m128i shifted = _mm_sub_epi8(internal::Load(e - kPlainLookBehind), zeroes);
  const __m128i closed = _mm_blendv_epi8(values, shifted, internal::FirstOnes(before));
  out->digits =
      internal::AddDigits(_mm_and_si128(closed, internal::LastOnes(length - (point != 0))));
  return true;
}

}  // namespace slipway

#endif
