// Built with -mavx2 -mfma; called only where the processor has them.

#include <immintrin.h>

#include "engine/tabular/arithmetic/kernels.h"
#include "engine/tabular/arithmetic/variants.h"

namespace slipway::tabular {
namespace {

struct Avx2 {
  static constexpr size_t kBytes = 32;
  static constexpr size_t kTileRows = 3;
  static constexpr size_t kRowChains = 4;
  static __m256d Fma(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
  static __m256 Fma(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
  static __m256d Max(__m256d a, __m256d b) { return _mm256_max_pd(a, b); }
  static __m256 Max(__m256 a, __m256 b) { return _mm256_max_ps(a, b); }
  static __m256d Min(__m256d a, __m256d b) { return _mm256_min_pd(a, b); }
  static constexpr bool kScales = false;
  static __m256i FirstDoubles(size_t count) {
    const __m256i end = _mm256_set1_epi64x(static_cast<int64_t>(count));
    return _mm256_cmpgt_epi64(end, _mm256_setr_epi64x(0, 1, 2, 3));
  }
  static __m256i FirstFloats(size_t count) {
    const __m256i end = _mm256_set1_epi32(static_cast<int>(count));
    return _mm256_cmpgt_epi32(end, _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static __m256d LoadFirst(const double* from, size_t count) {
    return _mm256_maskload_pd(from, FirstDoubles(count));
  }
  static __m256 LoadFirst(const float* from, size_t count) {
    return _mm256_maskload_ps(from, FirstFloats(count));
  }
  static void StoreFirst(__m256d v, size_t count, double* to) {
    _mm256_maskstore_pd(to, FirstDoubles(count), v);
  }
  static void StoreFirst(__m256 v, size_t count, float* to) {
    _mm256_maskstore_ps(to, FirstFloats(count), v);
  }
};

}  // namespace

constexpr Arithmetic kAvx2Arithmetic = MakeArithmetic<Avx2>("avx2");

}  // namespace slipway::tabular
