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
};

}  // namespace

constexpr Arithmetic kAvx512Arithmetic = MakeArithmetic<Avx512>("avx512");

}  // namespace slipway::tabular
