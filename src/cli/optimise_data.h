#pragma once
// `optimise --data`: a file of arrays or of a table → rows of a model.

#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "data/split.h"
#include "io/file.h"
#include "optimise/rows.h"
#include "tensor/signature.h"

namespace slipway::cli {

/// Rows, and the bytes that they may borrow from.
struct RowsOfFile {
  io::Bytes bytes;
  optimise::LabelledRows labelled;
  std::string sha256;  // of the file
  /// Of the file that the model learned from: its training's rows, and those held out, if any.
  std::optional<data::Split> training;

  bool holds_out() const { return training && !training->test.empty(); }
};

/// Reads .npz and .npy as arrays (optimise/array_rows.h) and every other file as a table whose
/// columns are the model's inputs (evaluate/table_inputs.h). The file that the model learned from,
/// by its SHA-256, is read as its training did.
/// @param target   the array or column of right answers; "": the one of the training where it is
///   its file, else of arrays "y" where there is one, of tables none.
/// @param lineage  of the model: where it tells the training's rows, these are read as they were
///   there, what tied or weighed rows then does so in other tables with right answers, and the
///   words for missing values are the same; a table without the column of weights has 1 each.
StatusOr<RowsOfFile> ReadRows(const std::string& path, const Signature& signature,
                              const std::string& target,
                              const std::map<std::string, std::string>& lineage);

}  // namespace slipway::cli
