#pragma once
// Distances to rows that were trained on, and the nearest of them.

#include <cstdint>
#include <string>
#include <vector>

#include "base/status.h"
#include "import/graph.h"
#include "import/sklearn/state.h"

namespace slipway::importing::sklearn {

/// Distances are roots of sums of powers of differences: power 1 is Manhattan's, 2 Euclid's,
/// infinity Chebyshev's.
struct Metric {
  double power = 2;
  bool take_root = true;
};

/// Trained rows of which each row of a request finds its nearest.
struct Neighborhood {
  Dense rows;  // [trained rows, columns]
  int64_t count = 0;
  Metric metric;
};

/// _fit_X, effective_metric_, n_neighbors of whatever is a NearestNeighbors.
/// @param count_key  the attribute that says how many are asked for
/// @return kUnsupported for metrics that are not Minkowski's.
StatusOr<Neighborhood> ReadNeighborhood(const State& state, int64_t columns,
                                        std::string_view count_key = "n_neighbors");

struct Nearest {
  std::string distances;  // FP64 [n, k], ascending
  std::string rows;       // INT64 [n, k], positions in the trained rows
};

Nearest AddNearest(Graph& graph, const Matrix& x, const Neighborhood& near);

/// The mean over neighbors of what a table says of each: [n, width].
/// @param weighted  by 1 / distance, else all alike
/// @param values    [n, k, width]
Matrix MeanOverNeighbors(Graph& graph, const Nearest& nearest, const Neighborhood& near,
                         bool weighted, const std::string& values, int64_t width);

/// The share of each class among the nearest rows, of which y says the class: [n, classes].
Matrix ShareOfClasses(Graph& graph, const Nearest& nearest, const Neighborhood& near, bool weighted,
                      const std::vector<int64_t>& y, int64_t classes);

/// The distance of x to each row: FP64 [n, rows.rows()]. Column by column, so that equal rows have
/// distance 0 and no [n, rows, columns] is ever held.
Matrix AddDistances(Graph& graph, const Matrix& x, const Dense& rows, const Metric& metric);

}  // namespace slipway::importing::sklearn
