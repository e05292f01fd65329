#include "text/float_run.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <span>

#include "text/decimal.h"
#include "text/decimal_tables.h"
#include "text/plain_decimal.h"
#include "text/plain_fours.h"

#if defined(__x86_64__)

// Commas are found 64 bytes at a time, which makes the numbers independent of each other: the
// processor works on several at once, where a byte-by-byte reader waits for each number's end. Half
// the time of the byte-by-byte way (bench/number_text.cc); four in one register, half of that.

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

/// The numbers read so far, and where the next one begins.
struct Run {
  const char* next;
  const char* previous;  // the number before it
  float* out;
  size_t room;
  size_t count = 0;

  /// Reads the number `text`, which begins at `next`.
  SLIPWAY_SSE41 bool Take(const NumberText& text) {
    if (count == room || !(ParsePlain(text.begin, text.end, out + count) ||
                           ParseAny(text.begin, text.end, out + count)))
      return false;
    ++count;
    previous = text.begin;
    next = After(text.end);
    return true;
  }

  bool TakeEach(std::span<const NumberText> texts) {
    return std::ranges::all_of(texts, [&](const NumberText& text) { return Take(text); });
  }

  /// As TakeEach, more quickly where all are plain.
  SLIPWAY_AVX512 bool TakeFour(const NumberText (&texts)[4]) {
    if (room - count < 4 || !ParsePlainFour(texts, out + count)) {
      _mm256_zeroupper();  // what follows is not compiled for wide registers
      return TakeEach(texts);
    }
    count += 4;
    previous = texts[3].begin;
    next = After(texts[3].end);
    return true;
  }

  static const char* After(const char* comma) { return comma + 1 + (comma[1] == ' '); }
};

SLIPWAY_SSE41 void ReadOneByOne(Run& run, const char* end) {
  for (const char* block = run.next; end - block >= kBlock + 2; block += kBlock)
    for (uint64_t commas = CommaMask(block); commas != 0; commas &= commas - 1)
      if (!run.Take({run.next, block + std::countr_zero(commas)})) return;
}

SLIPWAY_AVX512 void ReadByFours(Run& run, const char* end) {
  NumberText texts[4];
  size_t held = 0;
  const char* next = run.next;
  for (const char* block = next; end - block >= kBlock + 2; block += kBlock) {
    uint64_t commas = _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(block), _mm512_set1_epi8(','));
    for (; commas != 0; commas &= commas - 1) {
      const char* const comma = block + std::countr_zero(commas);
      texts[held] = {next, comma};
      next = Run::After(comma);
      held = (held + 1) % 4;
      if (held == 0 && !run.TakeFour(texts)) return;
    }
  }
  _mm256_zeroupper();
  run.TakeEach(std::span(texts).first(held));
}

}  // namespace

size_t ReadFloatRun(const char* begin, const char** at, const char* end, float* out, size_t room) {
  static const bool has_sse41 = __builtin_cpu_supports("sse4.1");
  static const bool reads_fours = ReadsPlainFours();
  if (!has_sse41 || *at - begin < kPlainLookBehind || end - *at < kBlock + 2) return 0;
  Run run{.next = *at, .previous = *at, .out = out, .room = room};
  reads_fours ? ReadByFours(run, end) : ReadOneByOne(run, end);
  // A comma may only be taken together with the number that follows it.
  if (run.count > 0 && !BeginsNumber(*run.next)) {
    --run.count;
    run.next = run.previous;
  }
  *at = run.next;
  return run.count;
}

}  // namespace slipway

#else

namespace slipway {

size_t ReadFloatRun(const char*, const char**, const char*, float*, size_t) { return 0; }

}  // namespace slipway

#endif
