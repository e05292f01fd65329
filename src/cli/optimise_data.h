#pragma once
// `optimise --data`: a file of arrays or of a table → rows of a model.

#include <string>

#include "base/status.h"
#include "io/file.h"
#include "optimise/rows.h"
#include "tensor/signature.h"

namespace slipway::cli {

/// Rows, and the bytes that they may borrow from.
struct RowsOfFile {
  io::Bytes bytes;
  optimise::LabelledRows labelled;
};

/// Reads .npz and .npy as arrays (optimise/array_rows.h) and every other file as a table whose
/// columns are the model's inputs (evaluate/table_inputs.h).
/// @param target  the array or column of right answers; "": of arrays "y" where there is one, of
///   tables none.
StatusOr<RowsOfFile> ReadRows(const std::string& path, const Signature& signature,
                              const std::string& target);

}  // namespace slipway::cli
