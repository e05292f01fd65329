#pragma once
// In which interval between edges a number lies, found by a tree of comparisons.

#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/trees.h"

namespace slipway::importing::sklearn {

/// For each column, how many of its ascending edges are <= x (kLess) or < x (kLessOrEqual): FP64
/// [n, columns]. All of them for NaN. Cost: a comparison a row for each doubling of the edges.
StatusOr<Matrix> CountEdgesBelow(Graph& graph, const Matrix& x,
                                 const std::vector<std::vector<double>>& edges, SplitMode mode);

/// Pieces of a line, as many for each column: piece i is y + slope · (x − start).
struct Pieces {
  std::vector<double> start, y, slope;
};

/// y + slope · (x − start) of the piece that `index` [n, columns] names within its column.
Matrix Interpolate(Graph& graph, const Matrix& x, const Matrix& index, const Pieces& pieces);

}  // namespace slipway::importing::sklearn
