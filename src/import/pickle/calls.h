#pragma once
// Calls whose result is data, worked out without calling: sets and bytes of old protocols,
// copyreg's constructors, numpy's arrays.

#include "import/pickle/node.h"

namespace slipway::pickle {

/// What REDUCE makes of `callable` and `args` when it is one of these; null for all others, which
/// stay instances.
StatusOr<Node*> ResultOf(const Node& callable, Node& args, size_t offset, Heap& heap);

}  // namespace slipway::pickle
