#include "text/float_run.h"

#include <bit>
#include <cstdint>

#include "text/decimal.h"
#include "text/decimal_tables.h"
#include "text/plain_decimal.h"

#if defined(__x86_64__)

// Commas are found 64 bytes at a time, which makes the numbers independent of each other: the
// processor works on several at once, where a byte-by-byte reader waits for each number's end. Half
// the time of the byte-by-byte way (bench/number_text.cc).

namespace slipway {
namespace {

constexpr ptrdiff_t kBlock = 64;

SLIPWAY_SSE41 uint64_t CommaMask(const char* block) {
  const __m128i comma = _mm_set1_epi8(',');
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block) + i);
    const __m128i equal = _mm_cmpeq_epi8(bytes, comma);
    mask |= static_cast<uint64_t>(static_cast<uint32_t>(_mm_movemask_epi8(equal))) << (16 * i);
  }
  return mask;
}

/// `[s, e)` as the float nearest to a plain decimal. False for anything else, good or bad.
SLIPWAY_SSE41 bool ParsePlain(const char* s, const char* e, float* out) {
  PlainDecimal number;
  if (!ScanPlainDecimal(s, e, &number) || number.leading_zero) return false;
  const double value =
      static_cast<double>(static_cast<int64_t>(number.digits)) * kTenths[number.fraction];
  if (!(RoundsOnceToFloat(value) | (number.digits == 0))) return false;
  const auto bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  *out = std::bit_cast<float>(bits | static_cast<uint32_t>(number.negative) << 31);
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
  if (!has_sse41 || *at - begin < kPlainLookBehind || end - *at < kBlock + 2) return 0;
  return ReadRun(at, end, out, room);
}

}  // namespace slipway

#else

namespace slipway {

size_t ReadFloatRun(const char*, const char**, const char*, float*, size_t) { return 0; }

}  // namespace slipway

#endif
