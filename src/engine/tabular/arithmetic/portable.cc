// For any processor: on arm64, where every one has fused multiply-add, this is the NEON variant.

#include <cmath>

#include "engine/tabular/arithmetic/kernels.h"
#include "engine/tabular/arithmetic/variants.h"

#ifdef __aarch64__
#include <arm_neon.h>
#endif

namespace slipway::tabular {
namespace {

struct Portable {
  static constexpr size_t kBytes = 16;
  static constexpr size_t kTileRows = 2;
  static constexpr size_t kRowChains = 4;
#ifdef __aarch64__
  static constexpr std::string_view kName = "neon";
  static float64x2_t Fma(float64x2_t a, float64x2_t b, float64x2_t c) { return vfmaq_f64(c, a, b); }
  static float32x4_t Fma(float32x4_t a, float32x4_t b, float32x4_t c) { return vfmaq_f32(c, a, b); }
#else
  static constexpr std::string_view kName = "portable";
  template <typename V>
  static V Fma(V a, V b, V c) {
    for (size_t i = 0; i < sizeof(V) / sizeof(a[0]); ++i) c[i] = std::fma(a[i], b[i], c[i]);
    return c;
  }
#endif
};

}  // namespace

constexpr Arithmetic kPortableArithmetic = MakeArithmetic<Portable>(Portable::kName);

}  // namespace slipway::tabular
