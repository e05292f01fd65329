#pragma once
// Four doubles at once, in every instruction set.

#include <cstddef>
#include <cstring>

#include "base/clones.h"

namespace slipway::train {
namespace {

using Lanes = double __attribute__((vector_size(32)));
inline constexpr size_t kLanes = sizeof(Lanes) / sizeof(double);

SLIPWAY_INLINE void LoadLanes(const double* from, Lanes& to) {
  std::memcpy(&to, from, sizeof(Lanes));
}
SLIPWAY_INLINE void StoreLanes(const Lanes& from, double* to) {
  std::memcpy(to, &from, sizeof(Lanes));
}
SLIPWAY_INLINE double SumOf(const Lanes& lanes) {
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

}  // namespace
}  // namespace slipway::train
