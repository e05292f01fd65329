#pragma once
// What every kernel must answer, bit for bit, in the plainest code there is.

#include "engine/tabular/forest/rows.h"
#include "engine/tabular/forest/spec.h"

namespace slipway::forest {

/// For each row and target: 0 + leaf of tree 0 + leaf of tree 1 + …, each addition rounded to
/// spec.sum; / trees where spec.average; + base value where there are any.
/// @param spec  passes Check.
/// @param out   [rows.count, targets] of spec.sum's type, overwritten.
void ScoreByReference(const ForestSpec& spec, const Rows& rows, void* out);

}  // namespace slipway::forest
