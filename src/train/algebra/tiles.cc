#include "train/algebra/tiles.h"

#include <cstring>

#include "base/clones.h"

namespace slipway::train {
namespace {

/// A tile of kRows rows and kVectors vectors, over panels of b that are `b_step` wide.
template <typename T, size_t kBytes, size_t kRows, size_t kVectors>
SLIPWAY_INLINE void MultiplyTile(size_t depth, const T* a, const T* b, size_t b_step, T* c,
                                 size_t stride, size_t rows, size_t columns, bool add) {
  constexpr size_t kLanes = kBytes / sizeof(T);
  typedef T Vector __attribute__((vector_size(kBytes)));
  typedef T Loose __attribute__((vector_size(kBytes), aligned(sizeof(T)), may_alias));
  Vector sums[kRows][kVectors] = {};
  for (size_t k = 0; k < depth; ++k, a += kRows, b += b_step) {
    Vector right[kVectors];
#pragma GCC unroll 4
    for (size_t v = 0; v < kVectors; ++v)
      right[v] = *reinterpret_cast<const Loose*>(b + v * kLanes);
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) sums[r][v] += a[r] * right[v];
    }
  }
  if (rows == kRows && columns == kVectors * kLanes) {
#pragma GCC unroll 16
    for (size_t r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
      for (size_t v = 0; v < kVectors; ++v) {
        Loose* const at = reinterpret_cast<Loose*>(c + r * stride + v * kLanes);
        *at = add ? sums[r][v] + *at : sums[r][v];
      }
    }
    return;
  }
  T tile[kRows * kVectors * kLanes];
  std::memcpy(tile, sums, sizeof(tile));
  for (size_t r = 0; r < rows; ++r)
    for (size_t j = 0; j < columns; ++j) {
      const T sum = tile[r * kVectors * kLanes + j];
      c[r * stride + j] = add ? sum + c[r * stride + j] : sum;
    }
}

template <typename T, size_t kBytes, size_t kRows>
SLIPWAY_INLINE void MultiplyNarrowOrWide(size_t depth, const T* a, const T* b, T* c, size_t stride,
                                         size_t rows, size_t columns, bool add) {
  constexpr size_t kLanes = kBytes / sizeof(T);
  if (columns <= kLanes)
    MultiplyTile<T, kBytes, kRows, 1>(depth, a, b, 2 * kLanes, c, stride, rows, columns, add);
  else
    MultiplyTile<T, kBytes, kRows, 2>(depth, a, b, 2 * kLanes, c, stride, rows, columns, add);
}

// Rows of a tile: as many as there are registers for two vectors of sums each.
constexpr size_t kRows512 = 12, kRows256 = 6, kRows128 = 4;

#ifdef __x86_64__
template <typename T>
__attribute__((target("arch=x86-64-v4"))) void Tile512(size_t depth, const T* a, const T* b, T* c,
                                                       size_t stride, size_t rows, size_t columns,
                                                       bool add) {
  MultiplyNarrowOrWide<T, 64, kRows512>(depth, a, b, c, stride, rows, columns, add);
}
template <typename T>
__attribute__((target("arch=x86-64-v3"))) void Tile256(size_t depth, const T* a, const T* b, T* c,
                                                       size_t stride, size_t rows, size_t columns,
                                                       bool add) {
  MultiplyNarrowOrWide<T, 32, kRows256>(depth, a, b, c, stride, rows, columns, add);
}
#endif
template <typename T>
void Tile128(size_t depth, const T* a, const T* b, T* c, size_t stride, size_t rows, size_t columns,
             bool add) {
  MultiplyNarrowOrWide<T, 16, kRows128>(depth, a, b, c, stride, rows, columns, add);
}

}  // namespace

template <typename T>
std::vector<TileKernel<T>> AvailableTiles() {
  std::vector<TileKernel<T>> tiles;
#ifdef __x86_64__
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512vl"))
    tiles.push_back({kRows512, 2 * 64 / sizeof(T), Tile512<T>});
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
      __builtin_cpu_supports("bmi2"))
    tiles.push_back({kRows256, 2 * 32 / sizeof(T), Tile256<T>});
#endif
  tiles.push_back({kRows128, 2 * 16 / sizeof(T), Tile128<T>});
  return tiles;
}
template std::vector<TileKernel<float>> AvailableTiles();
template std::vector<TileKernel<double>> AvailableTiles();

}  // namespace slipway::train
