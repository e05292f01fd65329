#pragma once
// The two passes over all variables that an iteration of sequential minimal optimisation makes.
// A variable k has f[k], its sign times the dual's slope; it may go up where up[k] is 0 and down
// where low[k] is 0, else they are −infinity. Arrays are as long as a multiple of 64.

#include <cstddef>
#include <cstdint>

namespace slipway::train {

struct Extremes {
  double most_up;   // max of −f over variables that may go up: Keerthi's −b_up
  size_t up;        // the first of them
  double most_low;  // max of f over variables that may go down
};

/// f += step · (a − b), and the extremes of what it is then.
Extremes MoveAndFindExtremes(double step, const float* a, const float* b, const float* up,
                             const float* low, double* f, size_t count);

/// The variable that may go down and whose step together with the first lowers the dual the most,
/// by second-order information.
/// @param row        kernels of the first variable
/// @param diagonal   kernels of variables with themselves; `own` that of the first
/// @param most_up    −f of the first variable
/// @return count when no step lowers it.
/// Source: Fan, Chen, Lin, "Working set selection using second order information" (2005), WSS 2.
size_t FindPartner(const float* row, const float* diagonal, float own, double most_up,
                   const float* low, const double* f, size_t count);

}  // namespace slipway::train
