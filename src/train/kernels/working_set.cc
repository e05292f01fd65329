#include "train/kernels/working_set.h"

#include <limits>

#include "base/clones.h"

namespace slipway::train {
namespace {

constexpr size_t kLanes = 8;
typedef double Doubles __attribute__((vector_size(64)));
typedef int64_t Places __attribute__((vector_size(64)));
typedef float Floats __attribute__((vector_size(32)));
typedef int32_t ShortPlaces __attribute__((vector_size(32)));
typedef double LooseDoubles __attribute__((vector_size(64), aligned(8), may_alias));
typedef float LooseFloats __attribute__((vector_size(32), aligned(4), may_alias));

#define SLIPWAY_LOAD_FLOATS(at) (*reinterpret_cast<const LooseFloats*>(at))
#define SLIPWAY_WIDEN(floats) __builtin_convertvector(floats, Doubles)

/// What lanes have found; the best of them is told apart by its place when values are equal.
struct Found {
  double value[kLanes];
  int64_t place[kLanes];
};

SLIPWAY_CLONES void MoveAndFind(double step, const float* a, const float* b, const float* up,
                                const float* low, double* f, size_t count, Found* most_up,
                                double* most_low) {
  constexpr double kNothing = -std::numeric_limits<double>::infinity();
  Doubles best_up = Doubles{} + kNothing, best_low = best_up;
  Places best_place = {};
  Places place = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t k = 0; k < count; k += kLanes) {
    LooseDoubles* const at = reinterpret_cast<LooseDoubles*>(f + k);
    const Doubles moved = *at + step * (SLIPWAY_WIDEN(SLIPWAY_LOAD_FLOATS(a + k)) -
                                        SLIPWAY_WIDEN(SLIPWAY_LOAD_FLOATS(b + k)));
    *at = moved;
    const Doubles rise = SLIPWAY_WIDEN(SLIPWAY_LOAD_FLOATS(up + k)) - moved;
    const Doubles fall = SLIPWAY_WIDEN(SLIPWAY_LOAD_FLOATS(low + k)) + moved;
    best_place = rise > best_up ? place : best_place;
    best_up = rise > best_up ? rise : best_up;
    best_low = fall > best_low ? fall : best_low;
    place += static_cast<int64_t>(kLanes);
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    most_up->value[lane] = best_up[lane];
    most_up->place[lane] = best_place[lane];
    most_low[lane] = best_low[lane];
  }
}

SLIPWAY_CLONES void FindGain(const float* row, const float* diagonal, float own, double most_up,
                             const float* low, const double* f, size_t count, Found* found) {
  constexpr float kLeastCurvature = 1e-12f;
  Floats best = Floats{} - 1.0f;
  ShortPlaces best_place = {};
  ShortPlaces place = {0, 1, 2, 3, 4, 5, 6, 7};
  for (size_t k = 0; k < count; k += kLanes) {
    const Doubles slope = *reinterpret_cast<const LooseDoubles*>(f + k) + most_up;
    const Floats violation = __builtin_convertvector(slope, Floats) + SLIPWAY_LOAD_FLOATS(low + k);
    Floats curvature =
        own + SLIPWAY_LOAD_FLOATS(diagonal + k) - 2.0f * SLIPWAY_LOAD_FLOATS(row + k);
    curvature = curvature > kLeastCurvature ? curvature : Floats{} + kLeastCurvature;
    const Floats gain = violation > 0.0f ? violation * violation / curvature : Floats{} - 1.0f;
    best_place = gain > best ? place : best_place;
    best = gain > best ? gain : best;
    place += static_cast<int32_t>(kLanes);
  }
  for (size_t lane = 0; lane < kLanes; ++lane) {
    found->value[lane] = best[lane];
    found->place[lane] = best_place[lane];
  }
}

size_t BestLane(const Found& found) {
  size_t best = 0;
  for (size_t lane = 1; lane < kLanes; ++lane)
    if (found.value[lane] > found.value[best] ||
        (found.value[lane] == found.value[best] && found.place[lane] < found.place[best]))
      best = lane;
  return best;
}

}  // namespace

Extremes MoveAndFindExtremes(double step, const float* a, const float* b, const float* up,
                             const float* low, double* f, size_t count) {
  Found most_up;
  double most_low[kLanes];
  MoveAndFind(step, a, b, up, low, f, count, &most_up, most_low);
  const size_t lane = BestLane(most_up);
  Extremes extremes = {most_up.value[lane], static_cast<size_t>(most_up.place[lane]), most_low[0]};
  for (const double value : most_low)
    if (value > extremes.most_low) extremes.most_low = value;
  return extremes;
}

size_t FindPartner(const float* row, const float* diagonal, float own, double most_up,
                   const float* low, const double* f, size_t count) {
  Found found;
  FindGain(row, diagonal, own, most_up, low, f, count, &found);
  const size_t lane = BestLane(found);
  return found.value[lane] < 0 ? count : static_cast<size_t>(found.place[lane]);
}

}  // namespace slipway::train
