#pragma once
// Rows with their answers, their weights, and what ties them together.

#include <optional>
#include <span>
#include <vector>

#include "base/status.h"
#include "data/split.h"
#include "data/table.h"

namespace slipway::train {

struct Dataset {
  data::Table table;  // without the target
  data::Target target;
  std::vector<double> weights;        // [rows], or empty: 1 each
  std::optional<data::Column> group;  // rows of one value stay on one side of every split
  std::optional<data::Column> time;   // later rows judge earlier ones

  size_t size() const { return table.rows; }
  Dataset Select(std::span<const uint32_t> rows) const;
  /// How they may be divided into rows to learn from and rows to judge by; borrows from these rows.
  data::SplitOptions Splitting(uint64_t seed) const;
};

/// @param numbers  of the rows (data::NumberOfRow).
/// @return kBadRequest naming a row whose weight is negative or not finite, or that all are zero.
Status CheckWeights(std::span<const double> weights, std::span<const uint64_t> numbers);
/// kBadRequest naming a column and the row where it holds an infinite number.
Status CheckFinite(const data::Table& table);

/// Two parts of them: rows to learn from, and `share` of the rows, which judge. Rows of classes
/// that would be in the second part alone are in neither: they could not judge anything.
/// @return kBadRequest when one of the parts would be empty.
struct Halves {
  Dataset learn, judge;
};
StatusOr<Halves> Divide(const Dataset& rows, double share, uint64_t seed);

/// For what is said of rows by what others answer: five folds, fewer where there are fewer rows,
/// groups or times.
/// @return kBadRequest when there are not even two.
StatusOr<std::vector<data::Split>> FoldsOf(size_t rows, const data::SplitOptions& splitting);

}  // namespace slipway::train
