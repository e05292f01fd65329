#include "engine/tabular/forest/permute_kernel.h"
#include "engine/tabular/forest/simd.h"

#if defined(__x86_64__)

SLIPWAY_BEGIN_ISA(SLIPWAY_AVX512)

namespace slipway::forest {
namespace {

/// A row's numbers, in the registers that a permutation looks them up in.
template <bool kFew>
struct Row8 {
  explicit Row8(const uint8_t* row) : numbers(_mm512_load_si512(row)) {}
  __m512i numbers;
};

template <bool kFew>
struct Row16 {
  explicit Row16(const uint16_t* row)
      : low(_mm512_load_si512(row)), high(_mm512_load_si512(row + 32)) {}
  __m512i Look(__m512i columns) const {
    return kFew ? _mm512_permutexvar_epi16(columns, low)
                : _mm512_permutex2var_epi16(low, columns, high);
  }
  __m512i low, high;
};

/// Bit i: the row goes right at lane i.
template <size_t kLevels, bool kFew>
uint64_t GoesRight(const Row8<kFew>& row, const uint8_t* columns, const uint8_t* ranks) {
  if constexpr (kLevels == 6) {
    const __m512i values = _mm512_permutexvar_epi8(_mm512_loadu_si512(columns), row.numbers);
    return _cvtmask64_u64(_mm512_cmpgt_epu8_mask(values, _mm512_loadu_si512(ranks)));
  } else if constexpr (kLevels == 5) {
    const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(columns));
    const __m512i values = _mm512_permutexvar_epi8(_mm512_castsi256_si512(at), row.numbers);
    const __m256i limit = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ranks));
    return _cvtmask32_u32(_mm256_cmpgt_epu8_mask(_mm512_castsi512_si256(values), limit));
  } else {
    const __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i*>(columns));
    const __m512i values = _mm512_permutexvar_epi8(_mm512_castsi128_si512(at), row.numbers);
    const __m128i limit = _mm_loadu_si128(reinterpret_cast<const __m128i*>(ranks));
    return _cvtmask16_u32(_mm_cmpgt_epu8_mask(_mm512_castsi512_si128(values), limit));
  }
}

template <bool kFew>
uint32_t GoesRight32(const Row16<kFew>& row, const uint8_t* columns, const uint16_t* ranks) {
  const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(columns));
  const __m512i values = row.Look(_mm512_cvtepu8_epi16(at));
  return _cvtmask32_u32(_mm512_cmpgt_epu16_mask(values, _mm512_loadu_si512(ranks)));
}

template <size_t kLevels, bool kFew>
uint64_t GoesRight(const Row16<kFew>& row, const uint8_t* columns, const uint16_t* ranks) {
  if constexpr (kLevels == 6) {
    return GoesRight32(row, columns, ranks) |
           static_cast<uint64_t>(GoesRight32(row, columns + 32, ranks + 32)) << 32;
  } else if constexpr (kLevels == 5) {
    return GoesRight32(row, columns, ranks);
  } else {
    const __m128i at = _mm_loadu_si128(reinterpret_cast<const __m128i*>(columns));
    const __m512i values = row.Look(_mm512_castsi256_si512(_mm256_cvtepu8_epi16(at)));
    const __m256i limit = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(ranks));
    return _cvtmask16_u32(_mm256_cmpgt_epu16_mask(_mm512_castsi512_si256(values), limit));
  }
}

/// From the root, at 1: twice the place, and one more where the bit of the place is set. Two
/// instructions a level, which compilers do not find.
template <size_t kLevels>
uint64_t Descend(uint64_t goes_right) {
  uint64_t place = 1;
#pragma GCC unroll 6
  for (size_t level = 0; level < kLevels; ++level)
    asm("bt %[place], %[bits]\n\tadc %[place], %[place]"
        : [place] "+r"(place)
        : [bits] "r"(goes_right)
        : "cc");
  return place - (uint64_t{1} << kLevels);
}

template <typename Bin, typename Row, size_t kLevels, size_t kStages>
void Find(const PermuteTrees<Bin>& trees, const Bin* row_numbers, uint16_t* paths) {
  constexpr size_t kLanes = size_t{1} << kLevels;
  constexpr size_t kTreeLanes = kStages == 1 ? kLanes : kLanes * (1 + kLanes);
  const Row row(row_numbers);
  const uint8_t* columns = trees.columns;
  const Bin* ranks = trees.ranks;
  for (size_t i = 0; i < trees.count; ++i, columns += kTreeLanes, ranks += kTreeLanes) {
    uint64_t path = Descend<kLevels>(GoesRight<kLevels>(row, columns, ranks));
    if constexpr (kStages == 2) {
      const size_t below = kLanes * (1 + path);
      path = path << kLevels |
             Descend<kLevels>(GoesRight<kLevels>(row, columns + below, ranks + below));
    }
    paths[i] = static_cast<uint16_t>(path);
  }
}

template <typename Bin, typename Row>
FindPaths<Bin> Choose(const PermuteShape& shape) {
  switch (shape.levels * 10 + shape.stages) {
    case 41:
      return Find<Bin, Row, 4, 1>;
    case 51:
      return Find<Bin, Row, 5, 1>;
    case 61:
      return Find<Bin, Row, 6, 1>;
    case 42:
      return Find<Bin, Row, 4, 2>;
    case 52:
      return Find<Bin, Row, 5, 2>;
    default:
      return Find<Bin, Row, 6, 2>;
  }
}

}  // namespace
}  // namespace slipway::forest

SLIPWAY_END_ISA

namespace slipway::forest {

FindPaths<uint8_t> FindPathsAvx512(const PermuteTrees<uint8_t>& trees) {
  return Choose<uint8_t, Row8<false>>(trees.shape);
}

FindPaths<uint16_t> FindPathsAvx512(const PermuteTrees<uint16_t>& trees) {
  return trees.few_columns ? Choose<uint16_t, Row16<true>>(trees.shape)
                           : Choose<uint16_t, Row16<false>>(trees.shape);
}

}  // namespace slipway::forest

#endif
