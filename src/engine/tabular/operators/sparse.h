#pragma once
// Rows that are mostly zeros, as texts counted by terms are. Their slots hold a SparseRow for each
// row; the numbers lie in the arena of the block. Operators that know nothing of them are given
// dense rows by the compiler.

#include <cstdint>

#include "engine/tabular/lowering.h"

namespace slipway::tabular {

struct SparseRow {
  const uint32_t* columns;  // [count], ascending
  const double* values;     // [count]
  size_t count;
};

/// kTooLarge: what a step answers when the arena has no more.
Status ArenaIsFull();

/// `x`, FP64 [n, k], as sparse rows; x itself when it is that already.
StatusOr<Value> ToSparse(Lowering& node, const Value& x);

/// MatMul of sparse rows with constant weights, and Concat of rows of which some are sparse.
Status LowerSparseMatMul(Lowering& node);
Status LowerSparseConcat(Lowering& node);

/// Columns of sparse rows, in the order of `indices`, all below x.columns().
Value PickSparse(Lowering& node, const Value& x, std::span<const size_t> indices);

/// Writes the zeros too. @param columns  of each row.
std::unique_ptr<Step> MakeDense(Slot from, Slot to, size_t columns);

}  // namespace slipway::tabular
