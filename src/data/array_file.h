#pragma once
// Arrays of NumPy's files as tables: .npy and .npz.

#include "data/data_source.h"
#include "data/table_file.h"

namespace slipway::data {

/// Columns of an .npy are x0, x1, …; of an .npz the names of its arrays, those of two dimensions
/// with the number of the column behind. Of a sample, only its rows are held in memory.
/// @param source  of kind kNpy or kNpz; read to its end.
/// @param rows    receives how many there are in the file.
/// @return kBadRequest for arrays of different lengths, of no or more than two dimensions, and of
///   values that are neither numbers, booleans nor strings, and where a given type cannot hold a
///   value; kTooLarge.
StatusOr<Table> ReadArrays(DataSource& source, const TableOptions& options, uint64_t* rows);

}  // namespace slipway::data
