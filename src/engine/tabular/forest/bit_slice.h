#pragma once
// Many rows at once, a bit of each in one word. Private to the folder.

#include <memory>

#include "engine/tabular/forest/bins.h"
#include "engine/tabular/forest/evaluator.h"

namespace slipway::forest {

/// None where the processor lacks AVX2, a tree has more than 256 leaves, there are more than 64
/// targets or leaves of one tree with several, or the forest is all leaves.
std::unique_ptr<const Evaluator> MakeBitSlice(const Lowered& forest,
                                              const std::shared_ptr<const Bins>& bins, Isa isa);

}  // namespace slipway::forest
