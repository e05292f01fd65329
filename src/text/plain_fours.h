#pragma once
// Four plain decimals (plain_decimal.h) at once, each in a 128-bit lane of one register: what is
// asked of one number is asked of all four by the same operation, and masks hold 16 bits of each.
// For functions that are compiled for AVX-512 and called where the processor has it. Private to the
// room.

#if defined(__x86_64__)
#include <immintrin.h>

#include <cstddef>
#include <cstdint>

#include "text/decimal_tables.h"

#define SLIPWAY_AVX512 \
  __attribute__((target("avx512f,avx512bw,avx512cd,avx512dq,avx512vl,bmi,bmi2,lzcnt")))

namespace slipway {

inline bool ReadsPlainFours() {
  return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("bmi2");
}

struct NumberText {
  const char* begin;
  const char* end;
};

namespace plain_fours_internal {

inline constexpr uint64_t kLane = 0x0001000100010001;  // times 16 bits: those of each lane

/// Where the numbers lie in their lanes, which they end: a bit for each byte.
struct Places {
  uint64_t first = 0;  // each number's first byte after its sign
  uint64_t inside;     // all its bytes
  uint32_t negative = 0;
};

/// False when one is empty or longer than its lane.
SLIPWAY_AVX512 static inline bool Place(const NumberText (&texts)[4], Places* places) {
  size_t longest = 0;
  for (int i = 0; i < 4; ++i) {
    const auto [begin, end] = texts[i];
    const bool negative = *begin == '-';
    const size_t before = 16 - static_cast<size_t>(end - begin - negative);
    longest |= before;
    places->first |= uint64_t{1} << (16 * i + (before & 15));
    places->negative |= static_cast<uint32_t>(negative) << i;
  }
  places->inside = ~(places->first - kLane);
  return longest <= 15;
}

SLIPWAY_AVX512 static inline __m512i LoadEnds(const NumberText (&texts)[4]) {
  const auto lane = [&](int i) __attribute__((always_inline, target("avx512f"))) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(texts[i].end - 16));
  };
  __m512i all = _mm512_castsi128_si512(lane(0));
  all = _mm512_inserti32x4(all, lane(1), 1);
  all = _mm512_inserti32x4(all, lane(2), 2);
  return _mm512_inserti32x4(all, lane(3), 3);
}

/// Sixteen digit values a lane, the most significant first, as four numbers.
SLIPWAY_AVX512 static inline __m256i AddDigits(__m512i digits) {
  const __m512i tens = _mm512_set1_epi16(1 << 8 | 10);
  const __m512i hundreds = _mm512_set1_epi32(1 << 16 | 100);
  const __m512i myriads = _mm512_set1_epi32(1 << 16 | 10000);
  const __m512i fours = _mm512_madd_epi16(_mm512_maddubs_epi16(digits, tens), hundreds);
  const __m512i eights = _mm512_madd_epi16(_mm512_packus_epi32(fours, fours), myriads);
  const __m512i even = _mm512_setr_epi64(0, 2, 4, 6, 0, 2, 4, 6);
  const __m256i both = _mm512_castsi512_si256(_mm512_permutexvar_epi64(even, eights));
  const __m256i high = _mm256_mul_epu32(both, _mm256_set1_epi64x(100'000'000));
  return _mm256_add_epi64(high, _mm256_srli_epi64(both, 32));
}

/// 10^-(digits after the point), of the one bit or none that each lane of `points` has.
SLIPWAY_AVX512 static inline __m256d TenthsOf(uint64_t points) {
  const __m256i lanes = _mm256_cvtepu16_epi64(_mm_cvtsi64_si128(static_cast<int64_t>(points)));
  const __m512i places =
      _mm512_castsi256_si512(_mm256_lzcnt_epi64(lanes));  // 48 and more: modulo 16
  return _mm512_castpd512_pd256(_mm512_permutex2var_pd(_mm512_loadu_pd(kTenths.data()), places,
                                                       _mm512_loadu_pd(kTenths.data() + 8)));
}

/// RoundsOnceToFloat (decimal_tables.h) of each, a bit for each.
SLIPWAY_AVX512 static inline uint32_t RoundOnceToFloat(__m256d values) {
  const __m256i bits = _mm256_castpd_si256(values);
  const __m256i low = _mm256_and_si256(bits, _mm256_set1_epi64x(float_rounding::kBelowFloat));
  const __m256i from_midpoint = _mm256_sub_epi64(
      low, _mm256_set1_epi64x(float_rounding::kMidpoint - float_rounding::kMargin));
  const __m256i from_least = _mm256_sub_epi64(bits, _mm256_set1_epi64x(float_rounding::kLeast));
  return _mm256_cmpgt_epu64_mask(from_midpoint, _mm256_set1_epi64x(2 * float_rounding::kMargin)) &
         _mm256_cmple_epu64_mask(
             from_least, _mm256_set1_epi64x(float_rounding::kGreatest - float_rounding::kLeast));
}

}  // namespace plain_fours_internal

/// The floats nearest to four plain decimals of up to 16 characters after their signs. False when
/// any of them is something else, good or bad. Reads from 16 bytes before each number's end on.
SLIPWAY_AVX512 static inline bool ParsePlainFour(const NumberText (&texts)[4], float* out) {
  namespace internal = plain_fours_internal;
  internal::Places at;
  if (!internal::Place(texts, &at)) return false;
  const __m512i values = _mm512_sub_epi8(internal::LoadEnds(texts), _mm512_set1_epi8('0'));
  const uint64_t digits = _mm512_cmple_epu8_mask(values, _mm512_set1_epi8(9));
  const uint64_t zeros = _mm512_cmpeq_epi8_mask(values, _mm512_setzero_si512());
  const uint64_t dots = _mm512_cmpeq_epi8_mask(values, _mm512_set1_epi8('.' - '0'));
  const uint64_t points = at.inside & ~digits;  // whatever is no digit must be the one point
  // A last byte that is no digit is caught below, before this sum would matter.
  const uint64_t has_point =
      ((points & 0x7FFF * internal::kLane) + 0x7FFF * internal::kLane) >> 15 & internal::kLane;
  const uint64_t edges = at.first | 0x8000 * internal::kLane;
  const uint64_t leading_zeros = ((at.first & zeros & 0x7FFF * internal::kLane) << 1) & digits;
  const uint64_t broken =
      (edges & ~digits) | (points & ~dots) | (points & (points - has_point)) | leading_zeros;
  if (broken != 0) return false;
  // Digits before the point move up to it, and each lane with a point loses its first byte.
  const uint64_t to_point = (points << 1) - has_point;
  const uint64_t kept = at.inside & ~(at.first & ((has_point << 16) - has_point));
  const __m512i closed = _mm512_mask_blend_epi8(to_point, values, _mm512_bslli_epi128(values, 1));
  const __m256i numbers = internal::AddDigits(_mm512_maskz_mov_epi8(kept, closed));
  const __m256d rounded = _mm256_mul_pd(_mm256_cvtepi64_pd(numbers), internal::TenthsOf(points));
  const uint32_t good = internal::RoundOnceToFloat(rounded) |
                        _mm256_cmpeq_epi64_mask(numbers, _mm256_setzero_si256());
  if (good != 0xF) return false;
  const __m128i signs = _mm_maskz_set1_epi32(static_cast<__mmask8>(at.negative), INT32_MIN);
  _mm_storeu_ps(out, _mm_or_ps(_mm256_cvtpd_ps(rounded), _mm_castsi128_ps(signs)));
  return true;
}

}  // namespace slipway

#endif
