// Built with -mavx512f -mavx512dq -mavx512vl; called only where the processor has them.

#include <immintrin.h>

#include "engine/tabular/arithmetic/kernels.h"
#include "engine/tabular/arithmetic/variants.h"

namespace slipway::tabular {
namespace {

struct Avx512 {
  static constexpr size_t kBytes = 64;
  static constexpr size_t kTileRows = 4;
  static constexpr size_t kRowChains = 16;
  static __m512d Fma(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
  static __m512 Fma(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
  static __m512d Max(__m512d a, __m512d b) { return _mm512_max_pd(a, b); }
  static __m512 Max(__m512 a, __m512 b) { return _mm512_max_ps(a, b); }
  static __m512d Min(__m512d a, __m512d b) { return _mm512_min_pd(a, b); }
  static constexpr bool kScales = true;
  static __m512d Scale(__m512d x, __m512d n) { return _mm512_scalef_pd(x, n); }
  static unsigned First(size_t count) { return count < 16 ? (1U << count) - 1 : 0xFFFF; }
  static __m512d LoadFirst(const double* from, size_t count) {
    return _mm512_maskz_loadu_pd(static_cast<__mmask8>(First(count)), from);
  }
  static __m512 LoadFirst(const float* from, size_t count) {
    return _mm512_maskz_loadu_ps(static_cast<__mmask16>(First(count)), from);
  }
  static void StoreFirst(__m512d v, size_t count, double* to) {
    _mm512_mask_storeu_pd(to, static_cast<__mmask8>(First(count)), v);
  }
  static void StoreFirst(__m512 v, size_t count, float* to) {
    _mm512_mask_storeu_ps(to, static_cast<__mmask16>(First(count)), v);
  }
};

}  // namespace

constexpr Arithmetic kAvx512Arithmetic = MakeArithmetic<Avx512>("avx512");

}  // namespace slipway::tabular
