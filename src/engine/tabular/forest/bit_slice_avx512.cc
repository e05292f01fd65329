#include "engine/tabular/forest/bit_slice_kernel.h"
#include "engine/tabular/forest/simd.h"

#if defined(__x86_64__)

SLIPWAY_BEGIN_ISA(SLIPWAY_AVX512)

namespace slipway::forest {
namespace {

uint64_t GoesRight(const uint8_t* bins, uint8_t rank) {
  const __m512i ranks = _mm512_set1_epi8(static_cast<char>(rank));
  return _cvtmask64_u64(_mm512_cmpgt_epu8_mask(_mm512_load_si512(bins), ranks));
}

uint64_t GoesRight(const uint16_t* bins, uint16_t rank) {
  const __m512i ranks = _mm512_set1_epi16(static_cast<int16_t>(rank));
  const __mmask32 low = _mm512_cmpgt_epu16_mask(_mm512_load_si512(bins), ranks);
  const __mmask32 high = _mm512_cmpgt_epu16_mask(_mm512_load_si512(bins + 32), ranks);
  return _cvtmask64_u64(_mm512_kunpackd(high, low));
}

__m256i Four(const uint64_t* words) {
  return _mm256_load_si256(reinterpret_cast<const __m256i*>(words));
}

constexpr int kSelect = 0xCA;  // a ? b : c

template <size_t kWords>
void MuxWords(const uint64_t* select, const uint64_t* low, const uint64_t* high, uint64_t* into) {
  if constexpr (kWords == 8) {
    _mm512_store_si512(into,
                       _mm512_ternarylogic_epi64(_mm512_load_si512(select), _mm512_load_si512(high),
                                                 _mm512_load_si512(low), kSelect));
  } else if constexpr (kWords == 4) {
    _mm256_store_si256(reinterpret_cast<__m256i*>(into),
                       _mm256_ternarylogic_epi64(Four(select), Four(high), Four(low), kSelect));
  } else {
    for (size_t w = 0; w < kWords; ++w) into[w] = (select[w] & high[w]) | (~select[w] & low[w]);
  }
}

template <typename Bin, size_t kWords>
void Select(const SliceTree& tree, const Bin* bins, uint64_t* slots, uint8_t* leaf_of_row) {
  uint64_t* split = slots + kSplits * kWords;
  for (size_t i = 0; i < tree.compare_count; ++i, split += kWords) {
    const SliceCompare compare = tree.compares[i];
    const Bin* const column = bins + compare.column * kBlockRows;
#pragma GCC unroll 8
    for (size_t w = 0; w < kWords; ++w)
      split[w] = GoesRight(column + 64 * w, static_cast<Bin>(compare.rank));
  }
  for (size_t i = 0; i < tree.mux_count; ++i) {
    const SliceMux mux = tree.muxes[i];
    MuxWords<kWords>(slots + mux.select * kWords, slots + mux.low * kWords,
                     slots + mux.high * kWords, slots + mux.into * kWords);
  }
  const uint64_t* const bits = slots + kLeafBits * kWords;
  for (size_t w = 0; w < kWords; ++w) {
    __m512i leaf = _mm512_setzero_si512();
    for (size_t b = 0; b < tree.leaf_bits; ++b)
      leaf = _mm512_mask_add_epi8(leaf, _cvtu64_mask64(bits[b * kWords + w]), leaf,
                                  _mm512_set1_epi8(static_cast<char>(1 << b)));
    _mm512_store_si512(leaf_of_row + 64 * w, leaf);
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

/// Sixteen leaf numbers.
__m512i Numbers(const uint8_t* leaf_of_row) {
  return _mm512_cvtepu8_epi32(_mm_load_si128(reinterpret_cast<const __m128i*>(leaf_of_row)));
}

__m512i EightNumbers(const uint8_t* leaf_of_row) {
  return _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(leaf_of_row)));
}

void AddTo(double* sums, __m512d values) {
  _mm512_store_pd(sums, _mm512_add_pd(_mm512_load_pd(sums), values));
}
void AddTo(float* sums, __m512 values) {
  _mm512_store_ps(sums, _mm512_add_ps(_mm512_load_ps(sums), values));
}

/// Up to 64 leaves stay in registers.
template <size_t kLeaves>
void AddHeld(const uint8_t* leaf_of_row, size_t rows, const float* leaves, float* sums) {
  __m512 held[kLeaves / 16];
  for (size_t i = 0; i < kLeaves / 16; ++i) held[i] = _mm512_loadu_ps(leaves + 16 * i);
  for (size_t row = 0; row < rows; row += 16) {
    const __m512i numbers = Numbers(leaf_of_row + row);
    __m512 values;
    if constexpr (kLeaves == 16) {
      values = _mm512_permutexvar_ps(numbers, held[0]);
    } else {
      values = _mm512_permutex2var_ps(held[0], numbers, held[1]);
      if constexpr (kLeaves == 64)
        values = _mm512_mask_mov_ps(values, _mm512_test_epi32_mask(numbers, _mm512_set1_epi32(32)),
                                    _mm512_permutex2var_ps(held[2], numbers, held[3]));
    }
    AddTo(sums + row, values);
  }
}

void Add(const uint8_t* leaf_of_row, size_t rows, const float* leaves, size_t leaf_count,
         float* sums) {
  if (leaf_count <= 16) return AddHeld<16>(leaf_of_row, rows, leaves, sums);
  if (leaf_count <= 32) return AddHeld<32>(leaf_of_row, rows, leaves, sums);
  if (leaf_count <= 64) return AddHeld<64>(leaf_of_row, rows, leaves, sums);
  for (size_t row = 0; row < rows; row += 16)
    AddTo(sums + row, _mm512_i32gather_ps(Numbers(leaf_of_row + row), leaves, 4));
}

/// Up to 64 leaves stay in registers.
template <size_t kLeaves>
void AddHeld(const uint8_t* leaf_of_row, size_t rows, const double* leaves, double* sums) {
  __m512d held[kLeaves / 8];
  for (size_t i = 0; i < kLeaves / 8; ++i) held[i] = _mm512_loadu_pd(leaves + 8 * i);
  for (size_t row = 0; row < rows; row += 8) {
    const __m512i numbers = EightNumbers(leaf_of_row + row);
    __m512d values = _mm512_permutex2var_pd(held[0], numbers, held[1]);
    if constexpr (kLeaves >= 32) {
      const __mmask8 second = _mm512_test_epi64_mask(numbers, _mm512_set1_epi64(16));
      values =
          _mm512_mask_mov_pd(values, second, _mm512_permutex2var_pd(held[2], numbers, held[3]));
      if constexpr (kLeaves == 64) {
        const __m512d late =
            _mm512_mask_mov_pd(_mm512_permutex2var_pd(held[4], numbers, held[5]), second,
                               _mm512_permutex2var_pd(held[6], numbers, held[7]));
        values = _mm512_mask_mov_pd(values, _mm512_test_epi64_mask(numbers, _mm512_set1_epi64(32)),
                                    late);
      }
    }
    AddTo(sums + row, values);
  }
}

void Add(const uint8_t* leaf_of_row, size_t rows, const double* leaves, size_t leaf_count,
         double* sums) {
  if (leaf_count <= 16) return AddHeld<16>(leaf_of_row, rows, leaves, sums);
  if (leaf_count <= 32) return AddHeld<32>(leaf_of_row, rows, leaves, sums);
  if (leaf_count <= 64) return AddHeld<64>(leaf_of_row, rows, leaves, sums);
  for (size_t row = 0; row < rows; row += 8)
    AddTo(sums + row, _mm512_i64gather_pd(EightNumbers(leaf_of_row + row), leaves, 8));
}

}  // namespace

}  // namespace slipway::forest

SLIPWAY_END_ISA

namespace slipway::forest {

void TakeAvx512(SliceSteps<uint8_t, float>& to) { to = {SelectAny<uint8_t>, Add}; }
void TakeAvx512(SliceSteps<uint8_t, double>& to) { to = {SelectAny<uint8_t>, Add}; }
void TakeAvx512(SliceSteps<uint16_t, float>& to) { to = {SelectAny<uint16_t>, Add}; }
void TakeAvx512(SliceSteps<uint16_t, double>& to) { to = {SelectAny<uint16_t>, Add}; }

}  // namespace slipway::forest

#endif
