#pragma once
// Functions of many float32 numbers, in their place. Threads: any.

#include <cstddef>

namespace slipway::train {

/// e^x, to 2 units in the last place; 0 below -87.
void Exponentials(float* values, size_t count);
/// 1 / (1 + e^-x), to 3e-7.
void Logistics(float* values, size_t count);
/// tanh x, to 6e-7.
void HyperbolicTangents(float* values, size_t count);

}  // namespace slipway::train
