#pragma once
// Which kernel is fastest for this forest here. Private to the folder.

#include <array>
#include <memory>

#include "engine/tabular/forest/evaluator.h"
#include "engine/tabular/forest/forest.h"

namespace slipway::forest {

/// By kernel; null where a kernel does not take the forest. kWalk is never null.
using Evaluators = std::array<std::unique_ptr<const Evaluator>, kKernelCount>;

/// Scores made-up rows, whose values lie around the forest's own thresholds, with every evaluator
/// at a size of each class.
/// @param budget  when it is used up, larger classes get what the last measured one got.
KernelChoice Measure(const Lowered& forest, const Evaluators& evaluators, Duration budget);

}  // namespace slipway::forest
