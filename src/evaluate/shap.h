#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/status.h"
#include "base/team.h"
#include "data/table.h"
#include "evaluate/report.h"
#include "evaluate/runner.h"

namespace slipway::evaluate {

struct ShapOptions {
  size_t max_rows = 500;        // explained, of a sample drawn by the seed
  size_t max_background = 100;  // of those rows, evenly
  /// Of splits, times outputs, times rows, times background rows: rows give way.
  uint64_t max_work = 4'000'000'000;
  uint64_t seed = 0;
  bool keep_values = false;  // of each row, for the report
  Team* team = nullptr;      // null: the caller alone
};

/// Exact Shapley values of the columns for the sum of the model's trees (docs/evaluation.md).
/// @param model      ONNX.
/// @param signature  of the model, with the names of its columns.
/// @param load       loads what gives the features of the trees.
/// @return kUnsupported for what onnx::ReadModelTrees and ReadTreeFeatures cannot tell; kInternal
///   when the values of a row do not sum to its output less the base value.
StatusOr<TreeShap> ExplainTrees(std::span<const std::byte> model, const Signature& signature,
                                const LoadModel& load, const data::Table& table,
                                const ShapOptions& options);

}  // namespace slipway::evaluate
