#include "engine/tabular/forest/bit_slice_kernel.h"
#include "engine/tabular/forest/simd.h"

#if defined(__x86_64__)

SLIPWAY_BEGIN_ISA(SLIPWAY_AVX2)

namespace slipway::forest {
namespace {

template <typename Number>
__m256i Load(const Number* at) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(at));
}

void Store(void* at, __m256i value) { _mm256_store_si256(static_cast<__m256i*>(at), value); }

/// Bit i of the result: bins[i] > rank, for 32 rows. AVX2 compares signed numbers only, but a
/// difference that saturates at 0 says the same.
uint32_t GoesRight(const uint8_t* bins, __m256i rank) {
  const __m256i above = _mm256_subs_epu8(Load(bins), rank);
  const __m256i stays = _mm256_cmpeq_epi8(above, _mm256_setzero_si256());
  return ~static_cast<uint32_t>(_mm256_movemask_epi8(stays));
}

uint32_t GoesRight(const uint16_t* bins, __m256i rank) {
  const __m256i zero = _mm256_setzero_si256();
  const __m256i low = _mm256_cmpeq_epi16(_mm256_subs_epu16(Load(bins), rank), zero);
  const __m256i high = _mm256_cmpeq_epi16(_mm256_subs_epu16(Load(bins + 16), rank), zero);
  // Packing takes 128 bits of each in turn.
  const __m256i stays = _mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0b11011000);
  return ~static_cast<uint32_t>(_mm256_movemask_epi8(stays));
}

__m256i Broadcast(uint8_t rank) { return _mm256_set1_epi8(static_cast<char>(rank)); }
__m256i Broadcast(uint16_t rank) { return _mm256_set1_epi16(static_cast<int16_t>(rank)); }

template <size_t kWords>
void MuxWords(const uint64_t* select, const uint64_t* low, const uint64_t* high, uint64_t* into) {
  if constexpr (kWords >= 4) {
    for (size_t w = 0; w < kWords; w += 4) {
      const __m256i otherwise = Load(low + w);
      const __m256i differ = _mm256_xor_si256(otherwise, Load(high + w));
      Store(into + w, _mm256_xor_si256(otherwise, _mm256_and_si256(differ, Load(select + w))));
    }
  } else {
    for (size_t w = 0; w < kWords; ++w) into[w] = low[w] ^ ((low[w] ^ high[w]) & select[w]);
  }
}

/// Byte i is `value` where bit i is set.
__m256i Spread(uint32_t bits, __m256i value) {
  const __m256i byte_of_lane =
      _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
  const __m256i bit_of_lane = _mm256_set1_epi64x(static_cast<int64_t>(0x8040201008040201u));
  const __m256i bytes =
      _mm256_shuffle_epi8(_mm256_set1_epi32(static_cast<int32_t>(bits)), byte_of_lane);
  const __m256i set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit_of_lane), bit_of_lane);
  return _mm256_and_si256(set, value);
}

template <typename Bin, size_t kWords>
void Select(const SliceTree& tree, const Bin* bins, uint64_t* slots, uint8_t* leaf_of_row) {
  uint64_t* split = slots + kSplits * kWords;
  for (size_t i = 0; i < tree.compare_count; ++i, split += kWords) {
    const SliceCompare compare = tree.compares[i];
    const Bin* const column = bins + compare.column * kBlockRows;
    const __m256i rank = Broadcast(static_cast<Bin>(compare.rank));
#pragma GCC unroll 8
    for (size_t w = 0; w < kWords; ++w)
      split[w] = GoesRight(column + 64 * w, rank) |
                 static_cast<uint64_t>(GoesRight(column + 64 * w + 32, rank)) << 32;
  }
  for (size_t i = 0; i < tree.mux_count; ++i) {
    const SliceMux mux = tree.muxes[i];
    MuxWords<kWords>(slots + mux.select * kWords, slots + mux.low * kWords,
                     slots + mux.high * kWords, slots + mux.into * kWords);
  }
  const uint64_t* const bits = slots + kLeafBits * kWords;
  for (size_t half = 0; half < 2 * kWords; ++half) {
    __m256i leaf = _mm256_setzero_si256();
    for (size_t b = 0; b < tree.leaf_bits; ++b) {
      const auto word = static_cast<uint32_t>(bits[b * kWords + half / 2] >> (half % 2 * 32));
      leaf = _mm256_or_si256(leaf, Spread(word, _mm256_set1_epi8(static_cast<char>(1 << b))));
    }
    Store(leaf_of_row + 32 * half, leaf);
  }
}

template <typename Bin>
void SelectAny(const SliceTree& tree, const Bin* bins, size_t words, uint64_t* slots,
               uint8_t* leaf_of_row) {
  switch (words) {
    case 1:
      return Select<Bin, 1>(tree, bins, slots, leaf_of_row);
    case 2:
      return Select<Bin, 2>(tree, bins, slots, leaf_of_row);
    case 4:
      return Select<Bin, 4>(tree, bins, slots, leaf_of_row);
    default:
      return Select<Bin, 8>(tree, bins, slots, leaf_of_row);
  }
}

// A gather is no faster here than loads one by one.
template <typename Out>
void Add(const uint8_t* leaf_of_row, size_t rows, const Out* leaves, size_t, Out* sums) {
  for (size_t row = 0; row < rows; row += 8)
#pragma GCC unroll 8
    for (size_t i = row; i < row + 8; ++i) sums[i] += leaves[leaf_of_row[i]];
}

}  // namespace
}  // namespace slipway::forest

SLIPWAY_END_ISA

namespace slipway::forest {

void TakeAvx2(SliceSteps<uint8_t, float>& to) { to = {SelectAny<uint8_t>, Add<float>}; }
void TakeAvx2(SliceSteps<uint8_t, double>& to) { to = {SelectAny<uint8_t>, Add<double>}; }
void TakeAvx2(SliceSteps<uint16_t, float>& to) { to = {SelectAny<uint16_t>, Add<float>}; }
void TakeAvx2(SliceSteps<uint16_t, double>& to) { to = {SelectAny<uint16_t>, Add<double>}; }

}  // namespace slipway::forest

#endif
