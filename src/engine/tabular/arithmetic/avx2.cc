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
};

}  // namespace

constexpr Arithmetic kAvx2Arithmetic = MakeArithmetic<Avx2>("avx2");

}  // namespace slipway::tabular
