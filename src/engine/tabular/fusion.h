#pragma once
#include "engine/tabular/program.h"

namespace slipway::tabular {

/// Joins steps where one can do the work of those around it: a product takes what is added behind
/// it and the Relu behind that; trees take the casts before them, and the table that their leaves
/// are numbers of. Looks at the elements that steps read and write, in their order, so that what
/// shapes the graph gave them in between does not matter.
/// Leaves steps behind that nothing needs (DropUnused).
void Fuse(Program& program);

}  // namespace slipway::tabular
