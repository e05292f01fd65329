#pragma once
// All splits of a tree's upper or lower half in one comparison. Private to the folder.

#include <memory>

#include "engine/tabular/forest/bins.h"
#include "engine/tabular/forest/evaluator.h"

namespace slipway::forest {

/// None where the processor lacks AVX-512 VBMI, there are more than 64 columns, a tree is deeper
/// than 12 splits or so lopsided that its full shape is too large, or leaves have mixed targets.
std::unique_ptr<const Evaluator> MakePermute(const Lowered& forest,
                                             const std::shared_ptr<const Bins>& bins, Isa isa);

}  // namespace slipway::forest
