#pragma once
// What may be done to rows before a model learns from them: named steps, each recorded.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "data/table.h"

namespace slipway::data {

enum class CleaningKind : uint8_t {
  kDropDuplicates,     // rows that are equal in every column; the first of each stays
  kDropMissingTarget,  // rows without a target
  kClipOutliers,       // numbers outside the `amount` and 1 - `amount` quantiles of their column
  kOversample,         // rows of rare classes come again, at random, up to `amount` × the largest
  kUndersample,        // rows of frequent classes go, at random, down to the smallest / `amount`
};

struct CleaningStep {
  CleaningKind kind;
  double amount = 0;

  /// As ParseCleaningStep reads it.
  std::string text() const;
  /// It would falsify what rows to judge by say: only for rows to learn from, after a split.
  bool training_only() const { return kind >= CleaningKind::kClipOutliers; }
};

/// "drop-duplicates", "drop-missing-target", "clip-outliers:0.01" (the default; below 0.5),
/// "oversample:1" and "undersample:1" (the default; above 0, at most 1).
/// @return kBadRequest naming the steps there are, or what the number may be.
StatusOr<CleaningStep> ParseCleaningStep(std::string_view text);

/// All of them, for help and completion.
std::span<const std::string_view> CleaningStepNames();

/// The rows that stay, of a step that is not training_only.
/// @return kBadRequest when there is no such column, or no row has a target.
StatusOr<std::vector<uint32_t>> KeptRows(const CleaningStep& step, std::string_view target,
                                         const Table& table);
/// "drop-duplicates: 3 of 20 rows dropped"
std::string DescribeKept(const CleaningStep& step, size_t kept, size_t rows);

/// Changes `table`.
/// @param target  the column to be predicted: never clipped; its values are the classes.
/// @param seed    of what is random.
/// @return what was done: "clip-outliers:0.01: 120 values of 7 columns limited"; kBadRequest when
///   there is no such column, when it has gaps or no classes, or when no rows are left.
StatusOr<std::string> Clean(const CleaningStep& step, std::string_view target, uint64_t seed,
                            Table& table);

}  // namespace slipway::data
