#pragma once
#include "engine/tabular/arithmetic/arithmetic.h"

// One symbol a file: what this build has of the variants.
namespace slipway::tabular {

extern const Arithmetic kAvx512Arithmetic;
extern const Arithmetic kAvx2Arithmetic;
extern const Arithmetic kPortableArithmetic;

}  // namespace slipway::tabular
