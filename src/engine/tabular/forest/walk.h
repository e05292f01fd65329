#pragma once
// Node by node, several walks at once. Private to the folder.

#include <memory>

#include "engine/tabular/forest/evaluator.h"

namespace slipway::forest {

/// Takes every forest.
std::unique_ptr<const Evaluator> MakeWalk(const Lowered& forest);

}  // namespace slipway::forest
