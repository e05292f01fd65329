#include "train/trees/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

#include "base/clones.h"

namespace slipway::train::trees {
namespace {

constexpr int kExactBits = 51;
constexpr int kRowBits = 30;

SLIPWAY_CLONES void QuantiseRows(double gradient_scale, double hessian_scale,
                                 const float* __restrict gradients,
                                 const float* __restrict hessians, size_t count,
                                 int32_t* __restrict out) {
  for (size_t i = 0; i < count; ++i) {
    out[2 * i] = static_cast<int32_t>(std::nearbyint(gradients[i] * gradient_scale));
    out[2 * i + 1] = static_cast<int32_t>(std::nearbyint(hessians[i] * hessian_scale));
  }
}

SLIPWAY_CLONES float LargestSize(const float* values, size_t count) {
  constexpr size_t kLanes = 16;
  float largest[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= count; i += kLanes)
    for (size_t lane = 0; lane < kLanes; ++lane) {
      const float size = std::fabs(values[i + lane]);
      largest[lane] = size > largest[lane] ? size : largest[lane];
    }
  for (; i < count; ++i) largest[0] = std::max(largest[0], std::fabs(values[i]));
  return *std::max_element(largest, largest + kLanes);
}

struct Accumulation {
  const uint8_t* bins;
  const uint32_t* rows;
  size_t begin;
  const RowGradient* gradients;
  size_t count;
  int64_t one_row;
  BinSum* histogram;
};

using TwoSums = int64_t __attribute__((vector_size(16)));

/// `kFeatures` bytes a row are read as one word, and each adds to a histogram of its own.
template <int kFeatures, bool kListed>
[[gnu::always_inline]] inline void AddRows(const Accumulation& a) {
  constexpr size_t kAhead = 24;
  char* const histogram = reinterpret_cast<char*>(a.histogram);
  for (size_t i = 0; i < a.count; ++i) {
    const size_t row = kListed ? a.rows[i] : a.begin + i;
    if constexpr (kListed) {
      // Lists have kAhead further entries, of any value below the number of rows.
      __builtin_prefetch(a.bins + a.rows[i + kAhead] * size_t{kFeatures});
    }
    uint64_t word;
    std::memcpy(&word, a.bins + row * kFeatures, sizeof(word));
    const TwoSums sum = {a.gradients[i].gradient, a.gradients[i].hessian + a.one_row};
#pragma GCC unroll 8
    for (int feature = 0; feature < kFeatures; ++feature) {
      const size_t bin = word >> (8 * feature) & 0xFF;
      auto* const cell = reinterpret_cast<TwoSums*>(
          histogram + (static_cast<size_t>(feature) * kBinCount + bin) * sizeof(BinSum));
      *cell += sum;
    }
  }
}

template <bool kListed>
[[gnu::always_inline]] inline void AddRowsOf(size_t features, const Accumulation& a) {
  switch (features) {
    case 1:
      return AddRows<1, kListed>(a);
    case 2:
      return AddRows<2, kListed>(a);
    case 3:
      return AddRows<3, kListed>(a);
    case 4:
      return AddRows<4, kListed>(a);
    case 5:
      return AddRows<5, kListed>(a);
    case 6:
      return AddRows<6, kListed>(a);
    case 7:
      return AddRows<7, kListed>(a);
    default:
      return AddRows<8, kListed>(a);
  }
}

}  // namespace

FixedPoint::FixedPoint(size_t rows, double max_gradient, double max_hessian) {
  const int count_bits = std::bit_width(rows);
  const int gradient_bits = std::min(kRowBits, kExactBits - count_bits);
  const int hessian_bits = std::min({kRowBits, kExactBits - count_bits, 64 - 1 - 2 * count_bits});
  gradient_unit_ = max_gradient > 0 ? std::ldexp(max_gradient, -gradient_bits) : 1;
  hessian_unit_ = max_hessian > 0 ? std::ldexp(max_hessian, -std::max(hessian_bits, 1)) : 1;
  count_shift_ = 64 - 1 - count_bits;
}

Largest LargestOf(std::span<const float> gradients, std::span<const float> hessians) {
  return {LargestSize(gradients.data(), gradients.size()),
          LargestSize(hessians.data(), hessians.size())};
}

void Quantise(const FixedPoint& scale, std::span<const float> gradients,
              std::span<const float> hessians, RowGradient* out) {
  QuantiseRows(1 / scale.gradient_unit(), 1 / scale.hessian_unit(), gradients.data(),
               hessians.data(), gradients.size(), &out->gradient);
}

void Accumulate(const BinnedRows::Group& group, const uint32_t* rows, size_t begin,
                const RowGradient* gradients, size_t count, int count_shift, BinSum* histogram) {
  const Accumulation accumulation = {group.bins.data(),         rows,     begin, gradients, count,
                                     int64_t{1} << count_shift, histogram};
  if (rows == nullptr)
    AddRowsOf<false>(group.count, accumulation);
  else
    AddRowsOf<true>(group.count, accumulation);
}

void Subtract(BinSum* from, const BinSum* part, size_t bins) {
  for (size_t i = 0; i < bins; ++i) from[i] = from[i] - part[i];
}

}  // namespace slipway::train::trees
