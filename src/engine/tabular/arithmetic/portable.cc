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
  static constexpr bool kScales = false;
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
  template <typename V>
  static V Max(V a, V b) {
    return a > b ? a : b;
  }
  template <typename V>
  static V Min(V a, V b) {
    return a < b ? a : b;
  }
  template <typename T>
  static auto LoadFirst(const T* from, size_t count) {
    typename VectorOf<T, kBytes>::Type v = {};
    for (size_t i = 0; i < kBytes / sizeof(T) && i < count; ++i) v[i] = from[i];
    return v;
  }
  template <typename V, typename T>
  static void StoreFirst(V v, size_t count, T* to) {
    for (size_t i = 0; i < kBytes / sizeof(T) && i < count; ++i) to[i] = v[i];
  }
};

}  // namespace

constexpr Arithmetic kPortableArithmetic = MakeArithmetic<Portable>(Portable::kName);

}  // namespace slipway::tabular
