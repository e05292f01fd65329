#pragma once
// Which rows to learn from and which to judge by. Everything follows from the seed.

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "data/table.h"

namespace slipway::data {

/// Rows by number, ascending.
struct Split {
  std::vector<uint32_t> train, test;
};

enum class SplitKind : uint8_t {
  kRandom,
  kStratified,  // classes (of a regression: tenths of the target) in the same shares
  kGrouped,     // no group on both sides
  kTime,        // the test rows are the latest; rows of one time stay together
};

struct SplitOptions {
  SplitKind kind = SplitKind::kRandom;
  uint64_t seed = 0;
  const Target* target = nullptr;  // kStratified
  const Column* group = nullptr;   // kGrouped
  const Column* time = nullptr;    // kTime: numeric; null: each row is later than those before it
  std::span<const uint64_t> numbers = {};  // of the rows, for messages (table.h)
};

/// Whether each row has the group or the time that it is divided by.
/// @return kBadRequest naming column and row.
Status CheckRoles(size_t rows, const SplitOptions& options);

/// @param test_share  in (0, 1); at least one row on each side.
/// @return kBadRequest naming what there is too little of.
StatusOr<Split> SplitOnce(size_t rows, double test_share, const SplitOptions& options);
/// k-fold cross-validation: each row is tested once (kTime: growing windows, as scikit-learn's
/// TimeSeriesSplit, their ends moved to where the time changes).
StatusOr<std::vector<Split>> SplitFolds(size_t rows, int folds, const SplitOptions& options);

}  // namespace slipway::data
